//! Passing on what others signed, so that people who see one of ours in a thread or a boost hear
//! of it too.

use ferrodon_core::delivery::{Priority, Recipients};
use ferrodon_core::{AccountId, Job};
use ferrodon_db as db;
use ferrodon_db::statuses::Status;

use super::Inbound;
use crate::Result;

/// Passes a new reply to a post of ours on to the followers of that post's author.
pub(crate) async fn reply(inbound: &Inbound<'_>, status: &Status) -> Result<()> {
    let Some(parent_id) = status.in_reply_to_id else { return Ok(()) };
    let mut conn = inbound.app.db.acquire().await?;
    let parent = db::statuses::find(&mut conn, parent_id).await?;
    let author = parent.filter(|parent| parent.local == Some(true)).map(|parent| parent.account_id);
    send(inbound, &mut conn, status, author.into_iter().collect(), Priority::Mass).await
}

/// Passes a change or deletion on to the followers of everyone here who boosted or quoted the post,
/// and of the author whom it answers.
pub(crate) async fn change(
    inbound: &Inbound<'_>,
    conn: &mut db::PgConnection,
    status: &Status,
) -> Result<()> {
    let mut through = db::statuses::local_spreaders(conn, status.id).await?;
    if let Some(parent_id) = status.in_reply_to_id
        && let Some(parent) = db::statuses::find(conn, parent_id).await?
        && parent.local == Some(true)
        && !through.contains(&parent.account_id)
    {
        through.insert(0, parent.account_id);
    }
    send(inbound, conn, status, through, Priority::Low).await
}

async fn send(
    inbound: &Inbound<'_>,
    conn: &mut db::PgConnection,
    status: &Status,
    through: Vec<AccountId>,
    priority: Priority,
) -> Result<()> {
    let Some(activity) = &inbound.signed else { return Ok(()) };
    let Some(&account_id) = through.first() else { return Ok(()) };
    if !status.visibility.is_distributable() {
        return Ok(());
    }
    let to = Recipients { followers_of: through, ..Recipients::default() };
    let activity = activity.clone();
    let job = Job::DistributeActivity { account_id, activity, to, priority, signed: false };
    db::jobs::enqueue(conn, &job, inbound.app.clock.now()).await?;
    Ok(())
}
