//! `account_warnings` and `appeals`: what moderators told people, and what they answered.

use chrono::NaiveDateTime;
use ferrodon_core::AccountId;
use sqlx::PgConnection;

/// A warning, with its appeal if there is one.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountWarning {
    pub id: i64,
    pub target_account_id: AccountId,
    pub action: i32,
    pub text: String,
    pub status_ids: Option<Vec<String>>,
    pub created_at: NaiveDateTime,
    pub appeal_text: Option<String>,
    pub appeal_approved_at: Option<NaiveDateTime>,
    pub appeal_rejected_at: Option<NaiveDateTime>,
}

/// These warnings, in no particular order.
pub async fn by_ids(conn: &mut PgConnection, ids: &[i64]) -> sqlx::Result<Vec<AccountWarning>> {
    sqlx::query_as!(
        AccountWarning,
        r#"select warnings.id as "id!", warnings.target_account_id as "target_account_id!: AccountId",
                  warnings.action as "action!", warnings.text as "text!", warnings.status_ids,
                  warnings.created_at as "created_at!",
                  appeals.text as "appeal_text?", appeals.approved_at as "appeal_approved_at?",
                  appeals.rejected_at as "appeal_rejected_at?"
           from account_warnings warnings
           left join appeals on appeals.account_warning_id = warnings.id
           where warnings.id = any($1) and warnings.target_account_id is not null"#,
        ids
    )
    .fetch_all(conn)
    .await
}
