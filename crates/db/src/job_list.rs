//! `ferrodon.jobs` as operators look at it.

use chrono::{DateTime, Utc};
use ferrodon_core::JobId;
use sqlx::PgConnection;

/// A job without what it is about, which may be anyone's words.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Listed {
    pub id: JobId,
    pub queue: String,
    pub kind: String,
    /// Tries so far.
    pub attempt: i32,
    pub created_at: DateTime<Utc>,
    /// When it is due, or when the lease of whoever works on it ends.
    pub run_at: DateTime<Utc>,
    /// When it was given up; none while it waits.
    pub failed_at: Option<DateTime<Utc>>,
    pub last_error: Option<String>,
}

/// Which jobs are wanted.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Given up (true), waiting (false) or both.
    pub failed: Option<bool>,
    pub queue: Option<String>,
    pub kind: Option<String>,
}

/// The newest `limit` jobs that fit.
pub async fn list(
    conn: &mut PgConnection,
    filter: &Filter,
    limit: i64,
) -> sqlx::Result<Vec<Listed>> {
    sqlx::query_as!(
        Listed,
        r#"select id, queue, coalesce(payload->>'kind', 'unknown') as "kind!", attempt, created_at,
                  run_at, failed_at, last_error
           from ferrodon.jobs
           where ($1::boolean is null or (failed_at is not null) = $1)
               and ($2::text is null or queue = $2)
               and ($3::text is null or payload->>'kind' = $3)
           order by id desc
           limit $4"#,
        filter.failed,
        filter.queue,
        filter.kind,
        limit,
    )
    .fetch_all(conn)
    .await
}

/// Makes given-up jobs that fit due at once, with all their tries; returns how many. `ids` narrows
/// them down to these.
pub async fn retry(
    conn: &mut PgConnection,
    filter: &Filter,
    ids: Option<&[i64]>,
    now: DateTime<Utc>,
) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        "with again as (
             update ferrodon.jobs set failed_at = null, attempt = 0, run_at = $4
             where failed_at is not null
                 and ($1::text is null or queue = $1)
                 and ($2::text is null or payload->>'kind' = $2)
                 and ($3::bigint[] is null or id = any($3))
             returning queue
         )
         select pg_notify('ferrodon_jobs', queue) from again",
        filter.queue,
        filter.kind,
        ids,
        now,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Deletes given-up jobs that fit; returns how many. What waits or runs is never deleted.
pub async fn delete(
    conn: &mut PgConnection,
    filter: &Filter,
    ids: Option<&[i64]>,
) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        "delete from ferrodon.jobs
         where failed_at is not null
             and ($1::text is null or queue = $1)
             and ($2::text is null or payload->>'kind' = $2)
             and ($3::bigint[] is null or id = any($3))",
        filter.queue,
        filter.kind,
        ids,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// How much waits in a queue.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Depth {
    pub queue: String,
    /// Due and not worked on.
    pub due: i64,
    /// Worked on, or put back for a later try.
    pub later: i64,
    pub failed: i64,
    /// Seconds since the oldest became due.
    pub age: f64,
}

/// Every queue that holds something.
pub async fn depths(conn: &mut PgConnection, now: DateTime<Utc>) -> sqlx::Result<Vec<Depth>> {
    sqlx::query_as!(
        Depth,
        r#"select queue,
                  count(*) filter (where failed_at is null and run_at <= $1) as "due!",
                  count(*) filter (where failed_at is null and run_at > $1) as "later!",
                  count(*) filter (where failed_at is not null) as "failed!",
                  coalesce(extract(epoch from $1 - min(run_at)
                      filter (where failed_at is null and run_at <= $1)), 0)::float8 as "age!"
           from ferrodon.jobs
           group by queue
           order by queue"#,
        now,
    )
    .fetch_all(conn)
    .await
}
