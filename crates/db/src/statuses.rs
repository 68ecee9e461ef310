//! `statuses`: what people post. A reblog is a status whose `reblog_of_id` is set.

use chrono::NaiveDateTime;
use ferrodon_core::{
    AccountId, ApplicationId, ConversationId, MediaId, PollId, StatusId, Visibility,
};
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

impl Status {
    /// Whether it was posted here. Very old rows say so by having no ActivityPub id.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.local.unwrap_or(false) || self.uri.is_none()
    }
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

mod remote;

pub use remote::*;

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

/// Those of these statuses that belong into a list for `viewer`: visible, not by someone the
/// viewer blocks, mutes or whose domain they block, and not by a limited account they do not
/// follow. One's own always belong.
pub async fn listed_by_ids(
    conn: &mut PgConnection,
    ids: &[StatusId],
    viewer: Option<AccountId>,
) -> sqlx::Result<Vec<Status>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    select_status!(
        "where id = any($1) and ferrodon.visible_to(statuses, $2)
           and (account_id is not distinct from $2 or (
               not exists (select from blocks
                           where blocks.account_id = $2
                             and blocks.target_account_id = statuses.account_id)
               and not exists (select from mutes
                               where mutes.account_id = $2
                                 and mutes.target_account_id = statuses.account_id)
               and not exists (select from accounts author
                               join account_domain_blocks hidden on hidden.domain = author.domain
                               where author.id = statuses.account_id and hidden.account_id = $2)
               and (not exists (select from accounts author
                                where author.id = statuses.account_id
                                  and author.silenced_at is not null)
                    or exists (select from follows
                               where follows.account_id = $2
                                 and follows.target_account_id = statuses.account_id))))",
        &ids,
        viewer as _
    )
    .fetch_all(conn)
    .await
}

/// The statuses above this one in its thread, the nearest `limit` of them, root first. Whether
/// they may be seen is not asked.
pub async fn ancestor_ids(
    conn: &mut PgConnection,
    id: StatusId,
    limit: i64,
) -> sqlx::Result<Vec<StatusId>> {
    sqlx::query_scalar!(
        r#"with recursive thread (id, in_reply_to_id, path) as (
               select id, in_reply_to_id, array[id] from statuses where id = $1
               union all
               select parent.id, parent.in_reply_to_id, path || parent.id
               from thread
               join statuses parent on parent.id = thread.in_reply_to_id
               where not parent.id = any(path) and cardinality(path) <= $2
           )
           select id as "id!: StatusId" from thread where id <> $1
           order by cardinality(path) desc"#,
        id as _,
        i32::try_from(limit).unwrap_or(i32::MAX)
    )
    .fetch_all(conn)
    .await
}

/// The statuses below this one, depth first, siblings by age; at most `limit` of them, not
/// deeper than `depth` if that is given. Whether they may be seen is not asked.
pub async fn descendant_ids(
    conn: &mut PgConnection,
    id: StatusId,
    limit: i64,
    depth: Option<i32>,
) -> sqlx::Result<Vec<StatusId>> {
    sqlx::query_scalar!(
        r#"with recursive thread (id, path) as (
               select id, array[id] from statuses where id = $1
               union all
               select reply.id, path || reply.id
               from thread
               join statuses reply on reply.in_reply_to_id = thread.id
               where ($3::integer is null or cardinality(path) <= $3)
                 and not reply.id = any(path)
           )
           select id as "id!: StatusId" from thread where id <> $1
           order by path
           limit $2"#,
        id as _,
        limit,
        depth
    )
    .fetch_all(conn)
    .await
}

/// What one viewer has done with a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ViewerFlags {
    pub id: StatusId,
    pub favourited: bool,
    pub reblogged: bool,
    pub bookmarked: bool,
    pub pinned: bool,
    /// The conversation is muted.
    pub muted: bool,
}

/// What `viewer` has done with these statuses.
pub async fn viewer_flags(
    conn: &mut PgConnection,
    ids: &[StatusId],
    viewer: AccountId,
) -> sqlx::Result<Vec<ViewerFlags>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    sqlx::query_as!(
        ViewerFlags,
        r#"select statuses.id as "id!: StatusId",
                  exists (select from favourites
                          where favourites.account_id = $2
                            and favourites.status_id = statuses.id) as "favourited!",
                  exists (select from statuses reblog
                          where reblog.account_id = $2 and reblog.reblog_of_id = statuses.id
                            and reblog.deleted_at is null) as "reblogged!",
                  exists (select from bookmarks
                          where bookmarks.account_id = $2
                            and bookmarks.status_id = statuses.id) as "bookmarked!",
                  exists (select from status_pins
                          where status_pins.account_id = $2
                            and status_pins.status_id = statuses.id) as "pinned!",
                  exists (select from conversation_mutes
                          where conversation_mutes.account_id = $2
                            and conversation_mutes.conversation_id = statuses.conversation_id)
                      as "muted!"
           from statuses
           where statuses.id = any($1)"#,
        &ids,
        viewer as _
    )
    .fetch_all(conn)
    .await
}

