//! `tombstones`: addresses of remote posts that were deleted, so that a late copy is refused.

use chrono::NaiveDateTime;
use ferrodon_core::AccountId;
use sqlx::PgConnection;

/// Whether the post at this address was deleted.
pub async fn exists(conn: &mut PgConnection, uri: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from tombstones where uri = $1) as "exists!""#,
        uri
    )
    .fetch_one(conn)
    .await
}

/// Remembers that the post at this address was deleted.
pub async fn insert(
    conn: &mut PgConnection,
    account_id: AccountId,
    uri: &str,
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into tombstones (account_id, uri, created_at, updated_at)
         select $1, $2::varchar, $3, $3
         where not exists (select from tombstones where account_id = $1 and uri = $2::varchar)",
        account_id as _,
        uri,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets what an account deleted.
pub async fn delete_of(conn: &mut PgConnection, account_id: AccountId) -> sqlx::Result<()> {
    sqlx::query!("delete from tombstones where account_id = $1", account_id as _)
        .execute(conn)
        .await?;
    Ok(())
}
