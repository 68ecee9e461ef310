//! Statuses that come from other servers.

use chrono::NaiveDateTime;
use ferrodon_core::{AccountId, ConversationId, MediaId, PollId, StatusId, Visibility};
use sqlx::PgConnection;

use super::Status;

/// A status from another server that is to be stored.
#[derive(Clone, Debug, PartialEq)]
pub struct NewRemote {
    /// None takes the next id of now.
    pub id: Option<StatusId>,
    pub account_id: AccountId,
    pub conversation_id: Option<ConversationId>,
    pub created_at: NaiveDateTime,
    pub edited_at: Option<NaiveDateTime>,
    pub in_reply_to_account_id: Option<AccountId>,
    pub in_reply_to_id: Option<StatusId>,
    pub language: Option<String>,
    pub quote_approval_policy: i32,
    pub reblog_of_id: Option<StatusId>,
    pub reply: bool,
    pub sensitive: bool,
    pub spoiler_text: String,
    pub text: String,
    pub uri: String,
    pub url: Option<String>,
    pub visibility: Visibility,
}

/// Stores a status from another server; none if its id or address is taken.
pub async fn insert_remote(
    conn: &mut PgConnection,
    status: &NewRemote,
    now: NaiveDateTime,
) -> sqlx::Result<Option<StatusId>> {
    sqlx::query_scalar!(
        "insert into statuses
             (id, account_id, conversation_id, created_at, edited_at, in_reply_to_account_id,
              in_reply_to_id, language, quote_approval_policy, reblog_of_id, reply, sensitive,
              spoiler_text, text, uri, url, visibility, local, ordered_media_attachment_ids,
              updated_at)
         select coalesce($1, timestamp_id('statuses')), $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,
                $12, $13, $14, $15, $16, $17, false, '{}', $18
         where $10::bigint is null
            or exists (select from statuses original
                       where original.id = $10 and original.deleted_at is null)
         on conflict do nothing
         returning id",
        status.id as _,
        status.account_id as _,
        status.conversation_id as _,
        status.created_at,
        status.edited_at,
        status.in_reply_to_account_id as _,
        status.in_reply_to_id as _,
        status.language,
        status.quote_approval_policy,
        status.reblog_of_id as _,
        status.reply,
        status.sensitive,
        status.spoiler_text,
        status.text,
        status.uri,
        status.url,
        status.visibility as _,
        now
    )
    .fetch_optional(conn)
    .await
}

/// Waits until nobody else works on the post at this address. Ends with the transaction.
pub async fn lock_uri(conn: &mut PgConnection, uri: &str) -> sqlx::Result<()> {
    sqlx::query!("select pg_advisory_xact_lock(hashtextextended($1, 0)) as locked", uri)
        .fetch_one(conn)
        .await?;
    Ok(())
}

/// Sets what is only known once a status is stored: its files in order, and its poll.
pub async fn set_parts(
    conn: &mut PgConnection,
    id: StatusId,
    media: &[MediaId],
    poll_id: Option<PollId>,
) -> sqlx::Result<()> {
    let media: Vec<i64> = media.iter().map(|id| id.0).collect();
    sqlx::query!(
        "update statuses set ordered_media_attachment_ids = $2, poll_id = $3 where id = $1",
        id as _,
        &media,
        poll_id as _
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Files a status under a parent that was found later.
pub async fn set_parent(
    conn: &mut PgConnection,
    id: StatusId,
    parent: &Status,
    now: NaiveDateTime,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update statuses
         set in_reply_to_id = $2,
             in_reply_to_account_id =
                 case when account_id = $3 and $4 then $5::bigint else $3 end,
             updated_at = $6
         where id = $1 and in_reply_to_id is null",
        id as _,
        parent.id as _,
        parent.account_id as _,
        parent.reply,
        parent.in_reply_to_account_id as _,
        now
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Whether a status was ever stored under this address, deleted or not.
pub async fn uri_is_taken(conn: &mut PgConnection, uri: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select exists (select from statuses where uri = $1) as "exists!""#, uri)
        .fetch_one(conn)
        .await
}

/// The boost of `original` by `account_id`.
pub async fn reblog_by(
    conn: &mut PgConnection,
    account_id: AccountId,
    original: StatusId,
) -> sqlx::Result<Option<Status>> {
    select_status!(
        "where account_id = $1 and reblog_of_id = $2 and deleted_at is null order by id limit 1",
        account_id as _,
        original as _
    )
    .fetch_optional(conn)
    .await
}

/// Whether a local account, or one that a local account follows, wrote the status that this one
/// would answer.
pub async fn author_is_of_interest(
    conn: &mut PgConnection,
    author: AccountId,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from accounts where id = $1 and domain is null)
               or exists (select from follows
                          join accounts follower on follower.id = follows.account_id
                          where follows.target_account_id = $1 and follower.domain is null)
               as "exists!""#,
        author as _
    )
    .fetch_one(conn)
    .await
}

/// Changes who may quote a status.
pub async fn set_quote_policy(
    conn: &mut PgConnection,
    id: StatusId,
    policy: i32,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update statuses set quote_approval_policy = $2
         where id = $1 and quote_approval_policy <> $2",
        id as _,
        policy
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Changes which poll a status has.
pub async fn set_poll(
    conn: &mut PgConnection,
    id: StatusId,
    poll_id: Option<PollId>,
) -> sqlx::Result<()> {
    sqlx::query!("update statuses set poll_id = $2 where id = $1", id as _, poll_id as _)
        .execute(conn)
        .await?;
    Ok(())
}

/// Accounts of ours that boosted or quoted a status.
pub async fn local_spreaders(
    conn: &mut PgConnection,
    id: StatusId,
) -> sqlx::Result<Vec<AccountId>> {
    sqlx::query_scalar!(
        r#"select accounts.id as "id: AccountId"
           from accounts
           where accounts.domain is null and accounts.id in (
               select account_id from statuses where reblog_of_id = $1 and deleted_at is null
               union
               select account_id from quotes where quoted_status_id = $1)
           order by accounts.id"#,
        id as _
    )
    .fetch_all(conn)
    .await
}

/// Statuses of one account, the newest first.
pub async fn some_of_account(
    conn: &mut PgConnection,
    account_id: AccountId,
    limit: i64,
) -> sqlx::Result<Vec<Status>> {
    select_status!(
        "where account_id = $1 and deleted_at is null order by id desc limit $2",
        account_id as _,
        limit
    )
    .fetch_all(conn)
    .await
}

/// Whether an account still has statuses, hidden ones counted, that are not kept as evidence.
pub async fn some_with_deleted(
    conn: &mut PgConnection,
    account_id: AccountId,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (
               select from statuses
               where account_id = $1
                 and not exists (select from reports where statuses.id = any(status_ids)
                                   and reports.target_account_id = $1)) as "exists!""#,
        account_id as _
    )
    .fetch_one(conn)
    .await
}
