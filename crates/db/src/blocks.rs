//! `blocks`: who wants nothing to do with whom.

use ferrodon_core::AccountId;
use sqlx::PgConnection;

/// Those of these accounts that `account_id` blocks, by name or by domain, or that block it.
pub async fn between(
    conn: &mut PgConnection,
    account_id: AccountId,
    others: &[AccountId],
) -> sqlx::Result<Vec<AccountId>> {
    let others: Vec<i64> = others.iter().map(|id| id.0).collect();
    sqlx::query_scalar!(
        r#"select accounts.id as "id: AccountId"
           from accounts
           where accounts.id = any($2)
             and (exists (select from blocks
                          where blocks.account_id = $1
                            and blocks.target_account_id = accounts.id)
                  or exists (select from blocks
                             where blocks.account_id = accounts.id
                               and blocks.target_account_id = $1)
                  or exists (select from account_domain_blocks hidden
                             where hidden.account_id = $1 and hidden.domain = accounts.domain))"#,
        account_id as _,
        &others,
    )
    .fetch_all(conn)
    .await
}
