//! Compares a new database with the tables in `tests/facts`, which say what Mastodon's looks like.

use std::collections::BTreeSet;

use super::{EmptyDatabase, migrate};

const COLUMNS: &str = include_str!("../../facts/columns.tsv");
const INDEXES: &str = include_str!("../../facts/indexes.tsv");
const FOREIGN_KEYS: &str = include_str!("../../facts/foreign_keys.tsv");
const MIGRATIONS: &str = include_str!("../../facts/migrations.txt");

/// The rows of a table of facts, without its heading.
fn rows<const N: usize>(tsv: &'static str) -> Vec<[&'static str; N]> {
    let row = |line: &'static str| line.split('\t').collect::<Vec<_>>().try_into().unwrap();
    tsv.lines().skip(1).map(row).collect()
}

/// Fails with what is missing and what is too much.
#[track_caller]
fn assert_same(what: &str, expected: Vec<String>, actual: Vec<String>, count: usize) {
    let expected_set: BTreeSet<_> = expected.iter().collect();
    let actual_set: BTreeSet<_> = actual.iter().collect();
    let missing: Vec<_> = expected_set.difference(&actual_set).collect();
    let surplus: Vec<_> = actual_set.difference(&expected_set).collect();
    assert!(
        missing.is_empty() && surplus.is_empty(),
        "{what}: missing {missing:#?}, too much {surplus:#?}"
    );
    assert_eq!((expected.len(), actual.len()), (count, count), "{what}");
}

#[tokio::test]
async fn a_new_database_is_mastodons() {
    let mut database = EmptyDatabase::create("facts").await;
    migrate(database.conn()).await.unwrap();
    columns(&mut database).await;
    indexes(&mut database).await;
    foreign_keys(&mut database).await;
    relations(&mut database).await;
    sequences(&mut database).await;
    functions(&mut database).await;
    bookkeeping(&mut database).await;
    seeds(&mut database).await;
    database.drop().await;
}

async fn columns(database: &mut EmptyDatabase) {
    let expected = rows(COLUMNS)
        .into_iter()
        .map(|[table, column, kind, nullable, default]| {
            format!("{table}.{column} {kind} null:{nullable} default:{default}")
        })
        .collect();
    let actual = database
        .lines(
            "select format(
                 '%s.%s %s null:%s default:%s',
                 relname, attname, format_type(atttypid, atttypmod),
                 case when attnotnull then 'NO' else 'YES' end,
                 pg_get_expr(adbin, adrelid)
             )
             from pg_class
             join pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped
             left join pg_attrdef on adrelid = attrelid and adnum = attnum
             where relnamespace = 'public'::regnamespace and relkind = 'r'",
        )
        .await;
    assert_same("columns", expected, actual, 1000);
    let odd = database
        .lines(
            "select attname::text from pg_attribute
             join pg_class on attrelid = pg_class.oid
             where relnamespace = 'public'::regnamespace and relkind = 'r' and attnum > 0
                 and (attidentity <> '' or attgenerated <> '')",
        )
        .await;
    assert_eq!(odd, [""; 0], "no column is generated");
}

async fn indexes(database: &mut EmptyDatabase) {
    let expected = rows(INDEXES)
        .into_iter()
        .map(|[table, index, expression, unique, predicate, opclass, using]| {
            let unique = if unique == "yes" { "UNIQUE " } else { "" };
            let opclass = if opclass.is_empty() { String::new() } else { format!(" {opclass}") };
            let predicate =
                if predicate.is_empty() { String::new() } else { format!(" WHERE {predicate}") };
            format!(
                "CREATE {unique}INDEX {index} ON public.{table} USING {using} \
                 ({expression}{opclass}){predicate}"
            )
        })
        .collect();
    let actual = database
        .lines(
            "select pg_get_indexdef(indexrelid) from pg_index
             join pg_class on pg_class.oid = indexrelid
             where relnamespace = 'public'::regnamespace and indisvalid",
        )
        .await;
    assert_same("indexes", expected, actual, 333);

    let expected = rows(INDEXES)
        .into_iter()
        .filter(|[_, index, ..]: &[&str; 7]| index.ends_with("_pkey"))
        .map(|[table, index, columns, ..]| format!("{table} {index} PRIMARY KEY ({columns})"))
        .collect();
    let actual = database
        .lines(
            "select format('%s %s %s', relname, conname, pg_get_constraintdef(pg_constraint.oid))
             from pg_constraint join pg_class on pg_class.oid = conrelid
             where connamespace = 'public'::regnamespace and contype not in ('f', 'n')",
        )
        .await;
    assert_same("primary keys, and no other constraints", expected, actual, 115);
}

async fn foreign_keys(database: &mut EmptyDatabase) {
    let expected = rows(FOREIGN_KEYS)
        .into_iter()
        .map(|[table, column, references, on_delete, name]| {
            let on_delete = match on_delete {
                "NO ACTION" => String::new(),
                action => format!(" ON DELETE {action}"),
            };
            format!("{table} {name} FOREIGN KEY ({column}) REFERENCES {references}{on_delete}")
        })
        .collect();
    let actual = database
        .lines(
            "select format('%s %s %s', relname, conname, pg_get_constraintdef(pg_constraint.oid))
             from pg_constraint join pg_class on pg_class.oid = conrelid
             where connamespace = 'public'::regnamespace and contype = 'f' and convalidated",
        )
        .await;
    assert_same("foreign keys", expected, actual, 154);
}

