//! `quotes`: which status quotes which, and whether its author agreed.

use ferrodon_core::{AccountId, StatusId};
use sqlx::PgConnection;

/// A quote as stored, with what decides how `viewer` gets to see it.
#[derive(Clone, Debug, PartialEq)]
pub struct ViewedQuote {
    /// The status that quotes.
    pub status_id: StatusId,
    /// 0 pending, 1 accepted, 2 rejected, 3 revoked, 4 deleted.
    pub state: i32,
    pub legacy: bool,
    /// The quoted status, none when it is gone.
    pub quoted_status_id: Option<StatusId>,
    pub quoted_account_id: Option<AccountId>,
    pub quoted_is_reblog: bool,
    /// The quoted status's page, if it is a remote one and has a page.
    pub quoted_url: Option<String>,
    /// The quoted author's name; none if the status is gone.
    pub quoted_username: Option<String>,
    pub quoted_is_local: bool,
    /// The viewer may see it, and its author is not limited or is followed.
    pub allowed: bool,
    pub blocking: bool,
    pub domain_blocking: bool,
    pub muting: bool,
}

/// The quotes that these statuses make, as `viewer` gets to see them.
pub async fn viewed_by_statuses(
    conn: &mut PgConnection,
    ids: &[StatusId],
    viewer: Option<AccountId>,
) -> sqlx::Result<Vec<ViewedQuote>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    sqlx::query_as!(
        ViewedQuote,
        r#"select quotes.status_id, quotes.state, quotes.legacy,
                  quoted.id as "quoted_status_id?: StatusId",
                  quoted.account_id as "quoted_account_id?: AccountId",
                  quoted.reblog_of_id is not null as "quoted_is_reblog!",
                  quoted.url as "quoted_url?", author.username as "quoted_username?",
                  author.domain is null as "quoted_is_local!",
                  (quoted.id is not null
                   and ferrodon.visible_to(quoted, $2)
                   and (author.silenced_at is null or author.id is not distinct from $2
                        or exists (select from follows
                                   where follows.account_id = $2
                                     and follows.target_account_id = author.id))) as "allowed!",
                  exists (select from blocks
                          where blocks.account_id = $2
                            and blocks.target_account_id = author.id) as "blocking!",
                  exists (select from account_domain_blocks
                          where account_domain_blocks.account_id = $2
                            and account_domain_blocks.domain = author.domain)
                      as "domain_blocking!",
                  exists (select from mutes
                          where mutes.account_id = $2
                            and mutes.target_account_id = author.id) as "muting!"
           from quotes
           left join statuses quoted
               on quoted.id = quotes.quoted_status_id and quoted.deleted_at is null
           left join accounts author on author.id = quoted.account_id
           where quotes.status_id = any($1)"#,
        &ids,
        viewer as _
    )
    .fetch_all(conn)
    .await
}
