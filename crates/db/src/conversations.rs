//! `conversations`: statuses that answer each other.

use chrono::NaiveDateTime;
use ferrodon_core::{AccountId, ConversationId, StatusId};
use sqlx::PgConnection;

/// A new conversation; `uri` is the name another server gave it.
pub async fn insert(
    conn: &mut PgConnection,
    uri: Option<&str>,
    now: NaiveDateTime,
) -> sqlx::Result<ConversationId> {
    sqlx::query_scalar!(
        "insert into conversations (uri, created_at, updated_at) values ($1, $2, $2) returning id",
        uri,
        now
    )
    .fetch_one(conn)
    .await
}

/// The conversation another server calls `uri`, made if it is new.
pub async fn find_or_insert(
    conn: &mut PgConnection,
    uri: &str,
    now: NaiveDateTime,
) -> sqlx::Result<ConversationId> {
    let found = sqlx::query_scalar!("select id from conversations where uri = $1", uri)
        .fetch_optional(&mut *conn)
        .await?;
    if let Some(id) = found {
        return Ok(id);
    }
    sqlx::query_scalar!(
        "insert into conversations (uri, created_at, updated_at) values ($1, $2, $2)
         on conflict (uri) where uri is not null do update set uri = excluded.uri
         returning id",
        uri,
        now
    )
    .fetch_one(conn)
    .await
}

/// Whether there is such a conversation.
pub async fn exists(conn: &mut PgConnection, id: ConversationId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from conversations where id = $1) as "exists!""#,
        id as _
    )
    .fetch_one(conn)
    .await
}

/// Names the status a conversation began with, unless one is named already.
pub async fn set_parent(
    conn: &mut PgConnection,
    id: ConversationId,
    status_id: StatusId,
    account_id: AccountId,
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update conversations
         set parent_status_id = $2, parent_account_id = $3, updated_at = $4
         where id = $1 and parent_status_id is null",
        id as _,
        status_id as _,
        account_id as _,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}
