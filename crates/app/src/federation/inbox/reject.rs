//! `Reject`: an account elsewhere does not let one of ours follow, or no longer does.

use ferrodon_activitypub::value;
use ferrodon_core::delivery::Priority;
use ferrodon_core::{AccountId, Job};
use ferrodon_db as db;
use ferrodon_db::quotes::{ACCEPTED, REJECTED, REVOKED};
use ferrodon_db::{Connection as _, PgConnection};
use serde_json::Value;

use super::Inbound;
use crate::Result;
use crate::federation::render::activity as render;
use crate::federation::{local, outbox};

pub(super) async fn receive(inbound: &Inbound<'_>, activity: &Value) -> Result<()> {
    let (app, sender) = (inbound.app, &inbound.sender);
    let object = &activity["object"];
    let at = app.clock.now().naive_utc();
    let mut conn = app.db.acquire().await?;
    let mut tx = conn.begin().await?;
    if let Some(uri) = value::id(object) {
        if db::relays::answered(&mut tx, uri, false, at).await? {
            tx.commit().await?;
            return Ok(());
        }
        let by_request = db::follow_requests::follower_by_uri(&mut tx, sender.id, uri).await?;
        let follower = match by_request {
            Some(follower) => Some(follower),
            None => db::follows::follower_by_uri(&mut tx, sender.id, uri).await?,
        };
        if let Some(follower) = follower {
            end(inbound, &mut tx, follower).await?;
            tx.commit().await?;
            return Ok(());
        }
        if let Some(quote) = db::quotes::by_activity_uri(&mut tx, uri).await? {
            reject_quote(inbound, &mut tx, &quote).await?;
            tx.commit().await?;
            return Ok(());
        }
    }
    match object["type"].as_str() {
        Some("Follow") => {
            let Some(actor) = value::id(&object["actor"]) else { return Ok(()) };
            if let Some(follower) = local::account(app, &mut tx, actor).await? {
                end(inbound, &mut tx, follower.id).await?;
            }
        }
        Some("QuoteRequest") => {
            let Some(instrument) = value::id(&object["instrument"]) else { return Ok(()) };
            if let Some(status) = local::status(app, &mut tx, instrument).await?
                && let Some(quote) = db::quotes::of_status(&mut tx, status.id).await?
            {
                reject_quote(inbound, &mut tx, &quote).await?;
            }
        }
        _ => {}
    }
    tx.commit().await?;
    Ok(())
}

/// Ends what one of ours wished or had: the request goes, and so does the follow.
async fn end(inbound: &Inbound<'_>, conn: &mut PgConnection, follower: AccountId) -> Result<()> {
    let (app, target) = (inbound.app, &inbound.sender);
    db::follow_requests::delete(conn, follower, target.id).await?;
    let Some(follow) = db::follows::delete(conn, follower, target.id).await? else {
        return Ok(());
    };
    let now = app.clock.now();
    db::account_stats::count_follow(conn, follower, target.id, -1, now.naive_utc()).await?;
    let job = Job::UnmergeFeed { from_account_id: target.id, into_account_id: follower };
    db::jobs::enqueue(conn, &job, now).await?;
    let Some(follower) = db::accounts::find(conn, follower).await? else { return Ok(()) };
    let uri = follow.uri.as_deref();
    let undo = render::undo_follow(&app.config, &follower, &target.uri, follow.id, uri);
    outbox::send(conn, follower.id, undo, &target.inbox_url, Priority::Personal, now).await
}

async fn reject_quote(
    inbound: &Inbound<'_>,
    conn: &mut PgConnection,
    quote: &db::quotes::Quote,
) -> Result<()> {
    if quote.quoted_account_id != Some(inbound.sender.id) {
        return Ok(());
    }
    let now = inbound.app.clock.now();
    let at = now.naive_utc();
    let was_accepted = quote.state == ACCEPTED;
    let state = if was_accepted { REVOKED } else { REJECTED };
    db::quotes::set_state(conn, quote.id, state, None, at).await?;
    if let (true, Some(quoted)) = (was_accepted && !quote.legacy, quote.quoted_status_id) {
        let one = db::status_stats::Change { quotes: -1, ..Default::default() };
        db::status_stats::change(conn, quoted, one, at).await?;
    }
    db::jobs::enqueue(conn, &Job::FanOutEdit { status_id: quote.status_id }, now).await?;
    Ok(())
}
