//! `oauth_access_grants`: codes that an app may exchange for a token, once and soon.

use chrono::{NaiveDateTime, TimeDelta};
use ferrodon_core::{ApplicationId, UserId};
use sqlx::PgConnection;

/// What [`insert`] needs.
#[derive(Clone)]
pub struct NewGrant<'a> {
    pub token: &'a str,
    pub application_id: ApplicationId,
    pub resource_owner_id: UserId,
    pub redirect_uri: &'a str,
    pub scopes: &'a str,
    /// Seconds.
    pub expires_in: i32,
    /// PKCE (RFC 7636), always `S256`.
    pub code_challenge: Option<&'a str>,
}

/// Keeps a new code.
pub async fn insert(
    conn: &mut PgConnection,
    new: &NewGrant<'_>,
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into oauth_access_grants
             (token, application_id, resource_owner_id, redirect_uri, scopes, expires_in,
              code_challenge, code_challenge_method, created_at)
         values ($1, $2, $3, $4, $5, $6, $7::text, case when $7::text is not null then 'S256' end, $8)",
        new.token,
        new.application_id as _,
        new.resource_owner_id as _,
        new.redirect_uri,
        new.scopes,
        new.expires_in,
        new.code_challenge,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The scopes of the live tokens that this person gave this app, one string a token.
pub async fn given_scopes(
    conn: &mut PgConnection,
    application_id: ApplicationId,
    owner: UserId,
    now: NaiveDateTime,
) -> sqlx::Result<Vec<Option<String>>> {
    sqlx::query_scalar!(
        "select scopes from oauth_access_tokens
         where application_id = $1 and resource_owner_id = $2
             and (revoked_at is null or revoked_at > $3)
             and (expires_in is null or created_at + expires_in * interval '1 second' > $3)",
        application_id as _,
        owner as _,
        now,
    )
    .fetch_all(conn)
    .await
}

/// A code and what it stands for.
#[derive(Clone, Debug)]
pub struct Grant {
    pub id: i64,
    pub application_id: ApplicationId,
    pub resource_owner_id: UserId,
    pub redirect_uri: String,
    pub scopes: String,
    pub created_at: NaiveDateTime,
    pub expires_in: i32,
    pub revoked_at: Option<NaiveDateTime>,
    pub code_challenge: Option<String>,
    pub code_challenge_method: Option<String>,
}

impl Grant {
    /// Whether it can still be used.
    #[must_use]
    pub fn is_open(&self, now: NaiveDateTime) -> bool {
        self.revoked_at.is_none()
            && self.created_at + TimeDelta::seconds(self.expires_in.into()) > now
    }
}

/// The code `token`, held until the transaction ends so that it is used once.
pub async fn lock(conn: &mut PgConnection, token: &str) -> sqlx::Result<Option<Grant>> {
    sqlx::query_as!(
        Grant,
        r#"select id, application_id, resource_owner_id, redirect_uri,
                  coalesce(scopes, '') as "scopes!", created_at, expires_in, revoked_at,
                  code_challenge, code_challenge_method
           from oauth_access_grants
           where token = $1
           for update"#,
        token
    )
    .fetch_optional(conn)
    .await
}

/// Ends a code.
pub async fn revoke(conn: &mut PgConnection, id: i64, now: NaiveDateTime) -> sqlx::Result<()> {
    sqlx::query!("update oauth_access_grants set revoked_at = $2 where id = $1", id, now)
        .execute(conn)
        .await?;
    Ok(())
}
