//! What people do with statuses for themselves or their profile: bookmarks, pins, muted threads.

use ferrodon_core::delivery::{Priority, Recipients};
use ferrodon_core::{AccountId, StatusId, Visibility};
use ferrodon_db as db;
use ferrodon_db::PgConnection;
use ferrodon_db::statuses::Status;

use crate::federation::{outbox, render, uris};
use crate::{App, Error, Result};

/// How many statuses an account may pin.
const MAX_PINS: i64 = 5;

/// A status that `viewer` may see; of a boost, what it boosts.
pub(crate) async fn original(
    conn: &mut PgConnection,
    viewer: AccountId,
    id: StatusId,
) -> Result<Status> {
    let status = visible(conn, viewer, id).await?;
    match status.reblog_of_id {
        Some(original) => visible(conn, viewer, original).await,
        None => Ok(status),
    }
}

/// A status that `viewer` may see.
pub(crate) async fn visible(
    conn: &mut PgConnection,
    viewer: AccountId,
    id: StatusId,
) -> Result<Status> {
    let status = db::statuses::find_visible(conn, id, Some(viewer)).await?;
    status.ok_or(Error::Missing("Not Found"))
}

/// Keeps a status for oneself.
pub async fn bookmark(app: &App, account_id: AccountId, id: StatusId) -> Result<Status> {
    let mut conn = app.db.acquire().await?;
    let status = original(&mut conn, account_id, id).await?;
    db::bookmarks::insert(&mut conn, account_id, status.id, app.clock.now().naive_utc()).await?;
    Ok(status)
}

/// Keeps a status no longer. It need not be visible any more.
pub async fn unbookmark(app: &App, account_id: AccountId, id: StatusId) -> Result<Status> {
    let mut conn = app.db.acquire().await?;
    if db::bookmarks::delete(&mut conn, account_id, id).await? {
        return db::statuses::find(&mut conn, id).await?.ok_or(Error::Missing("Not Found"));
    }
    let status = original(&mut conn, account_id, id).await?;
    db::bookmarks::delete(&mut conn, account_id, status.id).await?;
    Ok(status)
}

/// Shows a status of one's own first on the profile.
pub async fn pin(app: &App, account_id: AccountId, id: StatusId) -> Result<Status> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let status = visible(&mut tx, account_id, id).await?;
    if db::status_pins::exists(&mut tx, account_id, id).await? {
        return Ok(status);
    }
    let mut problems: Vec<&str> = Vec::new();
    if status.reblog_of_id.is_some() {
        problems.push("A boost cannot be pinned");
    }
    if status.account_id != account_id {
        problems.push("Someone else's post cannot be pinned");
    }
    if status.visibility == Visibility::Direct {
        problems.push("Posts that are only visible to mentioned users cannot be pinned");
    }
    let author = db::accounts::find(&mut tx, account_id).await?.ok_or(Error::NotFound)?;
    if db::status_pins::count(&mut tx, account_id).await? >= MAX_PINS {
        problems.push("You have already pinned the maximum number of posts");
    }
    if !problems.is_empty() {
        return Err(Error::Invalid(problems.join(", ")));
    }
    db::status_pins::insert(&mut tx, account_id, id, now.naive_utc()).await?;
    publish_pin(app, &mut tx, &author, &status, true).await?;
    tx.commit().await?;
    Ok(status)
}

/// Shows a status no longer first.
pub async fn unpin(app: &App, account_id: AccountId, id: StatusId) -> Result<Status> {
    let mut tx = app.db.begin().await?;
    let status = visible(&mut tx, account_id, id).await?;
    if db::status_pins::delete(&mut tx, account_id, id).await? {
        let author = db::accounts::find(&mut tx, account_id).await?.ok_or(Error::NotFound)?;
        publish_pin(app, &mut tx, &author, &status, false).await?;
    }
    tx.commit().await?;
    Ok(status)
}

async fn publish_pin(
    app: &App,
    conn: &mut PgConnection,
    author: &db::accounts::Account,
    status: &Status,
    pinned: bool,
) -> Result<()> {
    let uri = uris::status(&app.config, author, status);
    let activity = render::activity::pin(&app.config, author, &uri, pinned);
    let to = Recipients::followers(author.id);
    outbox::publish(conn, author.id, activity, to, Priority::Mass, false, app.clock.now()).await
}

/// Wants to hear no more of a thread, or again.
pub async fn mute_thread(
    app: &App,
    account_id: AccountId,
    id: StatusId,
    muted: bool,
) -> Result<Status> {
    let mut conn = app.db.acquire().await?;
    let status = visible(&mut conn, account_id, id).await?;
    let conversation_id = status
        .conversation_id
        .ok_or_else(|| Error::Unprocessable("Mastodon::ValidationError".to_owned()))?;
    if muted {
        db::conversation_mutes::insert(&mut conn, account_id, conversation_id).await?;
    } else {
        db::conversation_mutes::delete(&mut conn, account_id, conversation_id).await?;
    }
    Ok(status)
}
