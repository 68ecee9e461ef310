//! `session_activations`: browsers that are signed in, each with an access token of its own.

use chrono::NaiveDateTime;
use ferrodon_core::{AccountId, UserId};
use ipnetwork::IpNetwork;
use sqlx::PgConnection;

/// Who a browser's session belongs to, and whether they may act.
#[derive(Clone, Debug)]
pub struct Session {
    pub session_id: String,
    pub user_id: UserId,
    pub account_id: AccountId,
    pub username: String,
    pub locale: Option<String>,
    /// Confirmed, approved, not disabled, not suspended, not moved, not in memoriam.
    pub functional: Option<bool>,
    pub updated_at: NaiveDateTime,
}

/// The session with this id.
pub async fn find(conn: &mut PgConnection, session_id: &str) -> sqlx::Result<Option<Session>> {
    sqlx::query_as!(
        Session,
        r#"select s.session_id, u.id as "user_id: UserId", a.id as "account_id: AccountId",
                  a.username, u.locale,
                  u.confirmed_at is not null and u.approved and not u.disabled
                      and a.suspended_at is null and a.moved_to_account_id is null
                      and not a.memorial as functional,
                  s.updated_at
           from session_activations s
           join users u on u.id = s.user_id
           join accounts a on a.id = u.account_id
           where s.session_id = $1"#,
        session_id,
    )
    .fetch_optional(conn)
    .await
}

/// Notes that a session is in use.
pub async fn touch(
    conn: &mut PgConnection,
    session_id: &str,
    ip: IpNetwork,
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update session_activations set updated_at = $2, ip = $3 where session_id = $1",
        session_id,
        now,
        ip,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Opens a session and gives it an access token of the server's own application (`superapp`),
/// then ends all but the newest `keep` sessions of the user, with their tokens.
pub async fn open(
    conn: &mut PgConnection,
    user_id: UserId,
    new: &NewSession<'_>,
    now: NaiveDateTime,
    keep: i64,
) -> sqlx::Result<()> {
    sqlx::query!(
        "with token as (
             insert into oauth_access_tokens
                 (token, application_id, resource_owner_id, scopes, created_at)
             select $2, (select min(id) from oauth_applications where superapp),
                    $1, 'read write follow', $6
             returning id
         )
         insert into session_activations
             (user_id, session_id, access_token_id, user_agent, ip, created_at, updated_at)
         select $1, $3, token.id, $4, $5, $6, $6 from token",
        user_id as _,
        new.token,
        new.session_id,
        new.user_agent,
        new.ip,
        now,
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "with surplus as (
             delete from session_activations
             where user_id = $1 and id not in (
                 select id from session_activations where user_id = $1 order by id desc limit $2)
             returning access_token_id, web_push_subscription_id
         ), pushes as (
             delete from web_push_subscriptions
             where id in (select web_push_subscription_id from surplus)
         )
         delete from oauth_access_tokens where id in (select access_token_id from surplus)",
        user_id as _,
        keep,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What [`open`] needs.
#[derive(Clone)]
pub struct NewSession<'a> {
    pub session_id: &'a str,
    pub token: &'a str,
    pub user_agent: &'a str,
    pub ip: IpNetwork,
}

/// Ends a session with its access token.
pub async fn close(conn: &mut PgConnection, session_id: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "with ended as (
             delete from session_activations where session_id = $1
             returning access_token_id, web_push_subscription_id
         ), pushes as (
             delete from web_push_subscriptions
             where id in (select web_push_subscription_id from ended)
         )
         delete from oauth_access_tokens where id in (select access_token_id from ended)",
        session_id,
    )
    .execute(conn)
    .await?;
    Ok(())
}
