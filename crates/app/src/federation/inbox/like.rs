//! `Like`: a favourite of a post of ours. Emoji reactions count as one too.

use ferrodon_activitypub::value;
use ferrodon_core::{Job, NotificationKind};
use ferrodon_db as db;
use ferrodon_db::Connection as _;
use serde_json::Value;

use super::{Inbound, marks};
use crate::Result;
use crate::federation::local;

pub(super) async fn receive(inbound: &Inbound<'_>, like: &Value) -> Result<()> {
    let (app, sender) = (inbound.app, &inbound.sender);
    let Some(object) = value::id(value::first(&like["object"])) else { return Ok(()) };
    if let Some(uri) = value::id(like)
        && marks::was_taken_back(app, sender.id, uri).await
    {
        return Ok(());
    }
    let now = app.clock.now();
    let mut conn = app.db.acquire().await?;
    let Some(status) = local::status(app, &mut conn, object).await? else { return Ok(()) };
    let mut tx = conn.begin().await?;
    let at = now.naive_utc();
    let Some(id) = db::favourites::insert(&mut tx, sender.id, status.id, at).await? else {
        return Ok(());
    };
    let one = db::status_stats::Change { favourites: 1, ..Default::default() };
    db::status_stats::change(&mut tx, status.id, one, at).await?;
    let about = NotificationKind::Favourite;
    let job = Job::Notify { account_id: status.account_id, about, activity_id: id };
    db::jobs::enqueue(&mut tx, &job, now).await?;
    tx.commit().await?;
    Ok(())
}
