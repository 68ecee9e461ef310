//! Makes a database ready: creates Mastodon's schema where there is nothing, takes over where
//! Mastodon 4.6 was, and keeps schema `ferrodon` up to date. All or nothing, in one transaction.
//!
//! Queries on `ferrodon.migrations` are not checked at build time: this is what creates it.

use std::fmt;

use chrono::{DateTime, Utc};
use sqlx::migrate::Migrator;
use sqlx::{Connection, PgConnection};

use crate::accounts::KeyPair;
use crate::seeds;

/// The migrations of schema `ferrodon`, in order.
static OURS: Migrator = sqlx::migrate!("../../migrations/ferrodon");

/// What makes schema `public` of a new database, in order.
const PUBLIC: [&str; 5] = [
    include_str!("../../../migrations/public/mastodon_4_6/timestamp_id.sql"),
    include_str!("../../../migrations/public/mastodon_4_6/tables.sql"),
    include_str!("../../../migrations/public/mastodon_4_6/foreign_keys.sql"),
    include_str!("../../../migrations/public/mastodon_4_6/views.sql"),
    VERSIONS,
];
const VERSIONS: &str = include_str!("../../../migrations/public/mastodon_4_6/versions.sql");
const POST_DEPLOYMENT: &str =
    include_str!("../../../migrations/public/mastodon_4_6/post_deployment.txt");

/// The version of PostgreSQL from which on Mastodon's schema works, as PostgreSQL counts.
const OLDEST_SERVER: i32 = 140_000;
/// The advisory lock that lets one migrator work at a time; an arbitrary number.
const LOCK: i64 = 0x4665_7272_6f64_6f6e;

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Whether schema `public` was created (otherwise it was there, and is unchanged).
    pub created: bool,
    /// Whether schema `ferrodon` was created.
    pub adopted: bool,
    /// The migrations of schema `ferrodon` that were run.
    pub applied: Vec<String>,
    /// Versions in `schema_migrations` that Mastodon 4.6 does not have: a fork's.
    pub foreign_versions: Vec<String>,
}

/// Why a database was left as it is.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "PostgreSQL {major} is too old: Ferrodon, like Mastodon 4.6, needs 14 or newer. \
         Nothing was changed."
    )]
    OldServer { major: i32 },
    #[error(
        "The database is encoded in {0}, but must be in UTF8 (createdb --encoding=UTF8 \
         --template=template0). Nothing was changed."
    )]
    Encoding(String),
    #[error(
        "Schema public holds something, but not Mastodon's tables. Give Ferrodon an empty database \
         or one of Mastodon 4.6. Nothing was changed."
    )]
    NotMastodon,
    #[error(
        "The database is older than Mastodon 4.6: it lacks {} of its migrations, first {}. Update \
         with Mastodon 4.6 itself first (RAILS_ENV=production bin/rails db:migrate), then try \
         again. Nothing was changed.",
        .0.len(), .0.first().map_or("", String::as_str)
    )]
    Older(Vec<String>),
    #[error(
        "Mastodon's post-deployment migrations have not all been run: {} are missing, first {}. \
         Run them with Mastodon 4.6 itself (RAILS_ENV=production bin/rails db:migrate, without \
         SKIP_POST_DEPLOYMENT_MIGRATIONS), then try again. Nothing was changed.",
        .0.len(), .0.first().map_or("", String::as_str)
    )]
    PostDeployment(Vec<String>),
    #[error(
        "The database is newer than Mastodon 4.6, the version that this Ferrodon knows: it has \
         migration {0}. Update Ferrodon first. Nothing was changed."
    )]
    Newer(String),
    #[error(
        "Schema ferrodon was not made by `ferrodon migrate` in this database, or schema public was \
         lost since. If nothing in it is needed, drop it (drop schema ferrodon cascade). Nothing \
         was changed."
    )]
    Orphan,
    #[error(
        "Schema ferrodon is newer than this Ferrodon: it has migration {0}. Update Ferrodon. \
         Nothing was changed."
    )]
    NewerOurs(i64),
    #[error(
        "Migration {0} of schema ferrodon is not the one that was run here. Use the release of \
         Ferrodon that made this database, or a newer one. Nothing was changed."
    )]
    Altered(i64),
    #[error(
        "The database user may not do this: {0}. It must own the database, or be granted CREATE on \
         it and on its schema public. Nothing was changed."
    )]
    NotAllowed(String),
    #[error("could not make keys for the server's own actor")]
    Keys(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("database")]
    Database(#[source] sqlx::Error),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match error.as_database_error() {
            // insufficient_privilege
            Some(e) if e.code().as_deref() == Some("42501") => {
                Self::NotAllowed(e.message().to_owned())
            }
            _ => Self::Database(error),
        }
    }
}

