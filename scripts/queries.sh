# The query cache: what the macros of sqlx learned of each query, kept in .sqlx/.
# `./dev queries` writes it anew; `./dev check` compares. Needs no built ferrodon, since that may not
# compile before the cache is written.

# write_queries FOLDER: has every query described by a database of its own.
write_queries() {
    local postgres psql file
    start_postgres postgres
    psql=("$(pg_bin)/psql" -q -v ON_ERROR_STOP=1 -o /dev/null -d)
    "$(pg_bin)/createdb" --maintenance-db="$postgres/postgres" queries
    # Whether a column can be null is read off the plan, and a hash or merge join may turn a left join
    # around, depending on what is in the tables. A nested loop never does.
    "${psql[@]}" "$postgres/queries" -c "alter database queries set enable_hashjoin = off" \
        -c "alter database queries set enable_mergejoin = off"
    for file in migrations/public/mastodon_4_6/{timestamp_id,tables,foreign_keys,views}.sql \
        migrations/ferrodon/*.sql; do
        "${psql[@]}" "$postgres/queries" -f "$file" >&2
    done
    mkdir -p "$1"
    touch crates/db/src/lib.rs # Makes cargo expand the queries again.
    SQLX_OFFLINE=false SQLX_OFFLINE_DIR=$1 DATABASE_URL=$postgres/queries \
        cargo check --locked -p ferrodon-db --all-targets
    touch crates/db/src/lib.rs
}
