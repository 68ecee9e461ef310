//! A database is made, taken over or refused, and nothing in between.

use ferrodon_db::migrate::{Error, is_current};
use sqlx::Connection;

use super::{EmptyDatabase, migrate};

/// A database as Mastodon leaves it: schema `public`, and nothing of ours.
async fn mastodon_database(test: &str) -> EmptyDatabase {
    let mut database = EmptyDatabase::create(test).await;
    database.run(include_str!("../../../migrations/public/mastodon_4_6/timestamp_id.sql")).await;
    database.run(include_str!("../../../migrations/public/mastodon_4_6/tables.sql")).await;
    database.run(include_str!("../../../migrations/public/mastodon_4_6/foreign_keys.sql")).await;
    database.run(include_str!("../../../migrations/public/mastodon_4_6/views.sql")).await;
    database.run(include_str!("../../../migrations/public/mastodon_4_6/versions.sql")).await;
    database
}

/// Everything in the database but what is in schema `ferrodon`, down to the files of its tables.
async fn everything_else(database: &mut EmptyDatabase) -> Vec<String> {
    database
        .lines(
            "select line from (
                 select 'schema ' || nspname from pg_namespace
                 where nspname !~ '^(pg_|ferrodon$|information_schema$)'
                 union all
                 select format('relation %s %s %s', oid, relfilenode, pg_class)
                 from pg_class where relnamespace = 'public'::regnamespace
                 union all
                 select format('column %s %s', attrelid, pg_attribute)
                 from pg_attribute join pg_class on pg_class.oid = attrelid
                 where relnamespace = 'public'::regnamespace
                 union all
                 select format('default %s', pg_attrdef) from pg_attrdef
                 join pg_class on pg_class.oid = adrelid
                 where relnamespace = 'public'::regnamespace
                 union all
                 select format('index %s', pg_index) from pg_index
                 join pg_class on pg_class.oid = indexrelid
                 where relnamespace = 'public'::regnamespace
                 union all
                 select format('constraint %s', pg_constraint) from pg_constraint
                 where connamespace = 'public'::regnamespace
                 union all
                 select format('trigger %s', pg_trigger) from pg_trigger
                 join pg_class on pg_class.oid = tgrelid
                 where relnamespace = 'public'::regnamespace
                 union all
                 select format('rule %s', pg_rewrite) from pg_rewrite
                 join pg_class on pg_class.oid = ev_class
                 where relnamespace = 'public'::regnamespace
                 union all
                 select format('function %s', pg_proc) from pg_proc
                 where pronamespace = 'public'::regnamespace
                 union all
                 select format('extension %s', extname) from pg_extension
             ) as everything (line)
             order by line",
        )
        .await
}

/// The database is refused with `words`, and nothing in it changes.
#[track_caller]
fn assert_refused(error: &Error, words: &str) {
    let text = error.to_string();
    assert!(text.contains(words), "{text}");
    assert!(text.ends_with("Nothing was changed."), "{text}");
}

#[tokio::test]
async fn an_empty_database_is_filled_once() {
    let mut database = EmptyDatabase::create("twice").await;
    assert!(!is_current(database.conn()).await.unwrap());
    let outcome = migrate(database.conn()).await.unwrap();
    assert!(outcome.created && outcome.adopted && !outcome.applied.is_empty(), "{outcome:?}");
    assert!(outcome.to_string().ends_with("Done."), "{outcome}");
    assert!(is_current(database.conn()).await.unwrap());

    let before = everything_else(&mut database).await;
    let again = migrate(database.conn()).await.unwrap();
    assert_eq!(again.to_string(), "Nothing to do: the database is up to date.");
    assert_eq!(everything_else(&mut database).await, before);
    database.drop().await;
}

#[tokio::test]
async fn two_at_once_do_the_work_once() {
    let mut database = EmptyDatabase::create("race").await;
    let mut other = database.connect().await;
    let (one, two) = tokio::join!(migrate(database.conn()), migrate(&mut other));
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_ne!(one.created, two.created);
    assert_ne!(one.applied.is_empty(), two.applied.is_empty());
    other.close().await.unwrap();
    database.drop().await;
}

