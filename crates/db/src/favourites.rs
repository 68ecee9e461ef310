//! `favourites`: who likes which status.

use chrono::NaiveDateTime;
use ferrodon_core::{AccountId, StatusId};
use sqlx::PgConnection;

/// Adds a favourite; none if it is there already.
pub async fn insert(
    conn: &mut PgConnection,
    account_id: AccountId,
    status_id: StatusId,
    now: NaiveDateTime,
) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!(
        "insert into favourites (account_id, status_id, created_at, updated_at)
         values ($1, $2, $3, $3)
         on conflict (account_id, status_id) do nothing
         returning id",
        account_id as _,
        status_id as _,
        now,
    )
    .fetch_optional(conn)
    .await
}

/// Removes a favourite; its id if there was one.
pub async fn delete(
    conn: &mut PgConnection,
    account_id: AccountId,
    status_id: StatusId,
) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!(
        "delete from favourites where account_id = $1 and status_id = $2 returning id",
        account_id as _,
        status_id as _,
    )
    .fetch_optional(conn)
    .await
}
