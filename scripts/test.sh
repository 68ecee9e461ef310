# ./dev test: every test, with the services they need.

need_build
need_postgres
need_redis
install_missing

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
    cargo nextest run --locked --workspace "$@"
    if [ $# = 0 ]; then
        say "running the examples in the documentation"
        cargo test --locked --workspace --doc
    fi
else
    cargo test --locked --workspace "$@"
fi
