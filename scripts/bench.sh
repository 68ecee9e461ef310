# ./dev bench NAME [--json FILE]: measures, printed as a table.

need_build
need_postgres
install_missing
[ $# -gt 0 ] || fail "Which one? docs/benchmarks.md lists them."
if [ -z "${DATABASE_URL:-}" ]; then
    start_postgres postgres
    export DATABASE_URL=$postgres/postgres
fi
say "building with optimisation"
cargo run --locked --release -p ferrodon-benches -- "$@"
