//! `Block`: somebody elsewhere wants nothing to do with one of ours.

use ferrodon_activitypub::value;
use ferrodon_core::Job;
use ferrodon_core::delivery::Priority;
use ferrodon_db as db;
use ferrodon_db::Connection as _;
use serde_json::Value;

use super::{Inbound, follow, marks};
use crate::Result;
use crate::federation::render::activity::{self, Answer};
use crate::federation::{local, outbox};

pub(super) async fn receive(inbound: &Inbound<'_>, block: &Value) -> Result<()> {
    let (app, sender) = (inbound.app, &inbound.sender);
    let Some(object) = value::id(&block["object"]) else { return Ok(()) };
    let uri = value::id(block).unwrap_or_default();
    if marks::was_taken_back(app, sender.id, uri).await {
        return Ok(());
    }
    let now = app.clock.now();
    let at = now.naive_utc();
    let mut conn = app.db.acquire().await?;
    let Some(target) = local::account(app, &mut conn, object).await? else { return Ok(()) };
    let mut tx = conn.begin().await?;

    // Ours no longer follows them.
    db::follow_requests::delete(&mut tx, target.id, sender.id).await?;
    if let Some(ended) = db::follows::delete(&mut tx, target.id, sender.id).await? {
        db::account_stats::count_follow(&mut tx, target.id, sender.id, -1, at).await?;
        let uri = ended.uri.as_deref();
        let undo = activity::undo_follow(&app.config, &target, &sender.uri, ended.id, uri);
        let job = Job::UnmergeFeed { from_account_id: sender.id, into_account_id: target.id };
        db::jobs::enqueue(&mut tx, &job, now).await?;
        let inbox = &sender.inbox_url;
        outbox::send(&mut tx, target.id, undo, inbox, Priority::Personal, now).await?;
    }
    // Nor do they follow ours, or ask to.
    let (uri_of_ended, id) = match db::follows::delete(&mut tx, sender.id, target.id).await? {
        Some(ended) => {
            db::account_stats::count_follow(&mut tx, sender.id, target.id, -1, at).await?;
            db::notifications::delete_about(&mut tx, "Follow", &[ended.id]).await?;
            (ended.uri, Some(ended.id))
        }
        None => match db::follow_requests::delete(&mut tx, sender.id, target.id).await? {
            Some(request) => {
                db::notifications::delete_about(&mut tx, "FollowRequest", &[request.id]).await?;
                (request.uri, Some(request.id))
            }
            None => (None, None),
        },
    };
    if id.is_some() {
        let uri = uri_of_ended.as_deref();
        follow::answer(inbound, &mut tx, Answer::Reject, &target, sender, uri, id).await?;
    }
    db::blocks::upsert_remote(&mut tx, sender.id, target.id, uri, at).await?;
    tx.commit().await?;
    Ok(())
}
