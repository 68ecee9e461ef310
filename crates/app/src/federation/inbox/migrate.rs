//! `Move`: somebody goes on under another account, and their followers go along.

use chrono::TimeDelta;
use ferrodon_activitypub::value;
use ferrodon_core::Job;
use ferrodon_db as db;
use serde_json::Value;

use super::Inbound;
use crate::Result;
use crate::federation::local;

/// Nobody moves more often.
const PAUSE: TimeDelta = TimeDelta::days(7);

pub(super) async fn receive(inbound: &Inbound<'_>, activity: &Value) -> Result<()> {
    let (app, sender) = (inbound.app, &inbound.sender);
    if value::id(&activity["object"]) != Some(&sender.uri) {
        return Ok(());
    }
    let Some(target_uri) = value::id(&activity["target"]) else { return Ok(()) };
    let mark = format!("move_in_progress:{}", sender.id);
    if !app.transient.set_if_absent(&mark, "true", PAUSE).await {
        return Ok(());
    }
    match begin(inbound, target_uri).await {
        Ok(true) => Ok(()),
        failed => {
            app.transient.remove(&mark).await;
            failed.map(|_| ())
        }
    }
}

/// Whether the move is believed: the new account, as it says itself now, must be known as the old
/// one too.
async fn begin(inbound: &Inbound<'_>, target_uri: &str) -> Result<bool> {
    let (app, sender) = (inbound.app, &inbound.sender);
    let target = if local::is_local(&app.config, target_uri) {
        let mut conn = app.db.acquire().await?;
        local::account(app, &mut conn, target_uri).await?
    } else {
        inbound.fetcher.fetch_account(target_uri).await?
    };
    let believed = target.filter(|target| {
        let known_as = target.also_known_as.as_deref().unwrap_or_default();
        target.id != sender.id && target.suspended_at.is_none() && known_as.contains(&sender.uri)
    });
    let Some(target) = believed else { return Ok(false) };
    let now = app.clock.now();
    let mut conn = app.db.acquire().await?;
    let mut tx = db::Connection::begin(&mut *conn).await?;
    db::accounts::set_moved_to(&mut tx, sender.id, target.id, now.naive_utc()).await?;
    let job = Job::MoveFollowers { from_account_id: sender.id, to_account_id: target.id };
    db::jobs::enqueue(&mut tx, &job, now).await?;
    tx.commit().await?;
    Ok(true)
}