async fn relations(database: &mut EmptyDatabase) {
    let counts = database
        .lines(
            "select format('%s %s', relkind, count(*)) from pg_class
             where relnamespace = 'public'::regnamespace and relpersistence = 'p'
             group by relkind order by relkind",
        )
        .await;
    assert_eq!(counts, ["S 110", "i 333", "m 3", "r 115", "v 1"]);
    let other = database
        .lines(
            "select conname::text from pg_constraint
             where connamespace = 'public'::regnamespace and contype not in ('p', 'f', 'n')
             union all
             select tgname from pg_trigger join pg_class on pg_class.oid = tgrelid
             where relnamespace = 'public'::regnamespace and not tgisinternal
             union all
             select typname from pg_type
             where typnamespace = 'public'::regnamespace and typtype not in ('b', 'c')
             union all
             select description from pg_description
             join pg_class on pg_class.oid = objoid
             where relnamespace = 'public'::regnamespace",
        )
        .await;
    assert_eq!(other, [""; 0], "no checks, triggers, types or comments");
}

async fn sequences(database: &mut EmptyDatabase) {
    let actual = database
        .lines(
            "select format('%s %s', relname, coalesce(refobjid::regclass::text, 'free'))
             from pg_class
             join pg_sequence on seqrelid = pg_class.oid
             left join pg_depend on objid = pg_class.oid and deptype = 'a'
             where relnamespace = 'public'::regnamespace
                 and seqtypid = 'bigint'::regtype and seqstart = 1 and seqincrement = 1
                 and not seqcycle and seqcache = 1",
        )
        .await;
    let expected = rows(COLUMNS)
        .into_iter()
        .filter_map(|[table, _, _, _, default]| {
            if default.starts_with("nextval") {
                Some(format!("{table}_id_seq {table}"))
            } else if default.starts_with("timestamp_id") {
                Some(format!("{table}_id_seq free"))
            } else {
                None
            }
        })
        .collect();
    assert_same("sequences", expected, actual, 110);
}

async fn functions(database: &mut EmptyDatabase) {
    let functions = database
        .lines(
            "select format(
                 '%s returns %s, %s, %s, reads %s',
                 pg_proc.oid::regprocedure, prorettype::regtype, lanname, provolatile,
                 array_to_string(proargnames, ', ')
             )
             from pg_proc join pg_language on pg_language.oid = prolang
             where pronamespace = 'public'::regnamespace",
        )
        .await;
    assert_eq!(functions, ["timestamp_id(text) returns bigint, plpgsql, v, reads table_name"]);

    // One statement is one transaction: the time is the same, and the ids count up.
    let checks = database
        .lines(
            "with ids as (
                 select timestamp_id('statuses') as id from generate_series(1, 3)
             ), steps as (
                 select id, lag(id) over () as before from ids
             )
             select format(
                 '%s %s',
                 id >> 16 = (extract(epoch from now()) * 1000)::bigint,
                 (id - before) & 65535
             ) from steps",
        )
        .await;
    assert_eq!(checks, ["t ", "t 1", "t 1"]);

    let salt =
        "select substring(prosrc from '[0-9a-f]{32}') from pg_proc where proname = 'timestamp_id'";
    let ours = database.lines(salt).await;
    let mut other = EmptyDatabase::create("facts_salt").await;
    other.run(include_str!("../../../migrations/public/mastodon_4_6/timestamp_id.sql")).await;
    assert_ne!(ours, other.lines(salt).await, "each installation has a secret of its own");
    other.drop().await;
}

async fn bookkeeping(database: &mut EmptyDatabase) {
    let expected = MIGRATIONS.lines().map(str::to_owned).collect();
    let actual = database.lines("select version from schema_migrations").await;
    assert_same("versions", expected, actual, 588);
    let metadata = database.lines("select key || '=' || value from ar_internal_metadata").await;
    assert_eq!(metadata, ["environment=production"]);
}

async fn seeds(database: &mut EmptyDatabase) {
    let roles = database
        .lines(
            "select format('%s %s %s %s %s', id, name, permissions, position, highlighted)
             from user_roles order by position",
        )
        .await;
    let expected = [
        "-99  65536 -1 f",
        "1 Moderator 1049884 10 t",
        "2 Admin 2031612 100 t",
        "3 Owner 1 1000 t",
    ];
    assert_eq!(roles, expected);

    let accounts = database
        .lines(
            "select format(
                 '%s %s %s %s %s %s %s', id, username, coalesce(domain, 'local'), actor_type, locked,
                 private_key, public_key
             ) from accounts",
        )
        .await;
    assert_eq!(accounts, ["-99 mastodon.internal local Application t private public"]);

    let apps = database
        .lines(
            "select format(
                 '%s %s %s %s %s %s', name, superapp, redirect_uri, scopes, confidential,
                 uid ~ '^[A-Za-z0-9_-]{43}$' and secret ~ '^[A-Za-z0-9_-]{43}$' and uid <> secret
             ) from oauth_applications",
        )
        .await;
    assert_eq!(apps, ["Web t urn:ietf:wg:oauth:2.0:oob read write follow push t t"]);

    let names = database
        .lines(
            "select string_agg(normalized_username, ' ' order by id)
             from username_blocks group by exact order by exact",
        )
        .await;
    let expected = [
        "mastodon mastadon",
        "abuse account accounts admin administration administrator admins help helpdesk instance \
         mod moderator moderators mods owner root security server staff support webmaster",
    ];
    assert_eq!(names, expected);
    let filled = database
        .lines(
            "select relname::text from pg_class where relkind = 'm' and relispopulated order by 1",
        )
        .await;
    assert_eq!(filled, ["account_summaries", "global_follow_recommendations", "instances"]);
}
