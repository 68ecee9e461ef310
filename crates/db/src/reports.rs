//! `reports`: what people told moderators of.

use chrono::NaiveDateTime;
use ferrodon_core::AccountId;
use sqlx::PgConnection;

/// A report.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    pub id: i64,
    pub account_id: AccountId,
    pub target_account_id: AccountId,
    pub action_taken_at: Option<NaiveDateTime>,
    /// 0 other, 1000 spam, 1500 legal, 2000 violation.
    pub category: i32,
    pub comment: String,
    pub created_at: NaiveDateTime,
    pub forwarded: Option<bool>,
    pub status_ids: Vec<i64>,
    pub rule_ids: Option<Vec<i64>>,
    pub collection_ids: Vec<i64>,
}

/// These reports, in no particular order.
pub async fn by_ids(conn: &mut PgConnection, ids: &[i64]) -> sqlx::Result<Vec<Report>> {
    sqlx::query_as!(
        Report,
        r#"select id, account_id as "account_id: AccountId",
                  target_account_id as "target_account_id: AccountId", action_taken_at, category,
                  comment, created_at, forwarded, status_ids, rule_ids,
                  array(select collection_id from collection_reports
                        where report_id = reports.id order by id) as "collection_ids!"
           from reports
           where id = any($1)"#,
        ids
    )
    .fetch_all(conn)
    .await
}
