# ./dev check: everything that can be said of the code without running it.

# shellcheck source=scripts/queries.sh
source "$root/scripts/queries.sh"
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
new_folder fresh
write_queries "$fresh/sqlx"
if ! diff -r .sqlx "$fresh/sqlx" >"$fresh/diff"; then
    grep -v '^[<>-]' "$fresh/diff" | head -40
    fail "the query cache is not fresh; ./dev queries writes it anew"
fi

say "documentation"
RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps

say "all is well"