/// Makes the database ready for this Ferrodon, or says why it will not. `new_keys` makes the keys
/// of the server's own actor, and is called only if the database is new.
pub async fn migrate<E>(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    new_keys: impl FnOnce() -> Result<KeyPair, E>,
) -> Result<Outcome, Error>
where
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let mut tx = conn.begin().await?;
    sqlx::query!("select pg_advisory_xact_lock($1) is null as locked", LOCK)
        .fetch_one(&mut *tx)
        .await?;
    let found = look(&mut tx).await?;
    if found.server < OLDEST_SERVER {
        return Err(Error::OldServer { major: found.server / 10_000 });
    }

    // Not `schema if not exists` alone: who may not create schemas may still use the one there.
    if !found.public {
        sqlx::raw_sql("create schema public").execute(&mut *tx).await?;
    }
    sqlx::raw_sql("set local search_path = public").execute(&mut *tx).await?;
    let foreign_versions = match (found.mastodon, found.occupied) {
        (true, _) => check_versions(&mut tx).await?,
        (false, true) => return Err(Error::NotMastodon),
        (false, false) if found.ferrodon => return Err(Error::Orphan),
        (false, false) => {
            if found.encoding != "UTF8" {
                return Err(Error::Encoding(found.encoding));
            }
            for sql in PUBLIC {
                sqlx::raw_sql(sql).execute(&mut *tx).await?;
            }
            let keys = new_keys().map_err(|e| Error::Keys(e.into()))?;
            seeds::insert(&mut tx, now.naive_utc(), &keys).await?;
            Vec::new()
        }
    };
    if found.ferrodon && !found.bookkeeping {
        return Err(Error::Orphan);
    }
    let applied = migrate_ours(&mut tx, found.bookkeeping, now).await?;
    tx.commit().await?;

    Ok(Outcome { created: !found.mastodon, adopted: !found.ferrodon, applied, foreign_versions })
}

/// Whether [`migrate`] has nothing to do here: asked before a server starts.
pub async fn is_current(conn: &mut PgConnection) -> sqlx::Result<bool> {
    if !look(conn).await?.bookkeeping {
        return Ok(false);
    }
    let done = applied(conn).await?;
    Ok(OURS.iter().all(|migration| done.iter().any(|(version, _)| *version == migration.version)))
}

/// A number that changes whenever any migration does: names the template of tests' databases.
#[must_use]
pub fn checksum() -> u32 {
    let ours = OURS.iter().flat_map(|migration| migration.checksum.iter().copied());
    let public = PUBLIC.iter().flat_map(|sql| sql.bytes());
    ours.chain(public).fold(0, |hash: u32, byte| hash.wrapping_mul(31).wrapping_add(byte.into()))
}

/// What there is before we start.
struct Found {
    server: i32,
    encoding: String,
    public: bool,
    /// Whether anything is in schema `public` that does not belong to an extension.
    occupied: bool,
    mastodon: bool,
    ferrodon: bool,
    bookkeeping: bool,
}

async fn look(conn: &mut PgConnection) -> sqlx::Result<Found> {
    sqlx::query_as!(
        Found,
        r#"select
            current_setting('server_version_num')::integer as "server!",
            current_setting('server_encoding') as "encoding!",
            to_regnamespace('public') is not null as "public!",
            exists (
                select from (
                    select oid, 'pg_class'::regclass as class from pg_class
                    where relnamespace = to_regnamespace('public')
                        and relkind not in ('i', 'I', 't', 'c')
                    union all
                    select oid, 'pg_proc'::regclass from pg_proc
                    where pronamespace = to_regnamespace('public')
                ) as object
                where not exists (
                    select from pg_depend
                    where classid = object.class and objid = object.oid and deptype = 'e'
                )
            ) as "occupied!",
            (
                to_regclass('public.schema_migrations') is not null
                and to_regclass('public.accounts') is not null
                and to_regclass('public.statuses') is not null
            ) as "mastodon!",
            to_regnamespace('ferrodon') is not null as "ferrodon!",
            to_regclass('ferrodon.migrations') is not null as "bookkeeping!""#
    )
    .fetch_one(conn)
    .await
}

/// Checks that this is Mastodon 4.6, no less and no more, and returns what a fork added.
async fn check_versions(conn: &mut PgConnection) -> Result<Vec<String>, Error> {
    let present = sqlx::query_scalar!("select version from schema_migrations order by version")
        .fetch_all(conn)
        .await?;
    compare_versions(&present)
}

