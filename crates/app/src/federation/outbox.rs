//! Telling other servers. What must be told is queued in the transaction of the change that calls
//! for it; who must hear of it is worked out by a job, so that a change costs the same with ten
//! followers as with a million.

use chrono::{DateTime, TimeDelta, Utc};
use ferrodon_activitypub::{digest, linked_data};
use ferrodon_core::delivery::{Priority, Recipients};
use ferrodon_core::{AccountId, Job, StatusId, Visibility};
use ferrodon_db as db;
use ferrodon_db::PgConnection;
use ferrodon_db::activities::New;
use ferrodon_db::statuses::Status;
use serde_json::Value;

use super::render::{self, Notes, Object, activity};
use super::uris;
use crate::{App, Error, Result, keys, settings};

/// Above this many followers, receivers are not told which of their people follow.
const MOST_SYNCED_FOLLOWERS: i64 = 25_000;
/// Further changes of a profile within this time are told of together.
const PROFILE_PAUSE: TimeDelta = TimeDelta::seconds(5);

/// Sends an activity to one inbox: a follow, its answer, a favourite. `account_id` signs. Call it
/// in the transaction of the change: both happen or neither does.
pub async fn send(
    conn: &mut PgConnection,
    account_id: AccountId,
    activity: Object,
    inbox_url: &str,
    priority: Priority,
    now: DateTime<Utc>,
) -> Result<()> {
    // Whoever follows someone may find the host alive again.
    let always = activity.members.get("type").is_some_and(|kind| kind == "Follow");
    let body = activity.into_document().to_string().into_bytes();
    let digest = digest::header(&body);
    let new = New { account_id, body: &body, digest: &digest, follower_sync: false };
    let host = host_of(inbox_url).unwrap_or_default();
    db::deliveries::insert(conn, new, inbox_url, &host, priority, always, now).await?;
    Ok(())
}

/// Sends an activity to many: queues the work of finding their inboxes. With `signed` the
/// activity itself is signed too, so that others may pass it on.
pub async fn publish(
    conn: &mut PgConnection,
    account_id: AccountId,
    activity: Object,
    to: Recipients,
    priority: Priority,
    signed: bool,
    now: DateTime<Utc>,
) -> Result<()> {
    let activity = activity.into_document();
    let job = Job::DistributeActivity { account_id, activity, to, priority, signed };
    db::jobs::enqueue(conn, &job, now).await?;
    Ok(())
}

/// Tells of an edited status; `terms_only` is for a change that leaves the text alone, such as
/// who may quote it.
pub async fn status_changed(
    conn: &mut PgConnection,
    status_id: StatusId,
    terms_only: bool,
    now: DateTime<Utc>,
) -> Result<()> {
    let at = terms_only.then_some(now);
    db::jobs::enqueue(conn, &Job::DistributeUpdate { status_id, at }, now).await?;
    Ok(())
}

/// Tells of a changed profile, once for changes in quick succession.
pub async fn profile_changed(
    conn: &mut PgConnection,
    account_id: AccountId,
    now: DateTime<Utc>,
) -> Result<()> {
    let key = format!("profile-{account_id}");
    let job = Job::DistributeProfile { account_id };
    db::jobs::enqueue_once(conn, &job, &key, now + PROFILE_PAUSE, now).await?;
    Ok(())
}

/// Tells that a status of ours, or a boost, is gone. Call it while its rows are still there.
pub async fn status_removed(
    app: &App,
    conn: &mut PgConnection,
    status: &Status,
    now: DateTime<Utc>,
) -> Result<()> {
    let config = &app.config;
    let author = db::accounts::find(conn, status.account_id).await?.ok_or(Error::NotFound)?;
    if !author.is_local() {
        return Ok(());
    }
    let signed = status.visibility.is_distributable();
    let (activity, to) = if status.reblog_of_id.is_some() {
        let statuses = [status.clone()];
        let notes = Notes::load(conn, config, now, &statuses).await?;
        // Without its original nobody knows of the boost any more.
        let Some(announce) = notes.announce(status.id, false) else { return Ok(()) };
        let undo = activity::undo_announce(config, &author, status.id, announce);
        (undo, reach(conn, status, true).await?)
    } else {
        let uri = uris::status(config, &author, status);
        let delete = activity::delete_status(config, &author, &uri);
        (delete, reach(conn, status, true).await?)
    };
    publish(conn, author.id, activity, to, Priority::Mass, signed, now).await
}

