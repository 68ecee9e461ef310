//! `Accept`: an account elsewhere lets one of ours follow, a relay takes us, a post may be quoted.

use ferrodon_activitypub::value;
use ferrodon_core::{AccountId, Job};
use ferrodon_db as db;
use ferrodon_db::quotes::{ACCEPTED, PENDING};
use ferrodon_db::{Connection as _, PgConnection};
use serde_json::Value;

use super::Inbound;
use crate::federation::{local, outbox};
use crate::{App, Result};

pub(super) async fn receive(inbound: &Inbound<'_>, activity: &Value) -> Result<()> {
    let (app, sender) = (inbound.app, &inbound.sender);
    let object = &activity["object"];
    let at = app.clock.now().naive_utc();
    let mut conn = app.db.acquire().await?;
    let mut tx = conn.begin().await?;
    if let Some(uri) = value::id(object) {
        if db::relays::answered(&mut tx, uri, true, at).await? {
            tx.commit().await?;
            return Ok(());
        }
        if let Some(follower) =
            db::follow_requests::follower_by_uri(&mut tx, sender.id, uri).await?
        {
            request(app, &mut tx, sender.id, follower).await?;
            tx.commit().await?;
            return Ok(());
        }
        if let Some(quote) = db::quotes::by_activity_uri(&mut tx, uri).await? {
            accept_quote(inbound, &mut tx, &quote, activity).await?;
            tx.commit().await?;
            return Ok(());
        }
    }
    match object["type"].as_str() {
        Some("Follow") => {
            let Some(actor) = value::id(&object["actor"]) else { return Ok(()) };
            if let Some(follower) = local::account(app, &mut tx, actor).await? {
                request(app, &mut tx, sender.id, follower.id).await?;
            }
        }
        Some("QuoteRequest") => {
            let Some(instrument) = value::id(&object["instrument"]) else { return Ok(()) };
            if let Some(status) = local::status(app, &mut tx, instrument).await?
                && let Some(quote) = db::quotes::of_status(&mut tx, status.id).await?
            {
                accept_quote(inbound, &mut tx, &quote, activity).await?;
            }
        }
        _ => {}
    }
    tx.commit().await?;
    Ok(())
}

/// Makes a request to follow a follow, if there is one.
pub(crate) async fn request(
    app: &App,
    conn: &mut PgConnection,
    target: AccountId,
    follower: AccountId,
) -> Result<()> {
    let now = app.clock.now();
    let at = now.naive_utc();
    let Some(request) = db::follow_requests::find(conn, follower, target).await? else {
        return Ok(());
    };
    let is_first = !db::accounts::has_local_follower(conn, target).await?;
    if db::follow_requests::accept(conn, &request, at).await?.is_none() {
        return Ok(());
    }
    db::account_stats::count_follow(conn, follower, target, 1, at).await?;
    let mut jobs = vec![Job::MergeFeed { from_account_id: target, into_account_id: follower }];
    if is_first {
        jobs.push(Job::RefreshAccount { account_id: target });
    }
    db::jobs::enqueue_all(conn, &jobs, now).await?;
    Ok(())
}

/// The stamp must be on the host of the author who gave it, and the quote still wait for it.
async fn accept_quote(
    inbound: &Inbound<'_>,
    conn: &mut PgConnection,
    quote: &db::quotes::Quote,
    activity: &Value,
) -> Result<()> {
    let Some(stamp) = value::id(&activity["result"]).filter(|stamp| inbound.is_senders(stamp))
    else {
        return Ok(());
    };
    if quote.quoted_account_id != Some(inbound.sender.id) || quote.state != PENDING {
        return Ok(());
    }
    let now = inbound.app.clock.now();
    let at = now.naive_utc();
    db::quotes::set_state(conn, quote.id, ACCEPTED, Some(stamp), at).await?;
    if let Some(quoted) = quote.quoted_status_id.filter(|_| !quote.legacy) {
        let one = db::status_stats::Change { quotes: 1, ..Default::default() };
        db::status_stats::change(conn, quoted, one, at).await?;
    }
    db::jobs::enqueue(conn, &Job::FanOutEdit { status_id: quote.status_id }, now).await?;
    outbox::status_changed(conn, quote.status_id, true, now).await?;
    Ok(())
}
