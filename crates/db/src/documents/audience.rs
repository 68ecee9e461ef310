//! Who must hear of something besides followers.

use chrono::NaiveDateTime;
use ferrodon_core::{AccountId, StatusId};
use sqlx::PgConnection;

/// Whoever has to do with a status besides followers: the mentioned, the author it answers and
/// the one it quotes; with `reactions`, those who boosted, liked, answered or quoted it.
pub async fn interacting(
    conn: &mut PgConnection,
    id: StatusId,
    reactions: bool,
) -> sqlx::Result<Vec<AccountId>> {
    sqlx::query_scalar!(
        r#"select account_id as "id!: AccountId" from mentions where status_id = $1
           union
           select in_reply_to_account_id from statuses
           where id = $1 and in_reply_to_account_id is not null and visibility in (0, 1)
           union
           select quoted_account_id from quotes
           where status_id = $1 and quoted_account_id is not null
           union
           select account_id from statuses where $2 and reblog_of_id = $1
           union
           select account_id from favourites where $2 and status_id = $1
           union
           select account_id from statuses where $2 and in_reply_to_id = $1
           union
           select account_id from quotes where $2 and quoted_status_id = $1"#,
        id as _,
        reactions
    )
    .fetch_all(conn)
    .await
}

/// Who must hear of a poll's numbers besides followers: the mentioned, those who boosted the
/// status and those who voted.
pub async fn poll_audience(conn: &mut PgConnection, id: StatusId) -> sqlx::Result<Vec<AccountId>> {
    sqlx::query_scalar!(
        r#"select account_id as "id!: AccountId" from mentions where status_id = $1 and not silent
           union
           select account_id from statuses where reblog_of_id = $1
           union
           select v.account_id from poll_votes v
           join polls p on p.id = v.poll_id
           where p.status_id = $1"#,
        id as _
    )
    .fetch_all(conn)
    .await
}

/// Who must hear of a changed profile besides followers: who reported the account, whom it
/// mentioned in its last posts since `since`, whom it followed or asked to since then.
pub async fn profile_audience(
    conn: &mut PgConnection,
    id: AccountId,
    since: NaiveDateTime,
) -> sqlx::Result<Vec<AccountId>> {
    sqlx::query_scalar!(
        r#"select account_id as "id!: AccountId" from reports where target_account_id = $1
           union
           (select m.account_id
            from (select s.id from statuses s
                  where s.account_id = $1 and s.created_at > $2
                  order by s.id desc limit 200) recent
            join mentions m on m.status_id = recent.id
            limit 2000)
           union
           (select target_account_id from follows
            where account_id = $1 and created_at > $2 limit 2000)
           union
           (select target_account_id from follow_requests
            where account_id = $1 and created_at > $2 limit 2000)"#,
        id as _,
        since
    )
    .fetch_all(conn)
    .await
}