fn compare_versions(present: &[String]) -> Result<Vec<String>, Error> {
    let known: Vec<&str> = known_versions().collect();
    let missing = || known.iter().filter(|known| !present.iter().any(|version| version == **known));
    let is_post = |version: &str| POST_DEPLOYMENT.lines().any(|post| post == version);
    let owned = |versions: Vec<&&str>| versions.iter().map(|v| (**v).to_owned()).collect();

    let older: Vec<_> = missing().filter(|version| !is_post(version)).collect();
    if !older.is_empty() {
        return Err(Error::Older(owned(older)));
    }
    let post: Vec<_> = missing().collect();
    if !post.is_empty() {
        return Err(Error::PostDeployment(owned(post)));
    }
    let foreign: Vec<String> =
        present.iter().filter(|version| !known.contains(&version.as_str())).cloned().collect();
    let newest = known.iter().max().copied().unwrap_or_default();
    // All are 14 digits, but what is longer or no number is no version of 4.6 either.
    match foreign.iter().find(|version| version.len() != newest.len() || version.as_str() > newest)
    {
        Some(version) => Err(Error::Newer(version.clone())),
        None => Ok(foreign),
    }
}

/// The versions in the file that fills `schema_migrations`, so that they are listed once.
fn known_versions() -> impl Iterator<Item = &'static str> {
    VERSIONS.split('\'').skip(1).step_by(2)
}

/// Runs what is missing of the migrations of schema `ferrodon`.
async fn migrate_ours(
    conn: &mut PgConnection,
    bookkeeping: bool,
    now: DateTime<Utc>,
) -> Result<Vec<String>, Error> {
    if !bookkeeping {
        sqlx::raw_sql(
            "create schema ferrodon;
             -- Which migrations of this schema were run here.
             create table ferrodon.migrations (
                 version bigint primary key,
                 description text not null,
                 checksum bytea not null,
                 applied_at timestamptz not null
             );",
        )
        .execute(&mut *conn)
        .await?;
    }
    let done = applied(conn).await?;
    if let Some((version, _)) = done.iter().find(|(version, _)| !OURS.version_exists(*version)) {
        return Err(Error::NewerOurs(*version));
    }

    let mut names = Vec::new();
    for migration in OURS.iter() {
        match done.iter().find(|(version, _)| *version == migration.version) {
            Some((_, checksum)) if migration.checksum == *checksum => continue,
            Some((version, _)) => return Err(Error::Altered(*version)),
            None => {}
        }
        sqlx::raw_sql(migration.sql.clone()).execute(&mut *conn).await?;
        sqlx::query(
            "insert into ferrodon.migrations (version, description, checksum, applied_at)
             values ($1, $2, $3, $4)",
        )
        .bind(migration.version)
        .bind(&*migration.description)
        .bind(&*migration.checksum)
        .bind(now)
        .execute(&mut *conn)
        .await?;
        names.push(migration.description.to_string());
    }
    Ok(names)
}

async fn applied(conn: &mut PgConnection) -> sqlx::Result<Vec<(i64, Vec<u8>)>> {
    sqlx::query_as("select version, checksum from ferrodon.migrations order by version")
        .fetch_all(conn)
        .await
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.created {
            writeln!(
                f,
                "Created the schema of Mastodon 4.6 (schema public) in an empty database."
            )?;
        } else if self.adopted {
            writeln!(f, "Found a database of Mastodon 4.6. Schema public was left as it is.")?;
        }
        if !self.foreign_versions.is_empty() {
            let versions = self.foreign_versions.join(", ");
            writeln!(f, "It also has migrations of a fork, which were left alone: {versions}.")?;
        }
        if self.adopted {
            writeln!(f, "Created schema ferrodon, which holds all that is Ferrodon's own.")?;
        }
        for name in &self.applied {
            writeln!(f, "Ran in schema ferrodon: {name}.")?;
        }
        if self.created || self.adopted || !self.applied.is_empty() {
            write!(f, "Done.")
        } else {
            write!(f, "Nothing to do: the database is up to date.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions() -> Vec<String> {
        known_versions().map(str::to_owned).collect()
    }

    #[test]
    fn all_versions_are_listed() {
        assert_eq!(versions().len(), 588);
        assert_eq!(POST_DEPLOYMENT.lines().count(), 72);
        assert!(POST_DEPLOYMENT.lines().all(|post| known_versions().any(|known| known == post)));
        assert_eq!(compare_versions(&versions()).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn older_databases_are_told_apart_from_unfinished_ones() {
        let without = |gone: &str| {
            let left: Vec<_> = versions().into_iter().filter(|version| version != gone).collect();
            compare_versions(&left).unwrap_err()
        };
        assert!(matches!(without("20260611150940"), Error::Older(gone) if gone.len() == 1));
        assert!(
            matches!(without("20250520192024"), Error::PostDeployment(gone) if gone.len() == 1)
        );
        assert!(matches!(compare_versions(&[]), Err(Error::Older(gone)) if gone.len() == 516));
    }

    #[test]
    fn a_fork_may_have_added_versions_but_none_newer_than_ours() {
        let with = |more: &str| compare_versions(&[versions(), vec![more.to_owned()]].concat());
        assert_eq!(with("20260209143307").unwrap(), ["20260209143307"]);
        assert!(matches!(with("20260701000000"), Err(Error::Newer(v)) if v == "20260701000000"));
        assert!(matches!(with("surprise"), Err(Error::Newer(_))));
    }
}
