//! `lists`: timelines of chosen people.

use ferrodon_core::AccountId;
use sqlx::PgConnection;

/// Whether this list is there and belongs to `account_id`.
pub async fn belongs_to(
    conn: &mut PgConnection,
    id: i64,
    account_id: AccountId,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from lists where id = $1 and account_id = $2) as "belongs!""#,
        id,
        account_id as _
    )
    .fetch_one(conn)
    .await
}
