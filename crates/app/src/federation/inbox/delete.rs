//! `Delete`: a post, an account or the permission to quote is gone.

use ferrodon_activitypub::value;
use ferrodon_core::{AccountId, Job};
use ferrodon_db as db;
use ferrodon_db::quotes::{ACCEPTED, REJECTED, REVOKED};
use ferrodon_db::statuses::Status;
use ferrodon_db::{Connection as _, PgConnection};
use serde_json::Value;

use super::{Inbound, forward, marks};
use crate::{App, Result, statuses};

pub(super) async fn receive(inbound: &Inbound<'_>, activity: &Value) -> Result<()> {
    let (app, sender) = (inbound.app, &inbound.sender);
    let object = &activity["object"];
    let Some(uri) = value::id(object) else { return Ok(()) };
    if uri == sender.uri {
        return queue_account(app, sender.id).await;
    }

    let now = app.clock.now();
    if inbound.is_senders(uri) {
        marks::take_back(app, sender.id, uri).await;
    }
    let mut conn = app.db.acquire().await?;
    let mut tx = conn.begin().await?;
    if inbound.is_senders(uri) {
        db::tombstones::insert(&mut tx, sender.id, uri, now.naive_utc()).await?;
    }
    let only_quote = value::is_a(object, &["QuoteAuthorization"]);
    let only_post = value::is_a(object, &["Note", "Question"]);
    let status = if only_quote { None } else { status_of(inbound, &mut tx, object, uri).await? };
    if let Some(status) = status {
        forward::change(inbound, &mut tx, &status).await?;
        remove(app, &mut tx, &status).await?;
    } else if !only_post {
        revoke_quote(inbound, &mut tx, uri).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// The sender's own post that is meant.
async fn status_of(
    inbound: &Inbound<'_>,
    conn: &mut PgConnection,
    object: &Value,
    uri: &str,
) -> Result<Option<Status>> {
    let mut status = db::statuses::by_uri(conn, uri).await?;
    if let (None, Some(uri)) = (&status, object["atomUri"].as_str()) {
        status = db::statuses::by_uri(conn, uri).await?;
    }
    Ok(status.filter(|status| status.account_id == inbound.sender.id))
}

/// Hides a post and its boosts, and queues what must follow.
pub(crate) async fn remove(app: &App, conn: &mut PgConnection, status: &Status) -> Result<()> {
    let now = app.clock.now();
    let at = now.naive_utc();
    if !db::statuses::discard(conn, status.id, at).await? {
        return Ok(());
    }
    db::status_pins::delete(conn, status.account_id, status.id).await?;
    // What moderators still need stays counted until it is removed for good.
    if !db::statuses::is_evidence(conn, status.id).await? {
        statuses::count(conn, status, -1, now).await?;
        let quote = db::quotes::of_status(conn, status.id).await?;
        let quote = quote.filter(|quote| quote.state == ACCEPTED && !quote.legacy);
        if let Some(quoted) = quote.and_then(|quote| quote.quoted_status_id) {
            let one = db::status_stats::Change { quotes: -1, ..Default::default() };
            db::status_stats::change(conn, quoted, one, at).await?;
        }
    }
    let job = Job::RemoveStatus {
        status_id: status.id,
        reblog_of_id: status.reblog_of_id,
        account_id: status.account_id,
    };
    db::jobs::enqueue(conn, &job, now).await?;
    Ok(())
}

/// Removes a public post that is no longer there when it is asked for.
pub(crate) async fn orphan(app: &App, uri: &str) -> Result<()> {
    let mut conn = app.db.acquire().await?;
    let Some(status) = db::statuses::by_uri(&mut conn, uri).await? else { return Ok(()) };
    if status.local == Some(true) || !status.visibility.is_distributable() {
        return Ok(());
    }
    let mut tx = conn.begin().await?;
    remove(app, &mut tx, &status).await?;
    tx.commit().await?;
    Ok(())
}

/// Takes back the agreement to a quote of one of the sender's posts, by its stamp's address.
async fn revoke_quote(inbound: &Inbound<'_>, conn: &mut PgConnection, stamp: &str) -> Result<()> {
    let sender = &inbound.sender;
    let Some(quote) = db::quotes::by_approval_uri(conn, stamp, sender.id).await? else {
        return Ok(());
    };
    let now = inbound.app.clock.now();
    let at = now.naive_utc();
    if let Some(status) = db::statuses::find(conn, quote.status_id).await? {
        forward::change(inbound, conn, &status).await?;
    }
    let state = if quote.state == ACCEPTED { REVOKED } else { REJECTED };
    db::quotes::set_state(conn, quote.id, state, None, at).await?;
    if let (ACCEPTED, false, Some(quoted)) = (quote.state, quote.legacy, quote.quoted_status_id) {
        let one = db::status_stats::Change { quotes: -1, ..Default::default() };
        db::status_stats::change(conn, quoted, one, at).await?;
    }
    db::jobs::enqueue(conn, &Job::FanOutEdit { status_id: quote.status_id }, now).await?;
    Ok(())
}

/// An account is gone with everything of it: out of sight at once, then removed post by post in a
/// job of its own.
pub(crate) async fn queue_account(app: &App, account_id: AccountId) -> Result<()> {
    let now = app.clock.now();
    let mut conn = app.db.acquire().await?;
    let mut tx = conn.begin().await?;
    db::accounts::set_remote_suspension(&mut tx, account_id, true, now.naive_utc()).await?;
    let job = Job::DeleteRemoteAccount { account_id };
    let key = format!("delete-account-{account_id}");
    db::jobs::enqueue_once(&mut tx, &job, &key, now, now).await?;
    tx.commit().await?;
    Ok(())
}