/// Changes who may see a status.
pub async fn set_visibility(
    conn: &mut PgConnection,
    id: StatusId,
    visibility: Visibility,
) -> sqlx::Result<()> {
    sqlx::query!("update statuses set visibility = $2 where id = $1", id as _, visibility as _)
        .execute(conn)
        .await?;
    Ok(())
}

/// The next id of a status.
pub async fn next_id(conn: &mut PgConnection) -> sqlx::Result<StatusId> {
    sqlx::query_scalar!(r#"select timestamp_id('statuses') as "id!: StatusId""#)
        .fetch_one(conn)
        .await
}

/// Stores a status of a local account, reblogs too. Of `status`, what cannot be set yet (edits,
/// deletion, a poll) is not looked at.
pub async fn insert_local(conn: &mut PgConnection, status: &Status) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into statuses
             (id, account_id, application_id, conversation_id, created_at, in_reply_to_account_id,
              in_reply_to_id, language, local, ordered_media_attachment_ids, quote_approval_policy,
              reblog_of_id, reply, sensitive, spoiler_text, text, updated_at, uri, visibility)
         values ($1, $2, $3, $4, $5, $6, $7, $8, true, $9, $10, $11, $12, $13, $14, $15, $16, $17,
                 $18)",
        status.id as _,
        status.account_id as _,
        status.application_id as _,
        status.conversation_id as _,
        status.created_at,
        status.in_reply_to_account_id as _,
        status.in_reply_to_id as _,
        status.language,
        status.ordered_media_attachment_ids.as_deref(),
        status.quote_approval_policy,
        status.reblog_of_id as _,
        status.reply,
        status.sensitive,
        status.spoiler_text,
        status.text,
        status.updated_at,
        status.uri,
        status.visibility as _,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Holds a status as it is until the transaction ends, so that it is not deleted meanwhile; false
/// if it is gone.
pub async fn hold(conn: &mut PgConnection, id: StatusId) -> sqlx::Result<bool> {
    let row = sqlx::query!(
        "select id from statuses where id = $1 and deleted_at is null for share",
        id as _
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.is_some())
}

/// Hides a status and its reblogs everywhere; false if it was hidden already.
pub async fn discard(
    conn: &mut PgConnection,
    id: StatusId,
    now: NaiveDateTime,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update statuses set deleted_at = $2, updated_at = $2
         where id = $1 and deleted_at is null",
        id as _,
        now,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update statuses set deleted_at = $2 where reblog_of_id = $1 and deleted_at is null",
        id as _,
        now,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// The status with this id, hidden or not.
pub async fn find_with_deleted(
    conn: &mut PgConnection,
    id: StatusId,
) -> sqlx::Result<Option<Status>> {
    select_status!("where id = $1", id as _).fetch_optional(conn).await
}

/// The reblogs of a status, hidden or not.
pub async fn reblogs_with_deleted(
    conn: &mut PgConnection,
    id: StatusId,
) -> sqlx::Result<Vec<Status>> {
    select_status!("where reblog_of_id = $1 order by id", id as _).fetch_all(conn).await
}

/// Removes a status for good, with all that hangs on it.
pub async fn delete(conn: &mut PgConnection, id: StatusId) -> sqlx::Result<()> {
    sqlx::query!("delete from statuses where id = $1", id as _).execute(conn).await?;
    Ok(())
}

/// Whether a deleted status is kept for moderators: it was reported, or is part of a strike.
pub async fn is_evidence(conn: &mut PgConnection, id: StatusId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from reports where $1 = any(status_ids))
               or exists (select from account_warnings where $1::bigint::text = any(status_ids))
               as "exists!""#,
        id as _
    )
    .fetch_one(conn)
    .await
}

/// What the author of a status, here or elsewhere, made of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Changed {
    pub text: String,
    pub spoiler_text: String,
    pub sensitive: bool,
    pub language: Option<String>,
    pub media: Vec<MediaId>,
    pub quote_approval_policy: i32,
    pub edited_at: Option<NaiveDateTime>,
}

/// Holds a status for an edit until the transaction ends; false if it is gone.
pub async fn hold_for_edit(conn: &mut PgConnection, id: StatusId) -> sqlx::Result<bool> {
    let row = sqlx::query!(
        "select id from statuses where id = $1 and deleted_at is null for update",
        id as _
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.is_some())
}

/// Changes a status, local or remote, to what it says now.
pub async fn edit(
    conn: &mut PgConnection,
    id: StatusId,
    edit: &Changed,
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    let media: Vec<i64> = edit.media.iter().map(|id| id.0).collect();
    sqlx::query!(
        "update statuses
         set text = $2, spoiler_text = $3, sensitive = $4, language = $5,
             ordered_media_attachment_ids = $6, quote_approval_policy = $7, edited_at = $8,
             updated_at = $9
         where id = $1",
        id as _,
        edit.text,
        edit.spoiler_text,
        edit.sensitive,
        edit.language,
        &media,
        edit.quote_approval_policy,
        edit.edited_at,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes when a status was edited last.
pub async fn set_edited_at(
    conn: &mut PgConnection,
    id: StatusId,
    at: NaiveDateTime,
) -> sqlx::Result<()> {
    sqlx::query!("update statuses set edited_at = $2 where id = $1", id as _, at)
        .execute(conn)
        .await?;
    Ok(())
}
