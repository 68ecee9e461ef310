//! `Follow`: somebody elsewhere wants to follow one of ours.

use ferrodon_activitypub::value;
use ferrodon_core::delivery::Priority;
use ferrodon_core::{Job, NotificationKind};
use ferrodon_db as db;
use ferrodon_db::accounts::Account;
use ferrodon_db::follows::Wishes;
use ferrodon_db::{Connection as _, PgConnection};
use serde_json::Value;

use super::{Inbound, marks};
use crate::Result;
use crate::federation::render::activity::{self, Answer};
use crate::federation::uris::INSTANCE_ACTOR;
use crate::federation::{local, outbox};

pub(super) async fn receive(inbound: &Inbound<'_>, follow: &Value) -> Result<()> {
    let (app, sender) = (inbound.app, &inbound.sender);
    let Some(object) = value::id(&follow["object"]) else { return Ok(()) };
    let uri = value::id(follow).unwrap_or_default();
    if marks::was_taken_back(app, sender.id, uri).await {
        return Ok(());
    }
    let now = app.clock.now();
    let mut conn = app.db.acquire().await?;
    let Some(target) = local::account(app, &mut conn, object).await? else { return Ok(()) };
    if target.suspended_at.is_some() {
        return Ok(());
    }

    let mut tx = conn.begin().await?;
    let at = now.naive_utc();
    if db::follow_requests::set_uri(&mut tx, sender.id, target.id, uri, at).await? {
        tx.commit().await?;
        return Ok(());
    }
    let unwanted = target.id == INSTANCE_ACTOR
        || target.moved_to_account_id.is_some()
        || db::accounts::keeps_away(&mut tx, target.id, sender.id).await?;
    if unwanted {
        answer(inbound, &mut tx, Answer::Reject, &target, sender, Some(uri), None).await?;
        tx.commit().await?;
        return Ok(());
    }
    if let Some(existing) = db::follows::find(&mut tx, sender.id, target.id).await? {
        db::follows::set_uri(&mut tx, sender.id, target.id, uri, at).await?;
        let id = Some(existing.id);
        answer(inbound, &mut tx, Answer::Accept, &target, sender, Some(uri), id).await?;
        tx.commit().await?;
        return Ok(());
    }

    let wishes = Wishes::default();
    let (about, activity_id) = if target.locked || sender.silenced_at.is_some() {
        let id = db::follow_requests::insert(&mut tx, sender.id, target.id, &wishes, Some(uri), at);
        (NotificationKind::FollowRequest, id.await?)
    } else {
        let id = db::follows::insert(&mut tx, sender.id, target.id, &wishes, Some(uri), at).await?;
        if id.is_some() {
            db::account_stats::count_follow(&mut tx, sender.id, target.id, 1, at).await?;
            answer(inbound, &mut tx, Answer::Accept, &target, sender, Some(uri), id).await?;
        }
        (NotificationKind::Follow, id)
    };
    if let Some(activity_id) = activity_id {
        let job = Job::Notify { account_id: target.id, about, activity_id };
        db::jobs::enqueue(&mut tx, &job, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Tells somebody elsewhere whether they may follow one of ours.
pub(super) async fn answer(
    inbound: &Inbound<'_>,
    conn: &mut PgConnection,
    answer: Answer,
    target: &Account,
    follower: &Account,
    follow_uri: Option<&str>,
    follow_id: Option<i64>,
) -> Result<()> {
    let config = &inbound.app.config;
    let activity =
        activity::answer_follow(config, answer, target, &follower.uri, follow_uri, follow_id);
    let (inbox, now) = (&follower.inbox_url, inbound.app.clock.now());
    outbox::send(conn, target.id, activity, inbox, Priority::Personal, now).await
}
