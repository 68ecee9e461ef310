//! `mentions`: whom a status names, and (silently) who else may see it.

use ferrodon_core::{AccountId, StatusId};
use sqlx::PgConnection;

/// A mention, with what its link needs to know of the account.
#[derive(Clone, Debug, PartialEq)]
pub struct Mention {
    pub status_id: StatusId,
    pub account_id: AccountId,
    pub username: String,
    pub domain: Option<String>,
    pub url: Option<String>,
    pub uri: String,
}

/// The mentions that these statuses show, in the order in which they were made.
pub async fn shown_by_statuses(
    conn: &mut PgConnection,
    ids: &[StatusId],
) -> sqlx::Result<Vec<Mention>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    sqlx::query_as!(
        Mention,
        "select mentions.status_id, mentions.account_id, accounts.username, accounts.domain,
                accounts.url, accounts.uri
         from mentions
         join accounts on accounts.id = mentions.account_id
         where mentions.status_id = any($1) and not mentions.silent
         order by mentions.id",
        &ids
    )
    .fetch_all(conn)
    .await
}