/// Writes one delivery for each inbox that must hear of a new status or boost.
pub async fn distribute(app: &App, status_id: StatusId) -> Result<()> {
    let mut conn = app.db.acquire().await?;
    let Some(status) = ours(&mut conn, status_id).await? else { return Ok(()) };
    let statuses = [status];
    let notes = Notes::load(&mut conn, &app.config, app.clock.now(), &statuses).await?;
    let [status] = &statuses;
    let Some(activity) = notes.activity(status.id) else { return Ok(()) };
    drop(notes);
    let to = reach(&mut conn, status, false).await?;
    drop(conn);
    spread(app, status, activity, to).await
}

/// Writes the deliveries of an edit.
pub async fn distribute_update(
    app: &App,
    status_id: StatusId,
    at: Option<DateTime<Utc>>,
) -> Result<()> {
    let mut conn = app.db.acquire().await?;
    let Some(status) = ours(&mut conn, status_id).await? else { return Ok(()) };
    let statuses = [status];
    let notes = Notes::load(&mut conn, &app.config, app.clock.now(), &statuses).await?;
    let [status] = &statuses;
    let Some(activity) = notes.update(status.id, at) else { return Ok(()) };
    drop(notes);
    let to = reach(&mut conn, status, false).await?;
    drop(conn);
    spread(app, status, activity, to).await
}

/// Writes the deliveries of a poll's numbers. Nothing is told while they are hidden.
pub async fn distribute_poll(app: &App, status_id: StatusId) -> Result<()> {
    let mut conn = app.db.acquire().await?;
    let Some(status) = ours(&mut conn, status_id).await? else { return Ok(()) };
    let now = app.clock.now();
    let polls = db::documents::polls(&mut conn, &[status_id]).await?;
    let over = |at: Option<chrono::NaiveDateTime>| at.is_some_and(|at| at <= now.naive_utc());
    if polls.iter().all(|poll| poll.hide_totals && !over(poll.expires_at)) {
        return Ok(());
    }
    let statuses = [status];
    let notes = Notes::load(&mut conn, &app.config, now, &statuses).await?;
    let [status] = &statuses;
    let Some(activity) = notes.update_poll(status.id) else { return Ok(()) };
    drop(notes);
    let mut to = Recipients {
        accounts: db::documents::poll_audience(&mut conn, status_id).await?,
        relays: status.visibility == Visibility::Public,
        ..Recipients::default()
    };
    if !matches!(status.visibility, Visibility::Direct | Visibility::Limited) {
        to.followers_of.push(status.account_id);
    }
    drop(conn);
    spread(app, status, activity, to).await
}

/// Writes the deliveries of a changed profile.
pub async fn distribute_profile(app: &App, account_id: AccountId) -> Result<()> {
    let mut conn = app.db.acquire().await?;
    let account = db::accounts::find(&mut conn, account_id).await?.ok_or(Error::NotFound)?;
    if !account.is_local() {
        return Ok(());
    }
    let profile = render::Profile::load(&mut conn, &app.config, &account).await?;
    let actor = profile.actor(&app.config);
    let update = activity::update_actor(&app.config, &account, actor);
    let until = account.suspended_at.unwrap_or_else(|| app.clock.now().naive_utc());
    let since = until - TimeDelta::days(2);
    let to = Recipients {
        accounts: db::documents::profile_audience(&mut conn, account_id, since).await?,
        relays: true,
        ..Recipients::followers(account_id)
    };
    drop(conn);
    let document = update.into_document();
    write(app, account_id, document, &to, Priority::Mass, Signed::WhenEnabled, false).await
}

/// Writes the deliveries of an activity that came with its job.
pub async fn distribute_activity(
    app: &App,
    account_id: AccountId,
    activity: Value,
    to: &Recipients,
    priority: Priority,
    signed: bool,
) -> Result<()> {
    let signed = if signed { Signed::Always } else { Signed::Never };
    write(app, account_id, activity, to, priority, signed, false).await
}

/// A status of ours that is still there.
async fn ours(conn: &mut PgConnection, id: StatusId) -> Result<Option<Status>> {
    let status = db::statuses::find(conn, id).await?;
    Ok(status.filter(|status| status.local == Some(true)))
}

