//! `ferrodon.jobs`: the queue. A row is work to do; doing it deletes the row.

use chrono::{DateTime, TimeDelta, Utc};
use ferrodon_core::{Job, JobId};
use sqlx::PgConnection;
use sqlx::types::Json;

/// The channel on which workers hear that a job was queued; the payload is the queue's name.
pub const CHANNEL: &str = "ferrodon_jobs";

/// A job someone has claimed.
#[derive(Clone, Debug)]
pub struct Claimed {
    pub id: JobId,
    /// The job as stored: one that this version does not know must not hold up the others.
    pub payload: serde_json::Value,
    /// Which try this is, from 1.
    pub attempt: i32,
}

/// Queues a job. Call it in the transaction of the change that calls for it: both happen or
/// neither does.
pub async fn enqueue(conn: &mut PgConnection, job: &Job, now: DateTime<Utc>) -> sqlx::Result<()> {
    enqueue_at(conn, job, now, now).await
}

/// Queues a job that is due at `run_at`.
pub async fn enqueue_at(
    conn: &mut PgConnection,
    job: &Job,
    run_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "with job as (
             insert into ferrodon.jobs (queue, payload, run_at, created_at)
             values ($1, $2, $3, $4)
             returning queue
         )
         select pg_notify('ferrodon_jobs', queue) from job",
        job.policy().queue,
        Json(job) as _,
        run_at,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Queues a job unless one with the same key waits already; says whether it did.
pub async fn enqueue_once(
    conn: &mut PgConnection,
    job: &Job,
    unique_key: &str,
    run_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "with job as (
             insert into ferrodon.jobs (queue, payload, unique_key, run_at, created_at)
             values ($1, $2, $3, $4, $5)
             on conflict (unique_key) do nothing
             returning queue
         )
         select pg_notify('ferrodon_jobs', queue) from job",
        job.policy().queue,
        Json(job) as _,
        unique_key,
        run_at,
        now,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Queues many jobs in one statement.
pub async fn enqueue_all(
    conn: &mut PgConnection,
    jobs: &[Job],
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    if jobs.is_empty() {
        return Ok(());
    }
    let queues: Vec<&str> = jobs.iter().map(|job| job.policy().queue).collect();
    let payloads: Vec<Json<&Job>> = jobs.iter().map(Json).collect();
    sqlx::query!(
        "with job as (
             insert into ferrodon.jobs (queue, payload, run_at, created_at)
             select queue, payload, $3, $3
             from unnest($1::text[], $2::jsonb[]) as new (queue, payload)
             returning queue
         )
         select pg_notify('ferrodon_jobs', queue) from (select distinct queue from job) as queues",
        &queues as &[&str],
        &payloads as _,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes up to `limit` due jobs of a queue and holds them for `lease`: a worker that dies loses
/// its jobs to the others once the lease is over. Whoever queues the same work from now on queues
/// a new job, since this one may have read what it needs.
pub async fn claim(
    conn: &mut PgConnection,
    queue: &str,
    now: DateTime<Utc>,
    lease: TimeDelta,
    limit: i64,
) -> sqlx::Result<Vec<Claimed>> {
    let mut claimed = sqlx::query_as!(
        Claimed,
        r#"with due as materialized (
               select id from ferrodon.jobs
               where queue = $1 and run_at <= $2 and failed_at is null
               order by run_at, id
               limit $4
               for update skip locked
           )
           update ferrodon.jobs as jobs
           set attempt = attempt + 1, run_at = $3, unique_key = null
           from due where jobs.id = due.id
           returning jobs.id as "id: JobId", jobs.payload, jobs.attempt"#,
        queue,
        now,
        now + lease,
        limit,
    )
    .fetch_all(conn)
    .await?;
    claimed.sort_by_key(|job| job.id);
    Ok(claimed)
}

/// Drops jobs that are done.
pub async fn finish(conn: &mut PgConnection, ids: &[JobId]) -> sqlx::Result<()> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    sqlx::query!("delete from ferrodon.jobs where id = any($1)", &ids).execute(conn).await?;
    Ok(())
}

/// Gives claimed jobs back as if they had not been touched.
pub async fn release(
    conn: &mut PgConnection,
    ids: &[JobId],
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    sqlx::query!(
        "update ferrodon.jobs set run_at = $2, attempt = greatest(attempt - 1, 0)
         where id = any($1)",
        &ids,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Puts a job back for a later try.
pub async fn retry(
    conn: &mut PgConnection,
    id: JobId,
    run_at: DateTime<Utc>,
    error: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update ferrodon.jobs set run_at = $2, last_error = $3 where id = $1",
        id as _,
        run_at,
        error,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Sets a job aside for the operator to look at.
pub async fn bury(
    conn: &mut PgConnection,
    id: JobId,
    now: DateTime<Utc>,
    error: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update ferrodon.jobs set failed_at = $2, last_error = $3 where id = $1",
        id as _,
        now,
        error,
    )
    .execute(conn)
    .await?;
    Ok(())
}
