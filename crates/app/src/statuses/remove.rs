//! Deleting statuses.

use ferrodon_core::{AccountId, Job, StatusId};
use ferrodon_db as db;
use ferrodon_db::statuses::Status;

use crate::federation::outbox;
use crate::{App, Error, Result, timelines};

/// Deletes a status of one's own: it is hidden at once, and a job takes it out of feeds, tells
/// other servers and removes it for good.
pub async fn remove(app: &App, author: AccountId, id: StatusId) -> Result<()> {
    let mut conn = app.db.acquire().await?;
    let status = db::statuses::find(&mut conn, id).await?;
    let status = status.filter(|status| status.account_id == author).ok_or(Error::NotFound)?;
    drop(conn);
    discard(app, &status).await
}

/// Hides a status (or takes a boost back) and queues the rest.
pub(crate) async fn discard(app: &App, status: &Status) -> Result<()> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    outbox::status_removed(app, &mut tx, status, now).await?;
    if db::statuses::discard(&mut tx, status.id, now.naive_utc()).await? {
        db::status_pins::delete(&mut tx, status.account_id, status.id).await?;
        // What moderators still need stays counted until it is removed for good.
        if !db::statuses::is_evidence(&mut tx, status.id).await? {
            super::count(&mut tx, status, -1, now).await?;
        }
        let job = Job::RemoveStatus {
            status_id: status.id,
            reblog_of_id: status.reblog_of_id,
            account_id: status.account_id,
        };
        db::jobs::enqueue(&mut tx, &job, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Does the job: takes a hidden status and its boosts out of feeds, streams, conversations and
/// notifications, and removes them for good.
pub async fn take_away(app: &App, id: StatusId) -> Result<()> {
    let mut conn = app.db.acquire().await?;
    let Some(status) = db::statuses::find_with_deleted(&mut conn, id).await? else {
        return Ok(());
    };
    if status.deleted_at.is_none() {
        return Ok(());
    }
    let boosts = db::statuses::reblogs_with_deleted(&mut conn, id).await?;
    drop(conn);
    for boost in &boosts {
        // Those that were hidden by themselves are counted already.
        take_one_away(app, boost, boost.deleted_at == status.deleted_at).await?;
    }
    take_one_away(app, &status, false).await
}

async fn take_one_away(app: &App, status: &Status, with_original: bool) -> Result<()> {
    timelines::withdraw(app, status).await?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    db::notifications::delete_about_status(&mut tx, status.id).await?;
    if let Some(conversation_id) = status.conversation_id
        && !status.visibility.is_distributable()
    {
        db::account_conversations::remove_status(&mut tx, conversation_id, status.id).await?;
    }
    if !db::statuses::is_evidence(&mut tx, status.id).await? {
        if with_original {
            // It was hidden with what it boosts, so nobody has counted it yet.
            super::count(&mut tx, status, -1, now).await?;
        }
        db::tags::uncount_featured(&mut tx, status.account_id, status.id, now.naive_utc()).await?;
        db::statuses::delete(&mut tx, status.id).await?;
    }
    tx.commit().await?;
    Ok(())
}