/// Who must hear of a status. With `all`, also those whom a private post has reached by other
/// ways, and accounts that are suspended here: for what takes a post back.
async fn reach(conn: &mut PgConnection, status: &Status, all: bool) -> Result<Recipients> {
    let visibility = status.visibility;
    let mut to = Recipients {
        relays: visibility == Visibility::Public,
        suspended_too: all,
        not_blocked_by: Some(status.account_id),
        ..Recipients::default()
    };
    if let Some(original) = status.reblog_of_id {
        let original = db::documents::references(conn, &[original]).await?;
        to.accounts.extend(original.first().map(|original| original.actor.id));
    } else {
        let reactions = visibility.is_distributable() || all;
        to.accounts = db::documents::interacting(conn, status.id, reactions).await?;
    }
    if !matches!(visibility, Visibility::Direct | Visibility::Limited) {
        to.followers_of.push(status.account_id);
    }
    // Followers of the one who is answered follow the talk too.
    if let (Some(answered), true) = (status.in_reply_to_account_id, visibility.is_distributable())
        && answered != status.account_id
    {
        let answered = db::documents::actor(conn, answered).await?;
        to.followers_of.extend(answered.filter(|one| one.domain.is_none()).map(|one| one.id));
    }
    Ok(to)
}

/// Writes the deliveries of what tells of a status.
async fn spread(app: &App, status: &Status, activity: Object, to: Recipients) -> Result<()> {
    let visibility = status.visibility;
    let priority = match visibility {
        Visibility::Direct | Visibility::Limited => Priority::Personal,
        _ if status.reply => Priority::Reply,
        _ => Priority::Mass,
    };
    let follower_sync = visibility == Visibility::Private && {
        let mut conn = app.db.acquire().await?;
        let (_, followers, _) = db::documents::account_counts(&mut conn, status.account_id).await?;
        followers < MOST_SYNCED_FOLLOWERS
    };
    let signed = if visibility.is_distributable() { Signed::WhenEnabled } else { Signed::Never };
    let document = activity.into_document();
    write(app, status.account_id, document, &to, priority, signed, follower_sync).await
}

/// Whether an activity itself is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Signed {
    Always,
    /// Unless documents are only for those who sign their requests.
    WhenEnabled,
    Never,
}

async fn write(
    app: &App,
    account_id: AccountId,
    document: Value,
    to: &Recipients,
    priority: Priority,
    signed: Signed,
    follower_sync: bool,
) -> Result<()> {
    let now = app.clock.now();
    let document = match signed {
        Signed::Never => document,
        Signed::WhenEnabled if is_closed(app).await? => document,
        Signed::Always | Signed::WhenEnabled => sign(app, account_id, document, now).await?,
    };
    let body = document.to_string().into_bytes();
    let digest = digest::header(&body);
    let new = New { account_id, body: &body, digest: &digest, follower_sync };
    let mut conn = app.db.acquire().await?;
    let written = db::deliveries::fan_out(&mut conn, new, to, priority, now).await?;
    metrics::counter!("ferrodon_deliveries_written").increment(written.unsigned_abs());
    Ok(())
}

/// Whether documents are only for those who sign their requests.
async fn is_closed(app: &App) -> Result<bool> {
    if app.config.limited_federation {
        return Ok(true);
    }
    match app.config.authorized_fetch {
        Some(set) => Ok(set),
        None => Ok(settings::current(app).await?.authorized_fetch()),
    }
}

async fn sign(
    app: &App,
    account_id: AccountId,
    document: Value,
    now: DateTime<Utc>,
) -> Result<Value> {
    let signer = {
        let mut conn = app.db.acquire().await?;
        keys::of(app, &mut conn, account_id).await?
    };
    let signed = tokio::task::spawn_blocking(move || {
        linked_data::sign(&document, &signer.key_id, &signer.key, now)
    });
    let signed = signed.await.map_err(anyhow::Error::from)?;
    Ok(signed.map_err(anyhow::Error::from)?)
}

/// The host of an inbox as deliveries are grouped by it: lower case, no port, no final dot.
#[must_use]
pub fn host_of(inbox_url: &str) -> Option<String> {
    let url = url::Url::parse(inbox_url).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    Some(url.host_str()?.trim_end_matches('.').to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_one_name() {
        for (url, host) in [
            ("https://Peer.Test./inbox", Some("peer.test")),
            ("https://peer.test:8443/users/a/inbox", Some("peer.test")),
            ("https://müller.example/inbox", Some("xn--mller-kva.example")),
            ("ftp://peer.test/inbox", None),
            ("not an address", None),
            ("", None),
        ] {
            assert_eq!(host_of(url).as_deref(), host, "{url}");
        }
    }
}
