//! What the streaming server asks of the database. It touches no table of its own.

use ferrodon_core::AccountId;
use sqlx::PgConnection;

/// Whether `viewer` wants nothing to do with any of `accounts` (the author first, then those who
/// are mentioned): blocks or mutes between them, or a block of the author's `domain`.
pub async fn keeps_away(
    conn: &mut PgConnection,
    viewer: AccountId,
    author: AccountId,
    accounts: &[i64],
    domain: Option<&str>,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (
               select from blocks
               where account_id = $1 and target_account_id = any($3)
                   or account_id = $2 and target_account_id = $1)
            or exists (
               select from mutes where account_id = $1 and target_account_id = any($3))
            or $4::text is not null and exists (
               select from account_domain_blocks where account_id = $1 and domain = $4)
            as "away!""#,
        viewer as _,
        author as _,
        accounts,
        domain,
    )
    .fetch_one(conn)
    .await
}

/// Whether a list is the account's own.
pub async fn owns_list(
    conn: &mut PgConnection,
    account_id: AccountId,
    list_id: i64,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from lists where id = $1 and account_id = $2) as "owns!""#,
        list_id,
        account_id as _,
    )
    .fetch_one(conn)
    .await
}
