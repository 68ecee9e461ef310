//! Favourites.

use ferrodon_core::{AccountId, NotificationKind, StatusId};
use ferrodon_db as db;
use ferrodon_db::PgConnection;
use ferrodon_db::accounts::Account;
use ferrodon_db::status_stats::Change;
use ferrodon_db::statuses::Status;

use crate::federation::{render, uris};
use crate::statuses::marks::original;
use crate::{App, Error, Result, activity, statuses};

/// Favourites a status, of a boost what it boosts. Doing it again changes nothing.
pub async fn add(app: &App, account_id: AccountId, id: StatusId) -> Result<Status> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let status = original(&mut tx, account_id, id).await?;
    refuse_blocked(&mut tx, account_id, status.account_id).await?;
    let Some(favourite_id) =
        db::favourites::insert(&mut tx, account_id, status.id, now.naive_utc()).await?
    else {
        return Ok(status);
    };
    let change = Change { favourites: 1, ..Change::default() };
    db::status_stats::change(&mut tx, status.id, change, now.naive_utc()).await?;
    let (account, author) = both(&mut tx, account_id, status.account_id).await?;
    statuses::notify(&mut tx, &author, NotificationKind::Favourite, favourite_id, now).await?;
    let uri = uris::status(&app.config, &author, &status);
    let like = render::activity::like(&app.config, &account, favourite_id, &uri);
    statuses::tell(&mut tx, &account, &author, like, now).await?;
    tx.commit().await?;
    activity::record_interaction(app).await;
    activity::record_used_status(app, status.id).await;
    Ok(status)
}

/// Takes a favourite back. The status need not be visible any more.
pub async fn remove(app: &App, account_id: AccountId, id: StatusId) -> Result<Status> {
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    let (status, gone) = match db::favourites::delete(&mut tx, account_id, id).await? {
        Some(gone) => {
            let status = db::statuses::find(&mut tx, id).await?;
            (status.ok_or(Error::Missing("Not Found"))?, Some(gone))
        }
        None => {
            let status = original(&mut tx, account_id, id).await?;
            let gone = db::favourites::delete(&mut tx, account_id, status.id).await?;
            (status, gone)
        }
    };
    let Some(favourite_id) = gone else { return Ok(status) };
    let change = Change { favourites: -1, ..Change::default() };
    db::status_stats::change(&mut tx, status.id, change, now.naive_utc()).await?;
    let about = NotificationKind::Favourite.activity_type();
    db::notifications::delete_about(&mut tx, about, &[favourite_id]).await?;
    let (account, author) = both(&mut tx, account_id, status.account_id).await?;
    let uri = uris::status(&app.config, &author, &status);
    let undo = render::activity::undo_like(&app.config, &account, favourite_id, &uri);
    statuses::tell(&mut tx, &account, &author, undo, now).await?;
    tx.commit().await?;
    Ok(status)
}

/// Nobody does anything to the posts of those they block.
pub(crate) async fn refuse_blocked(
    conn: &mut PgConnection,
    account_id: AccountId,
    author: AccountId,
) -> Result<()> {
    if db::blocks::is_blocking(conn, account_id, author).await? {
        return Err(Error::Forbidden("This action is not allowed"));
    }
    Ok(())
}

async fn both(
    conn: &mut PgConnection,
    first: AccountId,
    second: AccountId,
) -> Result<(Account, Account)> {
    let first = db::accounts::find(conn, first).await?.ok_or(Error::NotFound)?;
    let second = db::accounts::find(conn, second).await?.ok_or(Error::NotFound)?;
    Ok((first, second))
}
