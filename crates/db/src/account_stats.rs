//! `account_stats`: counters of an account; an account without a row has none yet.

use chrono::NaiveDateTime;
use ferrodon_core::AccountId;
use sqlx::PgConnection;

/// The counters of one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountStat {
    pub account_id: AccountId,
    pub statuses_count: i64,
    pub following_count: i64,
    pub followers_count: i64,
    pub last_status_at: Option<NaiveDateTime>,
}

/// The counters of these accounts.
pub async fn by_accounts(
    conn: &mut PgConnection,
    ids: &[AccountId],
) -> sqlx::Result<Vec<AccountStat>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    sqlx::query_as!(
        AccountStat,
        "select account_id, statuses_count, following_count, followers_count, last_status_at
         from account_stats
         where account_id = any($1)",
        &ids
    )
    .fetch_all(conn)
    .await
}
