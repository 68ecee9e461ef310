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

/// A revision to be kept.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEdit {
    pub status_id: StatusId,
    pub account_id: AccountId,
    pub text: String,
    pub spoiler_text: String,
    pub sensitive: bool,
    pub ordered_media_attachment_ids: Vec<i64>,
    /// One for each of the files.
    pub media_descriptions: Vec<Option<String>>,
    pub poll_options: Option<Vec<String>>,
    pub quote_id: Option<i64>,
}

/// Keeps a revision that was made at `at`.
pub async fn insert(
    conn: &mut PgConnection,
    edit: &NewEdit,
    at: NaiveDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into status_edits
             (status_id, account_id, text, spoiler_text, sensitive, ordered_media_attachment_ids,
              media_descriptions, poll_options, quote_id, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)",
        edit.status_id as _,
        edit.account_id as _,
        edit.text,
        edit.spoiler_text,
        edit.sensitive,
        &edit.ordered_media_attachment_ids,
        &edit.media_descriptions as &[Option<String>],
        edit.poll_options.as_deref() as _,
        edit.quote_id,
        at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether a status was edited before.
pub async fn exists(conn: &mut PgConnection, status_id: StatusId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from status_edits where status_id = $1) as "exists!""#,
        status_id as _
    )
    .fetch_one(conn)
    .await
}
