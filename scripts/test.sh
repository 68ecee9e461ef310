# ./dev test: every test, with the services they need.

# shellcheck source=scripts/peers.sh
source "$root/scripts/peers.sh"
need_build
need_postgres
need_redis
need_peers
install_missing
install_peers

if [ -z "${DATABASE_URL:-}" ]; then
    start_postgres postgres
    export DATABASE_URL=$postgres/postgres
fi
if [ -z "${REDIS_URL:-}" ]; then
    start_redis REDIS_URL
    export REDIS_URL
fi

build_ferrodon ferrodon
if cargo nextest --version >/dev/null 2>&1; then
    say "running the tests"
    cargo nextest run --locked --no-fail-fast "$@"
    if [ $# = 0 ]; then
        say "running the examples in the documentation"
        cargo test --locked --workspace --doc
    fi
else
    cargo test --locked "$@"
fi
