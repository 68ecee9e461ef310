//! `ferrodon.hosts`: what we know of each host we deliver to; and `unavailable_domains`, the
//! hosts that were given up, which Mastodon knows too.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;

/// What is known of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    pub host: String,
    pub failure_days: Vec<NaiveDate>,
    pub failures: i32,
    pub resting_until: Option<DateTime<Utc>>,
    pub paused: bool,
    pub signature: Option<String>,
    pub last_success_at: Option<DateTime<Utc>>,
    pub last_error: Option<String>,
    pub last_error_at: Option<DateTime<Utc>>,
}

/// What is known of these hosts; nothing of those that never failed.
pub async fn by_names(conn: &mut PgConnection, names: &[String]) -> sqlx::Result<Vec<Host>> {
    sqlx::query_as!(
        Host,
        "select host, failure_days, failures, resting_until, paused, signature, last_success_at,
                last_error, last_error_at
         from ferrodon.hosts
         where host = any($1)",
        names
    )
    .fetch_all(conn)
    .await
}

/// Notes that deliveries to these hosts succeeded. Says which of them had failed before.
pub async fn succeeded(
    conn: &mut PgConnection,
    hosts: &[String],
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into ferrodon.hosts as h (host, last_success_at)
         select host, $2 from unnest($1::text[]) as new (host) order by host
         on conflict (host) do update
         set last_success_at = excluded.last_success_at, failures = 0, failure_days = '{}',
             resting_until = null",
        hosts,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes that a delivery to a host failed, and lets it rest until then. Returns how many failures
/// in a row that makes, and on how many different days.
pub async fn failed(
    conn: &mut PgConnection,
    host: &str,
    error: &str,
    resting_until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> sqlx::Result<(i32, i32)> {
    let row = sqlx::query!(
        r#"insert into ferrodon.hosts as h
               (host, failure_days, failures, resting_until, last_error, last_error_at)
           values ($1, array[$4::date], 1, $3, $2, $5)
           on conflict (host) do update
           set failures = h.failures + 1,
               failure_days = case when $4 = any(h.failure_days) then h.failure_days
                                   else h.failure_days || $4 end,
               resting_until = greatest(h.resting_until, excluded.resting_until),
               last_error = excluded.last_error,
               last_error_at = excluded.last_error_at
           returning failures, cardinality(failure_days) as "days!""#,
        host,
        error,
        resting_until,
        now.date_naive(),
        now,
    )
    .fetch_one(conn)
    .await?;
    Ok((row.failures, row.days))
}

/// Notes that a delivery failed for a reason that says nothing of the host's health (a refused
/// signature): the day counts, but the host need not rest. Returns the number of days.
pub async fn refused(
    conn: &mut PgConnection,
    host: &str,
    error: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<i32> {
    sqlx::query_scalar!(
        r#"insert into ferrodon.hosts as h (host, failure_days, last_error, last_error_at)
           values ($1, array[$3::date], $2, $4)
           on conflict (host) do update
           set failure_days = case when $3 = any(h.failure_days) then h.failure_days
                                   else h.failure_days || $3 end,
               last_error = excluded.last_error,
               last_error_at = excluded.last_error_at
           returning cardinality(failure_days) as "days!""#,
        host,
        error,
        now.date_naive(),
        now,
    )
    .fetch_one(conn)
    .await
}

/// Forgets what is held against these hosts, and that they rest: they were heard of. Returns
/// those that something was held against.
pub async fn revive(conn: &mut PgConnection, hosts: &[String]) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        "with back as (
             delete from unavailable_domains where domain = any($1)
         )
         update ferrodon.hosts
         set failure_days = '{}', failures = 0, resting_until = null
         where host = any($1)
           and (failures > 0 or failure_days <> '{}' or resting_until is not null)
         returning host",
        hosts
    )
    .fetch_all(conn)
    .await
}

/// Gives a host up: bulk deliveries leave it out until it is heard of.
pub async fn give_up(conn: &mut PgConnection, host: &str, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into unavailable_domains (domain, created_at, updated_at)
         values ($1, $2, $2)
         on conflict (domain) do nothing",
        host,
        now.naive_utc()
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes these hosts out of those that were given up: a delivery to them succeeded.
pub async fn take_up(conn: &mut PgConnection, hosts: &[String]) -> sqlx::Result<()> {
    sqlx::query!("delete from unavailable_domains where domain = any($1)", hosts)
        .execute(conn)
        .await?;
    Ok(())
}
