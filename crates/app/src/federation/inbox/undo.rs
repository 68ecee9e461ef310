//! `Undo`: something is taken back. What did not come yet is refused when it does.

use ferrodon_activitypub::value;
use ferrodon_core::Job;
use ferrodon_db as db;
use ferrodon_db::{Connection as _, PgConnection};
use serde_json::Value;

use super::{Inbound, delete, marks};
use crate::Result;
use crate::federation::local;

pub(super) async fn receive(inbound: &Inbound<'_>, activity: &Value) -> Result<()> {
    let object = value::first(&activity["object"]);
    let app = inbound.app;
    let mut conn = app.db.acquire().await?;
    let mut tx = conn.begin().await?;
    let undone = match object["type"].as_str() {
        Some("Announce") => undo_announce(inbound, &mut tx, object).await?,
        Some("Accept") => undo_accept(inbound, &mut tx, object).await?,
        Some("Follow") => undo_follow(inbound, &mut tx, object).await?,
        Some("Like") => undo_like(inbound, &mut tx, object).await?,
        Some("Block") => undo_block(inbound, &mut tx, object).await?,
        // Only its id is known.
        None => undo_by_id(inbound, &mut tx, object).await?,
        Some(_) => return Ok(()),
    };
    tx.commit().await?;
    if let (false, Some(uri)) = (undone, value::id(object)) {
        marks::take_back(app, inbound.sender.id, uri).await;
    }
    Ok(())
}

async fn undo_announce(
    inbound: &Inbound<'_>,
    conn: &mut PgConnection,
    object: &Value,
) -> Result<bool> {
    for uri in [value::id(object), object["atomUri"].as_str()].into_iter().flatten() {
        let boost = db::statuses::by_uri(conn, uri).await?.filter(|status| {
            status.account_id == inbound.sender.id && status.reblog_of_id.is_some()
        });
        if let Some(boost) = boost {
            delete::remove(inbound.app, conn, &boost).await?;
            return Ok(true);
        }
    }
    Ok(false)
}

/// One of ours no longer follows the sender, but asks to again.
async fn undo_accept(
    inbound: &Inbound<'_>,
    conn: &mut PgConnection,
    object: &Value,
) -> Result<bool> {
    let (app, sender) = (inbound.app, &inbound.sender);
    let Some(uri) = value::id(&object["object"]) else { return Ok(false) };
    let Some(follower) = db::follows::follower_by_uri(conn, sender.id, uri).await? else {
        return Ok(false);
    };
    let now = app.clock.now();
    let at = now.naive_utc();
    if let Some(follow) = db::follows::delete(conn, follower, sender.id).await? {
        let wishes = db::follows::Wishes {
            show_reblogs: follow.show_reblogs,
            notify: follow.notify,
            languages: follow.languages,
        };
        let uri = follow.uri.as_deref();
        db::follow_requests::insert(conn, follower, sender.id, &wishes, uri, at).await?;
        db::account_stats::count_follow(conn, follower, sender.id, -1, at).await?;
        let job = Job::UnmergeFeed { from_account_id: sender.id, into_account_id: follower };
        db::jobs::enqueue(conn, &job, now).await?;
    }
    Ok(true)
}

async fn undo_follow(
    inbound: &Inbound<'_>,
    conn: &mut PgConnection,
    object: &Value,
) -> Result<bool> {
    let app = inbound.app;
    let Some(target) = value::id(&object["object"]) else { return Ok(false) };
    let Some(target) = local::account(app, conn, target).await? else { return Ok(false) };
    end_follow(inbound, conn, target.id).await
}

async fn end_follow(
    inbound: &Inbound<'_>,
    conn: &mut PgConnection,
    target: ferrodon_core::AccountId,
) -> Result<bool> {
    let (app, sender) = (inbound.app, &inbound.sender);
    let now = app.clock.now().naive_utc();
    if let Some(request) = db::follow_requests::delete(conn, sender.id, target).await? {
        db::notifications::delete_about(conn, "FollowRequest", &[request.id]).await?;
        return Ok(true);
    }
    let Some(follow) = db::follows::delete(conn, sender.id, target).await? else {
        return Ok(false);
    };
    db::account_stats::count_follow(conn, sender.id, target, -1, now).await?;
    db::notifications::delete_about(conn, "Follow", &[follow.id]).await?;
    Ok(true)
}

async fn undo_like(inbound: &Inbound<'_>, conn: &mut PgConnection, object: &Value) -> Result<bool> {
    let (app, sender) = (inbound.app, &inbound.sender);
    let Some(uri) = value::id(value::first(&object["object"])) else { return Ok(false) };
    let Some(status) = local::status(app, conn, uri).await? else { return Ok(false) };
    let Some(id) = db::favourites::delete(conn, sender.id, status.id).await? else {
        return Ok(false);
    };
    let one = db::status_stats::Change { favourites: -1, ..Default::default() };
    db::status_stats::change(conn, status.id, one, app.clock.now().naive_utc()).await?;
    db::notifications::delete_about(conn, "Favourite", &[id]).await?;
    Ok(true)
}

async fn undo_block(
    inbound: &Inbound<'_>,
    conn: &mut PgConnection,
    object: &Value,
) -> Result<bool> {
    let Some(target) = value::id(&object["object"]) else { return Ok(false) };
    let Some(target) = local::account(inbound.app, conn, target).await? else { return Ok(false) };
    Ok(db::blocks::delete_remote(conn, inbound.sender.id, target.id).await?)
}

async fn undo_by_id(
    inbound: &Inbound<'_>,
    conn: &mut PgConnection,
    object: &Value,
) -> Result<bool> {
    let sender = &inbound.sender;
    let Some(uri) = value::id(object) else { return Ok(false) };
    if undo_announce(inbound, conn, object).await? {
        return Ok(true);
    }
    let target = match db::follow_requests::target_by_uri(conn, sender.id, uri).await? {
        Some(target) => Some(target),
        None => db::follows::target_by_uri(conn, sender.id, uri).await?,
    };
    if let Some(target) = target {
        return end_follow(inbound, conn, target).await;
    }
    Ok(db::blocks::delete_by_uri(conn, sender.id, uri).await?)
}