#[tokio::test]
async fn mastodons_database_only_gains_our_schema() {
    let mut database = mastodon_database("adopt").await;
    // A fork's column and version, an operator's index: all of it stays.
    database
        .run(
            "alter table statuses add column local_only boolean;
             insert into schema_migrations values ('20171210213213');
             create index an_index_of_the_operators on statuses (language);",
        )
        .await;
    let before = everything_else(&mut database).await;
    let outcome = migrate(database.conn()).await.unwrap();
    assert!(!outcome.created && outcome.adopted, "{outcome:?}");
    assert_eq!(outcome.foreign_versions, ["20171210213213"]);
    assert_eq!(everything_else(&mut database).await, before);
    let rows =
        database.lines("select 'account' from accounts union all select 'role' from user_roles");
    assert_eq!(rows.await, [""; 0], "no rows are put into a database that was in use");

    database.run("drop schema ferrodon cascade").await;
    assert_eq!(everything_else(&mut database).await, before, "and it can be given back");
    assert!(migrate(database.conn()).await.unwrap().adopted);
    database.drop().await;
}

#[tokio::test]
async fn what_is_not_mastodon_4_6_is_refused() {
    for (test, change, words) in [
        ("old", "delete from schema_migrations where version = '20260611150940'", "is older than"),
        (
            "none",
            "delete from schema_migrations",
            "lacks 516 of its migrations, first 20160220174730",
        ),
        (
            "post",
            "delete from schema_migrations where version in ('20250520192024', '20190519130537')",
            "2 are missing, first 20190519130537",
        ),
        (
            "new",
            "insert into schema_migrations values ('20270101000000')",
            "migration 20270101000000",
        ),
        ("other", "drop table accounts cascade", "but not Mastodon's tables"),
        ("orphan", "create schema ferrodon", "not made by `ferrodon migrate`"),
    ] {
        let mut database = mastodon_database(test).await;
        database.run(change).await;
        let before = everything_else(&mut database).await;
        assert_refused(&migrate(database.conn()).await.unwrap_err(), words);
        assert_eq!(everything_else(&mut database).await, before, "{test}");
        assert!(!is_current(database.conn()).await.unwrap());
        database.drop().await;
    }
}

#[tokio::test]
async fn a_database_of_something_else_is_refused() {
    for (test, content) in [
        ("table", "create table notes (text text)"),
        ("function", "create function one() returns integer language sql as 'select 1'"),
        ("rails", "create table schema_migrations (version varchar primary key)"),
    ] {
        let mut database = EmptyDatabase::create(test).await;
        database.run(content).await;
        assert_refused(&migrate(database.conn()).await.unwrap_err(), "but not Mastodon's tables");
        assert_eq!(
            database.lines("select 'x' where to_regnamespace('ferrodon') is not null").await,
            [""; 0]
        );
        database.drop().await;
    }
}

#[tokio::test]
async fn a_newer_or_altered_schema_of_ours_is_refused() {
    let mut database = EmptyDatabase::create("ours").await;
    migrate(database.conn()).await.unwrap();
    database.run("insert into ferrodon.migrations values (999999, 'of tomorrow', '', now())").await;
    assert_refused(&migrate(database.conn()).await.unwrap_err(), "migration 999999");
    database
        .run(
            "delete from ferrodon.migrations where version = 999999;
             update ferrodon.migrations set checksum = '' where version = 1;",
        )
        .await;
    assert_refused(&migrate(database.conn()).await.unwrap_err(), "Migration 1 of schema ferrodon");
    database.run("drop schema public cascade").await;
    assert_refused(&migrate(database.conn()).await.unwrap_err(), "schema public was lost");
    database.run("drop schema ferrodon cascade").await;
    assert!(migrate(database.conn()).await.unwrap().created, "even without schema public");
    database.drop().await;
}

#[tokio::test]
async fn a_failure_half_way_leaves_nothing_behind() {
    let mut database = EmptyDatabase::create("keys").await;
    let no_keys = || Err::<ferrodon_db::accounts::KeyPair, _>("the random device is gone");
    let now = super::at("2026-06-01T12:00:00Z");
    let error = ferrodon_db::migrate::migrate(database.conn(), now, no_keys).await.unwrap_err();
    assert!(matches!(error, Error::Keys(_)), "{error}");
    let left = database
        .lines(
            "select relname::text from pg_class join pg_namespace on relnamespace = pg_namespace.oid
             where nspname in ('public', 'ferrodon')",
        )
        .await;
    assert_eq!(left, [""; 0]);
    database.drop().await;
}
