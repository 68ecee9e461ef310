//! `account_conversations`: direct posts as conversations, one row a person, thread and circle of
//! people.

use ferrodon_core::{AccountId, ConversationId, StatusId};
use sqlx::PgConnection;

/// The conversation and the people of a direct status: its author and those it names.
pub async fn circle(
    conn: &mut PgConnection,
    status_id: StatusId,
) -> sqlx::Result<Option<(ConversationId, Vec<AccountId>)>> {
    let row = sqlx::query!(
        r#"select statuses.conversation_id as "conversation_id: ConversationId",
                  array(select account_id from mentions
                        where mentions.status_id = statuses.id and not mentions.silent
                        union select statuses.account_id
                        order by 1) as "people!"
           from statuses where id = $1"#,
        status_id as _
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.and_then(|row| {
        let people = row.people.into_iter().map(AccountId).collect();
        row.conversation_id.map(|conversation_id| (conversation_id, people))
    }))
}

/// Adds a direct status to someone's conversations; the row's id. `participants` are the others,
/// sorted.
pub async fn add_status(
    conn: &mut PgConnection,
    owner: AccountId,
    conversation_id: ConversationId,
    participants: &[AccountId],
    status_id: StatusId,
    unread: bool,
) -> sqlx::Result<i64> {
    let participants: Vec<i64> = participants.iter().map(|id| id.0).collect();
    sqlx::query_scalar!(
        "insert into account_conversations as own
             (account_id, conversation_id, participant_account_ids, status_ids, last_status_id,
              unread)
         values ($1, $2, $3, array[$4::bigint], $4, $5)
         on conflict (account_id, conversation_id, participant_account_ids) do update
         set status_ids = array(select distinct id from unnest(own.status_ids || $4) as id
                                order by id),
             last_status_id = greatest(own.last_status_id, $4),
             unread = $5,
             lock_version = own.lock_version + 1
         returning id",
        owner as _,
        conversation_id as _,
        &participants,
        status_id as _,
        unread,
    )
    .fetch_one(conn)
    .await
}

/// Takes a status that is going away out of everyone's conversations; those that become empty go
/// too.
pub async fn remove_status(
    conn: &mut PgConnection,
    conversation_id: ConversationId,
    status_id: StatusId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update account_conversations
         set status_ids = array_remove(status_ids, $2),
             last_status_id = (select max(id) from unnest(array_remove(status_ids, $2)) as id),
             lock_version = lock_version + 1
         where conversation_id = $1 and $2 = any(status_ids)",
        conversation_id as _,
        status_id as _,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "delete from account_conversations where conversation_id = $1 and status_ids = '{}'",
        conversation_id as _,
    )
    .execute(conn)
    .await?;
    Ok(())
}
