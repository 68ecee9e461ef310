//! `Add` and `Remove`: a post or hashtag is shown on top of a profile, or no longer.

use ferrodon_activitypub::value;
use ferrodon_core::text::hashtag;
use ferrodon_db as db;
use ferrodon_db::Connection as _;
use ferrodon_db::statuses::Status;
use serde_json::Value;

use super::Inbound;
use crate::Result;
use crate::federation::local;

pub(super) async fn receive(inbound: &Inbound<'_>, activity: &Value, adds: bool) -> Result<()> {
    let sender = &inbound.sender;
    let target = value::id(&activity["target"]);
    if target.is_none() || target != sender.featured_collection_url.as_deref() {
        return Ok(());
    }
    let object = &activity["object"];
    if value::is_a(object, &["Hashtag"]) {
        return feature_tag(inbound, object, adds).await;
    }
    let Some(status) = pinned(inbound, object, adds).await? else { return Ok(()) };
    let mut conn = inbound.app.db.acquire().await?;
    if adds {
        let now = inbound.app.clock.now().naive_utc();
        db::status_pins::insert(&mut conn, sender.id, status.id, now).await?;
    } else {
        db::status_pins::delete(&mut conn, sender.id, status.id).await?;
    }
    Ok(())
}

/// The sender's own post that is meant; one to be added is fetched if it is not known.
async fn pinned(inbound: &Inbound<'_>, object: &Value, adds: bool) -> Result<Option<Status>> {
    let Some(uri) = value::id(object).filter(|uri| inbound.is_senders(uri)) else {
        return Ok(None);
    };
    let known = {
        let mut conn = inbound.app.db.acquire().await?;
        local::known_status(inbound.app, &mut conn, uri).await?
    };
    let status = match known {
        None if adds => inbound.fetcher.fetch_status(uri).await?,
        known => known,
    };
    Ok(status.filter(|status| {
        status.account_id == inbound.sender.id
            && status.reblog_of_id.is_none()
            && status.visibility != ferrodon_core::Visibility::Direct
    }))
}

async fn feature_tag(inbound: &Inbound<'_>, object: &Value, adds: bool) -> Result<()> {
    let Some(name) = value::text(&object["name"]) else { return Ok(()) };
    let name = name.strip_prefix('#').unwrap_or(name);
    let (stored, shown) = (hashtag::normalize(name), hashtag::display_name(name));
    if stored.is_empty() {
        return Ok(());
    }
    let now = inbound.app.clock.now().naive_utc();
    let mut conn = inbound.app.db.acquire().await?;
    let mut tx = conn.begin().await?;
    let tags = db::tags::find_or_insert(&mut tx, &[(stored, shown.clone())], now).await?;
    if let Some(tag) = tags.first() {
        if adds {
            db::tags::feature_remote(&mut tx, inbound.sender.id, *tag, &shown, now).await?;
        } else {
            db::tags::unfeature_remote(&mut tx, inbound.sender.id, *tag).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}
