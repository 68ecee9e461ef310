//! `bookmarks`: what people keep for themselves.

use chrono::NaiveDateTime;
use ferrodon_core::{AccountId, StatusId};
use sqlx::PgConnection;

/// Adds a bookmark, unless it is there already.
pub async fn insert(
    conn: &mut PgConnection,
    account_id: AccountId,
    status_id: StatusId,
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into bookmarks (account_id, status_id, created_at, updated_at)
         values ($1, $2, $3, $3)
         on conflict (account_id, status_id) do nothing",
        account_id as _,
        status_id as _,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Removes a bookmark; whether there was one.
pub async fn delete(
    conn: &mut PgConnection,
    account_id: AccountId,
    status_id: StatusId,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "delete from bookmarks where account_id = $1 and status_id = $2",
        account_id as _,
        status_id as _,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}
