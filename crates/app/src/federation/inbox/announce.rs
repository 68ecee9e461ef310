//! `Announce`: a boost.

use chrono::NaiveDateTime;
use ferrodon_activitypub::note::Note;
use ferrodon_activitypub::value;
use ferrodon_core::{Job, NotificationKind, Visibility};
use ferrodon_db as db;
use ferrodon_db::Connection as _;
use ferrodon_db::accounts::Account;
use ferrodon_db::statuses::{NewRemote, Status};
use serde_json::Value;

use super::{Inbound, marks};
use crate::federation::fetch::Fetcher;
use crate::federation::local;
use crate::federation::store::{self, Arrival};
use crate::{Result, statuses};

pub(super) async fn receive(inbound: &Inbound<'_>, announce: &Value) -> Result<()> {
    let (app, sender) = (inbound.app, &inbound.sender);
    let (Some(uri), Some(object)) = (value::id(announce), value::id(&announce["object"])) else {
        return Ok(());
    };
    // Whoever could name a boost as they like would take the addresses of others' posts.
    if !inbound.is_senders(uri) || marks::was_taken_back(app, sender.id, uri).await {
        return Ok(());
    }
    let relayed = {
        let mut conn = app.db.acquire().await?;
        let relayed = inbound.is_relayed(&mut conn).await?;
        let of_interest = relayed
            || local::is_local(&app.config, object)
            || inbound.is_followed(&mut conn).await?;
        if !of_interest {
            return Ok(());
        }
        relayed
    };
    let original = original(&inbound.fetcher, sender, announce).await?;
    let Some(original) = original.filter(|_| !relayed) else { return Ok(()) };
    boost(&inbound.fetcher, sender, announce, &original, false).await?;
    Ok(())
}

/// Takes an `Announce` that was fetched from its own address; the boost.
pub(crate) async fn fetched(
    fetcher: &Fetcher<'_>,
    author: &Account,
    announce: &Value,
) -> Result<Option<Status>> {
    match original(fetcher, author, announce).await? {
        Some(original) => boost(fetcher, author, announce, &original, true).await,
        None => Ok(None),
    }
}

/// The post that is boosted: known, enclosed (only the booster's own is believed), or fetched.
async fn original(
    fetcher: &Fetcher<'_>,
    booster: &Account,
    announce: &Value,
) -> Result<Option<Status>> {
    let app = fetcher.app;
    let object = &announce["object"];
    let Some(uri) = value::id(object) else { return Ok(None) };
    let known = {
        let mut conn = app.db.acquire().await?;
        local::known_status(app, &mut conn, uri).await?
    };
    let found = match known {
        Some(status) => Some(status),
        None if local::is_local(&app.config, uri) => None,
        None if value::id(value::first(&object["attributedTo"])) == Some(&booster.uri)
            && value::same_host(uri, &booster.uri) =>
        {
            match Note::read(object, announce) {
                Some(note) => store::store(fetcher, booster, &note, Arrival::Fetched).await?,
                None => None,
            }
        }
        // What is boosted may be a boost again, and so on.
        None => match fetcher.deeper() {
            Some(deeper) => deeper.fetch_status(uri).await?,
            None => None,
        },
    };
    // A boost of a boost is one of the post itself.
    match found.as_ref().and_then(|status| status.reblog_of_id) {
        Some(id) => {
            let mut conn = app.db.acquire().await?;
            Ok(db::statuses::find(&mut conn, id).await?)
        }
        None => Ok(found),
    }
}

async fn boost(
    fetcher: &Fetcher<'_>,
    booster: &Account,
    announce: &Value,
    original: &Status,
    is_fetched: bool,
) -> Result<Option<Status>> {
    let app = fetcher.app;
    let Some(uri) = value::id(announce) else { return Ok(None) };
    let own = original.account_id == booster.id;
    let may_boost =
        original.visibility.is_distributable() || own && original.visibility == Visibility::Private;
    if !may_boost {
        return Ok(None);
    }
    let addresses = |field: &str| -> Vec<String> {
        value::many(&announce[field]).iter().filter_map(value::id).map(str::to_owned).collect()
    };
    let visibility = store::visibility(booster, &addresses("to"), &addresses("cc"));
    if matches!(visibility, Visibility::Direct | Visibility::Limited) {
        return Ok(None);
    }

    let now = app.clock.now();
    let at: NaiveDateTime = now.naive_utc();
    let created_at = value::time(&announce["published"]).unwrap_or(now).naive_utc();
    let mut conn = app.db.acquire().await?;
    let mut tx = conn.begin().await?;
    db::statuses::lock_uri(&mut tx, &format!("boost:{}:{}", booster.id, original.id)).await?;
    if let Some(existing) = db::statuses::reblog_by(&mut tx, booster.id, original.id).await? {
        return Ok(Some(existing));
    }
    if !db::statuses::hold(&mut tx, original.id).await? {
        return Ok(None);
    }
    let conversation = db::conversations::insert(&mut tx, None, at).await?;
    let new = NewRemote {
        id: None,
        account_id: booster.id,
        conversation_id: Some(conversation),
        created_at,
        edited_at: None,
        in_reply_to_account_id: None,
        in_reply_to_id: None,
        language: None,
        quote_approval_policy: 0,
        reblog_of_id: Some(original.id),
        reply: false,
        sensitive: false,
        spoiler_text: String::new(),
        text: String::new(),
        uri: uri.to_owned(),
        url: value::href(&announce["url"], "text/html")
            .filter(|url| value::is_web(url))
            .map(str::to_owned),
        visibility,
    };
    let Some(id) = store::insert(&mut tx, new, is_fetched, now).await? else { return Ok(None) };
    db::conversations::set_parent(&mut tx, conversation, id, booster.id, at).await?;

    let mut jobs = Vec::new();
    if !is_fetched {
        jobs.push(Job::FanOutStatus { status_id: id });
    }
    if original.local == Some(true) && !own {
        // A group passes on what its members post to it; that is no news to them.
        let is_groups = booster.actor_type.as_deref() == Some("Group")
            && db::follows::find(&mut tx, original.account_id, booster.id).await?.is_some();
        if !is_groups {
            jobs.push(Job::Notify {
                account_id: original.account_id,
                about: NotificationKind::Reblog,
                activity_id: id.0,
            });
        }
    }
    db::jobs::enqueue_all(&mut tx, &jobs, now).await?;
    let Some(stored) = db::statuses::find(&mut tx, id).await? else { return Ok(None) };
    statuses::count(&mut tx, &stored, 1, now).await?;
    tx.commit().await?;
    Ok(Some(stored))
}
