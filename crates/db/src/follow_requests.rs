//! `follow_requests`: who asks to follow a locked account.

use ferrodon_core::AccountId;
use sqlx::PgConnection;

/// How many requests wait for this account, counted up to `limit`, not those of suspended
/// accounts.
pub async fn count_for(
    conn: &mut PgConnection,
    account_id: AccountId,
    limit: i64,
) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!"
           from (select from follow_requests requests
                 join accounts on accounts.id = requests.account_id
                 where requests.target_account_id = $1 and accounts.suspended_at is null
                 limit $2) as waiting"#,
        account_id as _,
        limit
    )
    .fetch_one(conn)
    .await
}
