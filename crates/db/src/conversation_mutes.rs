//! `conversation_mutes`: threads someone wants to hear no more of.

use ferrodon_core::{AccountId, ConversationId};
use sqlx::PgConnection;

/// Mutes a conversation.
pub async fn insert(
    conn: &mut PgConnection,
    account_id: AccountId,
    conversation_id: ConversationId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into conversation_mutes (account_id, conversation_id) values ($1, $2)
         on conflict (account_id, conversation_id) do nothing",
        account_id as _,
        conversation_id as _,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Unmutes a conversation.
pub async fn delete(
    conn: &mut PgConnection,
    account_id: AccountId,
    conversation_id: ConversationId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from conversation_mutes where account_id = $1 and conversation_id = $2",
        account_id as _,
        conversation_id as _,
    )
    .execute(conn)
    .await?;
    Ok(())
}
