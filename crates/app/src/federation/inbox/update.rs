//! `Update`: a profile or a post changed.

use chrono::TimeDelta;
use ferrodon_activitypub::actor::{self, Actor};
use ferrodon_activitypub::note::Note;
use ferrodon_activitypub::value;
use ferrodon_db as db;
use serde_json::Value;

use super::{Inbound, create, forward};
use crate::Result;
use crate::federation::edit;

/// An unknown post is only taken from an update if it is younger.
const NEW: TimeDelta = TimeDelta::days(1);

pub(super) async fn receive(inbound: &Inbound<'_>, activity: &Value) -> Result<()> {
    inbound.refresh_if_stale().await?;
    let fetched = match &activity["object"] {
        Value::String(uri) => match inbound.dereference(activity, uri).await? {
            Some(object) => Some(object),
            None => return Ok(()),
        },
        _ => None,
    };
    let object = fetched.as_ref().unwrap_or_else(|| value::first(&activity["object"]));
    if value::is_a(object, &actor::TYPES) {
        update_account(inbound, object).await
    } else {
        update_status(inbound, activity, object).await
    }
}

async fn update_account(inbound: &Inbound<'_>, object: &Value) -> Result<()> {
    let sender = &inbound.sender;
    let Some(actor) = Actor::read(object).filter(|actor| actor.uri == sender.uri) else {
        return Ok(());
    };
    let Some(domain) = &sender.domain else { return Ok(()) };
    inbound.fetcher.store_actor(&actor, &sender.username, domain, false).await?;
    Ok(())
}

async fn update_status(inbound: &Inbound<'_>, activity: &Value, object: &Value) -> Result<()> {
    let (app, sender) = (inbound.app, &inbound.sender);
    let Some(note) = Note::read(object, activity).filter(|note| inbound.is_senders(&note.uri))
    else {
        return Ok(());
    };
    let known = {
        let mut conn = app.db.acquire().await?;
        db::statuses::by_uri(&mut conn, &note.uri).await?
    };
    let status = match known {
        Some(status) => status,
        None => {
            let is_old = note.published.is_some_and(|at| at < app.clock.now() - NEW);
            if sender.suspended_at.is_some() || is_old {
                return Ok(());
            }
            return create::take(inbound, activity, object).await;
        }
    };
    if status.account_id != sender.id {
        return Ok(());
    }
    let before = status.edited_at;
    edit::apply(&inbound.fetcher, sender, &status, &note).await?;
    let mut conn = app.db.acquire().await?;
    if let Some(status) = db::statuses::find(&mut conn, status.id).await?
        && status.edited_at != before
    {
        forward::change(inbound, &mut conn, &status).await?;
    }
    Ok(())
}
