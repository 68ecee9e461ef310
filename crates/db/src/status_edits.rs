//! `status_edits`: what a status said before, and says now.

use chrono::NaiveDateTime;
use ferrodon_core::{AccountId, StatusId};
use sqlx::PgConnection;

/// One revision of a status.
#[derive(Clone, Debug, PartialEq)]
pub struct StatusEdit {
    pub id: i64,
    pub status_id: StatusId,
    pub account_id: Option<AccountId>,
    pub text: String,
    pub spoiler_text: String,
    pub sensitive: Option<bool>,
    pub ordered_media_attachment_ids: Option<Vec<i64>>,
    pub media_descriptions: Option<Vec<String>>,
    pub poll_options: Option<Vec<String>>,
    pub quote_id: Option<i64>,
    pub created_at: NaiveDateTime,
}

/// The revisions of a status, oldest first; none if it was never edited.
pub async fn by_status(
    conn: &mut PgConnection,
    status_id: StatusId,
) -> sqlx::Result<Vec<StatusEdit>> {
    sqlx::query_as!(
        StatusEdit,
        "select id, status_id, account_id, text, spoiler_text, sensitive,
                ordered_media_attachment_ids, media_descriptions, poll_options, quote_id,
                created_at
         from status_edits
         where status_id = $1
         order by id",
        status_id as _
    )
    .fetch_all(conn)
    .await
}
