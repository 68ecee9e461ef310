//! `reports`: what people told moderators of.

use chrono::NaiveDateTime;
use ferrodon_core::{AccountId, StatusId};
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

/// Stores a report by somebody elsewhere; none if it is there already.
pub async fn insert_remote(
    conn: &mut PgConnection,
    reporter: AccountId,
    target: AccountId,
    statuses: &[i64],
    comment: &str,
    uri: Option<&str>,
    now: NaiveDateTime,
) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!(
        "insert into reports
             (account_id, target_account_id, status_ids, comment, uri, created_at, updated_at)
         select $1, $2, $3, $4, $5::varchar, $6, $6
         where not exists (select from reports
                           where account_id = $1 and target_account_id = $2
                             and uri = $5::varchar)
         returning id",
        reporter as _,
        target as _,
        statuses,
        comment,
        uri,
        now
    )
    .fetch_optional(conn)
    .await
}

/// Whether a report about this account waits for moderators.
pub async fn has_open(conn: &mut PgConnection, target: AccountId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from reports
                          where target_account_id = $1 and action_taken_at is null) as "exists!""#,
        target as _
    )
    .fetch_one(conn)
    .await
}

/// The accounts of those who manage reports.
pub async fn moderators(conn: &mut PgConnection) -> sqlx::Result<Vec<AccountId>> {
    sqlx::query_scalar!(
        r#"select users.account_id
           from users
           join user_roles on user_roles.id = users.role_id
           where not users.disabled and users.approved and users.confirmed_at is not null
             and user_roles.permissions & 17 <> 0"#
    )
    .fetch_all(conn)
    .await
}

/// Whether somebody on `domain` could see this post: it mentions one of them or, where `followers`
/// may see it, one of them follows its author.
pub async fn is_seen_at(
    conn: &mut PgConnection,
    status_id: StatusId,
    author: AccountId,
    followers: bool,
    domain: &str,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from mentions
                          join accounts on accounts.id = mentions.account_id
                          where mentions.status_id = $1 and accounts.domain = $4)
               or $3 and exists (select from follows
                                 join accounts on accounts.id = follows.account_id
                                 where follows.target_account_id = $2 and accounts.domain = $4)
               as "exists!""#,
        status_id as _,
        author as _,
        followers,
        domain
    )
    .fetch_one(conn)
    .await
}
