//! Making a database ready.

use chrono::TimeDelta;
use ferrodon_core::{Clock, Job};
use ferrodon_db as db;
use ferrodon_db::PgPool;

use crate::App;

/// Creates, adopts or updates the database; see [`db::migrate::migrate`] for what is refused.
pub async fn migrate(
    pool: &PgPool,
    clock: &Clock,
) -> Result<db::migrate::Outcome, db::migrate::Error> {
    let mut conn = pool.acquire().await?;
    db::migrate::migrate(&mut conn, clock.now(), crate::accounts::new_keys).await
}

/// Queues what Mastodon left for later where a job of ours must do it: posts that wait for their
/// time, and the ends of open polls. Asked at each start of a worker, it adds only what is
/// missing; a job that finds its work done does nothing.
pub async fn resume(app: &App) -> crate::Result<()> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    for (scheduled_status_id, at) in db::scheduled_statuses::waiting(&mut tx).await? {
        let job = Job::PublishScheduled { scheduled_status_id };
        let key = format!("scheduled {scheduled_status_id}");
        db::jobs::enqueue_once(&mut tx, &job, &key, at.and_utc(), now).await?;
    }
    for (poll_id, ends) in db::polls::open(&mut tx, now.naive_utc()).await? {
        let at = ends.and_utc() + TimeDelta::minutes(5);
        let key = format!("poll end {poll_id}");
        db::jobs::enqueue_once(&mut tx, &Job::EndPoll { poll_id }, &key, at, now).await?;
    }
    tx.commit().await?;
    Ok(())
}
