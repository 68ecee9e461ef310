//! `follow_requests`: who asks to follow a locked account.

use chrono::NaiveDateTime;
use ferrodon_core::AccountId;
use sqlx::PgConnection;

use crate::follows::{self, Wishes};

/// How many requests wait for this account, counted up to `limit`, not those of suspended
/// accounts.
pub async fn count_for(
    conn: &mut PgConnection,
    account_id: AccountId,
    limit: i64,
) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!"
           from (select from follow_requests requests
                 join accounts on accounts.id = requests.account_id
                 where requests.target_account_id = $1 and accounts.suspended_at is null
                 limit $2) as waiting"#,
        account_id as _,
        limit
    )
    .fetch_one(conn)
    .await
}

/// A request as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FollowRequest {
    pub id: i64,
    pub account_id: AccountId,
    pub target_account_id: AccountId,
    pub show_reblogs: bool,
    pub notify: bool,
    pub languages: Option<Vec<String>>,
    pub uri: Option<String>,
}

/// Whether and how one asks to follow the other.
pub async fn find(
    conn: &mut PgConnection,
    account_id: AccountId,
    target_account_id: AccountId,
) -> sqlx::Result<Option<FollowRequest>> {
    sqlx::query_as!(
        FollowRequest,
        "select id, account_id, target_account_id, show_reblogs, notify, languages, uri
         from follow_requests
         where account_id = $1 and target_account_id = $2",
        account_id as _,
        target_account_id as _,
    )
    .fetch_optional(conn)
    .await
}

/// Adds a request; none if it is there already.
pub async fn insert(
    conn: &mut PgConnection,
    account_id: AccountId,
    target_account_id: AccountId,
    wishes: &Wishes,
    uri: Option<&str>,
    now: NaiveDateTime,
) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!(
        "insert into follow_requests
             (account_id, target_account_id, show_reblogs, notify, languages, uri, created_at,
              updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $7)
         on conflict (account_id, target_account_id) do nothing
         returning id",
        account_id as _,
        target_account_id as _,
        wishes.show_reblogs,
        wishes.notify,
        wishes.languages.as_deref() as _,
        uri,
        now,
    )
    .fetch_optional(conn)
    .await
}

/// Changes what the asking account wants to see.
pub async fn set_wishes(
    conn: &mut PgConnection,
    id: i64,
    wishes: &Wishes,
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update follow_requests
         set show_reblogs = $2, notify = $3, languages = $4, updated_at = $5
         where id = $1",
        id,
        wishes.show_reblogs,
        wishes.notify,
        wishes.languages.as_deref() as _,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes a request away; the request if there was one.
pub async fn delete(
    conn: &mut PgConnection,
    account_id: AccountId,
    target_account_id: AccountId,
) -> sqlx::Result<Option<FollowRequest>> {
    sqlx::query_as!(
        FollowRequest,
        "delete from follow_requests
         where account_id = $1 and target_account_id = $2
         returning id, account_id, target_account_id, show_reblogs, notify, languages, uri",
        account_id as _,
        target_account_id as _,
    )
    .fetch_optional(conn)
    .await
}

/// Turns a request into a follow, and moves memberships in lists along; the follow's id, none if
/// they follow already.
pub async fn accept(
    conn: &mut PgConnection,
    request: &FollowRequest,
    now: NaiveDateTime,
) -> sqlx::Result<Option<i64>> {
    let wishes = Wishes {
        show_reblogs: request.show_reblogs,
        notify: request.notify,
        languages: request.languages.clone(),
    };
    let (from, to) = (request.account_id, request.target_account_id);
    let follow_id = follows::insert(conn, from, to, &wishes, request.uri.as_deref(), now).await?;
    sqlx::query!(
        "update list_accounts
         set follow_id = (select id from follows where account_id = $2 and target_account_id = $3),
             follow_request_id = null
         where follow_request_id = $1",
        request.id,
        from as _,
        to as _,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!("delete from follow_requests where id = $1", request.id).execute(conn).await?;
    Ok(follow_id)
}

/// Whom `follower` asks to follow by the activity with this id.
pub async fn target_by_uri(
    conn: &mut PgConnection,
    follower: AccountId,
    uri: &str,
) -> sqlx::Result<Option<AccountId>> {
    sqlx::query_scalar!(
        "select target_account_id from follow_requests where account_id = $1 and uri = $2 limit 1",
        follower as _,
        uri
    )
    .fetch_optional(conn)
    .await
}

/// Who asks to follow `target` by the activity with this id.
pub async fn follower_by_uri(
    conn: &mut PgConnection,
    target: AccountId,
    uri: &str,
) -> sqlx::Result<Option<AccountId>> {
    sqlx::query_scalar!(
        "select account_id from follow_requests where target_account_id = $1 and uri = $2 limit 1",
        target as _,
        uri
    )
    .fetch_optional(conn)
    .await
}

/// Gives a request another id, that of the activity that repeated it; whether there is one.
pub async fn set_uri(
    conn: &mut PgConnection,
    account_id: AccountId,
    target_account_id: AccountId,
    uri: &str,
    now: chrono::NaiveDateTime,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update follow_requests set uri = $3, updated_at = $4
         where account_id = $1 and target_account_id = $2",
        account_id as _,
        target_account_id as _,
        uri,
        now
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}
