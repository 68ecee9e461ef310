//! `QuoteRequest`: somebody elsewhere asks to quote a post of ours.

use ferrodon_activitypub::note::Note;
use ferrodon_activitypub::value;
use ferrodon_core::delivery::Priority;
use ferrodon_core::{Job, NotificationKind};
use ferrodon_db as db;
use ferrodon_db::accounts::Account;
use ferrodon_db::quotes::ACCEPTED;
use ferrodon_db::statuses::Status;
use ferrodon_db::{Connection as _, PgConnection};
use serde_json::{Value, json};

use super::Inbound;
use crate::Result;
use crate::federation::render::activity;
use crate::federation::store::{self, Arrival};
use crate::federation::{local, outbox};

/// Bits of a policy's upper half: what is approved by itself.
const PUBLIC: i32 = 2 << 16;
const FOLLOWERS: i32 = 4 << 16;
const FOLLOWING: i32 = 8 << 16;

pub(super) async fn receive(inbound: &Inbound<'_>, request: &Value) -> Result<()> {
    let (app, sender) = (inbound.app, &inbound.sender);
    let Some(uri) = value::id(request).filter(|uri| inbound.is_senders(uri)) else {
        return Ok(());
    };
    let (quoted, author) = {
        let mut conn = app.db.acquire().await?;
        let Some(object) = value::id(&request["object"]) else { return Ok(()) };
        let Some(quoted) = local::status(app, &mut conn, object).await? else { return Ok(()) };
        if !quoted.visibility.is_distributable() || quoted.reblog_of_id.is_some() {
            return Ok(());
        }
        let author = db::accounts::find(&mut conn, quoted.account_id).await?;
        let Some(author) = author else { return Ok(()) };
        if !may_quote(&mut conn, sender, &quoted, &author).await? {
            let now = app.clock.now();
            let answer =
                activity::answer_quote_request(&app.config, &author, None, embedded(request));
            let inbox = &sender.inbox_url;
            outbox::send(&mut conn, author.id, answer, inbox, Priority::Personal, now).await?;
            return Ok(());
        }
        (quoted, author)
    };

    let Some(quoting) = quoting(inbound, &request["instrument"]).await? else { return Ok(()) };
    accept(inbound, request, uri, &quoted, &author, &quoting).await
}

/// Makes the quote agreed to and tells its author so.
async fn accept(
    inbound: &Inbound<'_>,
    request: &Value,
    uri: &str,
    quoted: &Status,
    author: &Account,
    quoting: &Status,
) -> Result<()> {
    let (app, sender) = (inbound.app, &inbound.sender);
    let now = app.clock.now();
    let at = now.naive_utc();
    let mut conn = app.db.acquire().await?;
    let mut tx = conn.begin().await?;
    let quote = db::quotes::of_status(&mut tx, quoting.id).await?;
    let Some(quote) = quote.filter(|quote| quote.quoted_status_id == Some(quoted.id)) else {
        return Ok(());
    };
    db::mentions::insert_many(&mut tx, quoting.id, &[(author.id, true)], at).await?;
    let answer =
        activity::answer_quote_request(&app.config, author, Some(quote.id), embedded(request));
    let inbox = &sender.inbox_url;
    outbox::send(&mut tx, author.id, answer, inbox, Priority::Personal, now).await?;
    if quote.state != ACCEPTED {
        db::quotes::set_state(&mut tx, quote.id, ACCEPTED, None, at).await?;
        db::quotes::set_activity_uri(&mut tx, quote.id, uri).await?;
        if !quote.legacy {
            let one = db::status_stats::Change { quotes: 1, ..Default::default() };
            db::status_stats::change(&mut tx, quoted.id, one, at).await?;
        }
        let jobs = [
            Job::Notify {
                account_id: author.id,
                about: NotificationKind::Quote,
                activity_id: quote.id,
            },
            Job::FanOutEdit { status_id: quoting.id },
        ];
        db::jobs::enqueue_all(&mut tx, &jobs, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Whether the author lets the sender quote this post.
async fn may_quote(
    conn: &mut PgConnection,
    sender: &Account,
    quoted: &Status,
    author: &Account,
) -> Result<bool> {
    let visible = db::statuses::find_visible(conn, quoted.id, Some(sender.id)).await?;
    if visible.is_none() || db::accounts::keeps_away(conn, sender.id, author.id).await? {
        return Ok(false);
    }
    let policy = quoted.quote_approval_policy;
    if policy & PUBLIC != 0 {
        return Ok(true);
    }
    if policy & FOLLOWERS != 0 && db::follows::find(conn, sender.id, author.id).await?.is_some() {
        return Ok(true);
    }
    Ok(policy & FOLLOWING != 0 && db::follows::find(conn, author.id, sender.id).await?.is_some())
}

/// The sender's post that quotes: known, enclosed, or fetched.
async fn quoting(inbound: &Inbound<'_>, instrument: &Value) -> Result<Option<Status>> {
    let (app, sender) = (inbound.app, &inbound.sender);
    let Some(uri) = value::id(instrument).filter(|uri| inbound.is_senders(uri)) else {
        return Ok(None);
    };
    let known = {
        let mut conn = app.db.acquire().await?;
        db::statuses::by_uri(&mut conn, uri).await?
    };
    let status = match known {
        Some(status) => Some(status),
        None => match Note::read(instrument, &Value::Null).filter(|_| instrument.is_object()) {
            Some(note) => store::store(&inbound.fetcher, sender, &note, Arrival::Fetched).await?,
            None => inbound.fetcher.fetch_status(uri).await?,
        },
    };
    Ok(status.filter(|status| status.account_id == sender.id))
}

/// The request as it is repeated in the answer.
fn embedded(request: &Value) -> Value {
    json!({
        "id": request["id"],
        "type": "QuoteRequest",
        "actor": value::id(&request["actor"]),
        "object": value::id(&request["object"]),
        "instrument": value::id(&request["instrument"]),
    })
}
