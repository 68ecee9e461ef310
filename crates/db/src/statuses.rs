//! `statuses`: what people post. A reblog is a status whose `reblog_of_id` is set.

use chrono::NaiveDateTime;
use ferrodon_core::{AccountId, ApplicationId, ConversationId, PollId, StatusId, Visibility};
use sqlx::PgConnection;

/// A status as stored.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct Status {
    pub id: StatusId,
    pub account_id: AccountId,
    pub application_id: Option<ApplicationId>,
    pub conversation_id: Option<ConversationId>,
    pub created_at: NaiveDateTime,
    pub deleted_at: Option<NaiveDateTime>,
    pub edited_at: Option<NaiveDateTime>,
    pub fetched_replies_at: Option<NaiveDateTime>,
    pub in_reply_to_account_id: Option<AccountId>,
    pub in_reply_to_id: Option<StatusId>,
    pub language: Option<String>,
    pub local: Option<bool>,
    pub ordered_media_attachment_ids: Option<Vec<i64>>,
    pub poll_id: Option<PollId>,
    pub quote_approval_policy: i32,
    pub reblog_of_id: Option<StatusId>,
    pub reply: bool,
    pub sensitive: bool,
    pub spoiler_text: String,
    pub text: String,
    pub trendable: Option<bool>,
    pub updated_at: NaiveDateTime,
    pub uri: Option<String>,
    pub url: Option<String>,
    pub visibility: Visibility,
}

/// `select` with the columns of [`Status`], so that they are listed once.
macro_rules! select_status {
    ($rest:literal $(, $bind:expr)*) => {
        sqlx::query_as!(
            Status,
            "select id, account_id, application_id, conversation_id, created_at,
                    deleted_at, edited_at, fetched_replies_at, in_reply_to_account_id,
                    in_reply_to_id, language, local, ordered_media_attachment_ids, poll_id,
                    quote_approval_policy, reblog_of_id, reply, sensitive, spoiler_text,
                    text, trendable, updated_at, uri, url, visibility
             from statuses " + $rest
            $(, $bind)*
        )
    };
}

/// The status with this id, unless it was deleted. Says nothing of who may see it.
pub async fn find(conn: &mut PgConnection, id: StatusId) -> sqlx::Result<Option<Status>> {
    select_status!("where id = $1 and deleted_at is null", id as _).fetch_optional(conn).await
}

/// The status with this id, if `viewer` may see it.
pub async fn find_visible(
    conn: &mut PgConnection,
    id: StatusId,
    viewer: Option<AccountId>,
) -> sqlx::Result<Option<Status>> {
    select_status!("where id = $1 and ferrodon.visible_to(statuses, $2)", id as _, viewer as _)
        .fetch_optional(conn)
        .await
}

/// The statuses with these ids, in no particular order, unless deleted.
pub async fn by_ids(conn: &mut PgConnection, ids: &[StatusId]) -> sqlx::Result<Vec<Status>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    select_status!("where id = any($1) and deleted_at is null", &ids).fetch_all(conn).await
}

/// The status whose ActivityPub id this is.
pub async fn by_uri(conn: &mut PgConnection, uri: &str) -> sqlx::Result<Option<Status>> {
    select_status!("where uri = $1 and deleted_at is null", uri).fetch_optional(conn).await
}
