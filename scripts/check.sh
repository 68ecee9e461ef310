# ./dev check: everything that can be said of the code without running it.

need_build
need_postgres
install_missing

say "format"
cargo fmt --all --check

say "lints"
cargo clippy --locked --workspace --all-targets -- -D warnings

say "dependencies: who may use what, licences, sources"
deny=$(command -v cargo-deny || echo "$target/tools/bin/cargo-deny")
if ! [ -x "$deny" ]; then
    say "installing cargo-deny (once; takes some minutes)"
    cargo install --locked --quiet --root "$target/tools" --target-dir "$target/tools/build" \
        cargo-deny@0.20.2
    rm -rf "$target/tools/build"
fi
# Old spellings of licences, and wrappers kept for crates that come and go, are no problem.
"$deny" --locked check -A parse-error -A unused-wrapper bans licenses sources
# Two providers of TLS in one binary would make the first connection panic.
if cargo tree --locked --workspace -i ring 2>/dev/null | grep -q .; then
    cargo tree --locked --workspace -i ring
    fail "ring must not be among the dependencies"
fi

say "the query cache fits the queries and the schema"
build_ferrodon ferrodon
start_postgres postgres
"$(pg_bin)/createdb" --maintenance-db="$postgres/postgres" scratch
new_folder folder
migrate_settings=(RAILS_ENV=development "DATABASE_URL=$postgres/scratch" SECRET_KEY_BASE=x
    ACTIVE_RECORD_ENCRYPTION_PRIMARY_KEY=x ACTIVE_RECORD_ENCRYPTION_DETERMINISTIC_KEY=x
    ACTIVE_RECORD_ENCRYPTION_KEY_DERIVATION_SALT=x)
(cd "$folder" && env "${migrate_settings[@]}" "$ferrodon" migrate)
mkdir "$folder/sqlx"
touch crates/db/src/lib.rs # Makes cargo expand the queries anew.
SQLX_OFFLINE=false SQLX_OFFLINE_DIR=$folder/sqlx DATABASE_URL=$postgres/scratch \
    cargo check --locked -p ferrodon-db
touch crates/db/src/lib.rs
if ! diff -r .sqlx "$folder/sqlx" >"$folder/diff"; then
    grep -v '^[<>]' "$folder/diff" | head -40
    fail "the query cache is not fresh; CONTRIBUTING.md says how to write it anew"
fi

say "documentation"
RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps

say "all is well"
