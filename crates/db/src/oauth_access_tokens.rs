//! `oauth_access_tokens`: what a client app shows with each request. Stored in plain text, as
//! Mastodon stores them.

use std::net::IpAddr;
use std::sync::Arc;

use chrono::NaiveDateTime;
use ferrodon_core::{AccountId, ApplicationId, TokenId, UserId};
use ipnetwork::IpNetwork;
use sqlx::PgConnection;

use crate::user_roles;

/// A token as it was presented with a request, and the person it stands for.
#[derive(Clone, Debug)]
pub struct Presented {
    pub id: TokenId,
    pub application_id: Option<ApplicationId>,
    /// Separated by spaces.
    pub scopes: String,
    pub created_at: NaiveDateTime,
    pub expires_in: Option<i32>,
    pub revoked_at: Option<NaiveDateTime>,
    pub last_used_at: Option<NaiveDateTime>,
    /// None for a token of the app alone.
    pub owner: Option<Arc<Owner>>,
}

/// What a request needs to know of the person behind its token.
#[derive(Clone, Debug)]
pub struct Owner {
    pub id: UserId,
    pub account_id: AccountId,
    pub approved: bool,
    pub confirmed_at: Option<NaiveDateTime>,
    pub disabled: bool,
    pub locale: Option<String>,
    /// Languages whose posts public timelines show; none shows all.
    pub chosen_languages: Option<Vec<String>>,
    /// The JSON of `users.settings`.
    pub settings: Option<String>,
    pub current_sign_in_at: Option<NaiveDateTime>,
    pub suspended_at: Option<NaiveDateTime>,
    pub memorial: bool,
    pub moved_to_account_id: Option<AccountId>,
    /// Has a second factor where the role demands one.
    pub second_factor_fits: bool,
    /// Effective permission bits.
    pub permissions: i64,
    pub role_id: Option<i64>,
    pub role_position: i32,
}

impl Presented {
    /// Whether someone took it back.
    #[must_use]
    pub fn is_revoked(&self, now: NaiveDateTime) -> bool {
        self.revoked_at.is_some_and(|at| at <= now)
    }

    /// Whether its time is over.
    #[must_use]
    pub fn has_expired(&self, now: NaiveDateTime) -> bool {
        let life = self.expires_in.map(|seconds| chrono::TimeDelta::seconds(seconds.into()));
        life.is_some_and(|life| self.created_at + life <= now)
    }
}

impl Owner {
    /// Whether the e-mail address was confirmed.
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        self.confirmed_at.is_some()
    }

    /// Whether moderators suspended the account.
    #[must_use]
    pub fn is_suspended(&self) -> bool {
        self.suspended_at.is_some()
    }

    /// Whether the person may use the server.
    #[must_use]
    pub fn is_functional(&self) -> bool {
        self.is_confirmed()
            && self.approved
            && !self.disabled
            && !self.is_suspended()
            && !self.memorial
            && self.moved_to_account_id.is_none()
            && self.second_factor_fits
    }

    /// Whether the role allows all of these permissions.
    #[must_use]
    pub fn may(&self, permissions: i64) -> bool {
        self.permissions & permissions == permissions
    }
}

/// The token with this text, ended or not, and its owner.
pub async fn presented(conn: &mut PgConnection, token: &str) -> sqlx::Result<Option<Presented>> {
    let row = sqlx::query!(
        r#"select tokens.id as "id!: TokenId", tokens.application_id, tokens.scopes,
                  tokens.created_at as "created_at!",
                  tokens.expires_in, tokens.revoked_at, tokens.last_used_at,
                  users.id as "user_id?: UserId", users.account_id as "account_id?: AccountId",
                  users.approved as "approved?", users.confirmed_at as "confirmed_at?",
                  users.disabled as "disabled?", users.locale as "locale?",
                  users.chosen_languages as "chosen_languages?",
                  users.settings as "settings?",
                  users.current_sign_in_at as "current_sign_in_at?",
                  users.role_id as "role_id?",
                  accounts.suspended_at as "suspended_at?", accounts.memorial as "memorial?",
                  accounts.moved_to_account_id as "moved_to_account_id?: AccountId",
                  roles.permissions as "permissions?", roles.position as "position?",
                  everyone.permissions as "everyone_permissions?",
                  (not coalesce(roles.require_2fa, false)
                      or users.otp_required_for_login
                      or exists (select from webauthn_credentials
                                 where webauthn_credentials.user_id = users.id))
                      as "second_factor_fits?"
           from oauth_access_tokens tokens
           left join users on users.id = tokens.resource_owner_id
           left join accounts on accounts.id = users.account_id
           left join user_roles roles on roles.id = users.role_id
           left join user_roles everyone on everyone.id = -99
           where tokens.token = $1"#,
        token
    )
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let owner = match (row.user_id, row.account_id) {
        (Some(id), Some(account_id)) => Some(Arc::new(Owner {
            id,
            account_id,
            approved: row.approved.unwrap_or(false),
            confirmed_at: row.confirmed_at,
            disabled: row.disabled.unwrap_or(true),
            locale: row.locale,
            chosen_languages: row.chosen_languages,
            settings: row.settings,
            current_sign_in_at: row.current_sign_in_at,
            suspended_at: row.suspended_at,
            memorial: row.memorial.unwrap_or(false),
            moved_to_account_id: row.moved_to_account_id,
            second_factor_fits: row.second_factor_fits.unwrap_or(false),
            permissions: user_roles::effective(
                row.permissions.unwrap_or(0),
                row.everyone_permissions.unwrap_or(user_roles::permission::INVITE_USERS),
            ),
            role_id: row.role_id,
            role_position: row.position.unwrap_or(-1),
        })),
        _ => None,
    };
    Ok(Some(Presented {
        id: row.id,
        application_id: row.application_id,
        scopes: row.scopes.unwrap_or_default(),
        created_at: row.created_at,
        expires_in: row.expires_in,
        revoked_at: row.revoked_at,
        last_used_at: row.last_used_at,
        owner,
    }))
}

/// Notes that the token was used.
pub async fn touch(
    conn: &mut PgConnection,
    id: TokenId,
    ip: Option<IpAddr>,
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update oauth_access_tokens set last_used_at = $2, last_used_ip = $3 where id = $1",
        id as _,
        now,
        ip.map(IpNetwork::from)
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A token as the app that asked for it gets it. Not for logs.
#[derive(Clone)]
pub struct Issued {
    pub id: TokenId,
    pub token: String,
    pub scopes: String,
    pub created_at: NaiveDateTime,
}

impl std::fmt::Debug for Issued {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issued").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The newest live token of this app and owner (none: the app alone) with exactly these scopes,
/// in any order.
pub async fn matching(
    conn: &mut PgConnection,
    application_id: ApplicationId,
    owner: Option<UserId>,
    scopes: &str,
    now: NaiveDateTime,
) -> sqlx::Result<Option<Issued>> {
    let tokens = sqlx::query_as!(
        Issued,
        r#"select id, token, coalesce(scopes, '') as "scopes!", created_at
           from oauth_access_tokens
           where application_id = $1
             and resource_owner_id is not distinct from $2
             and (revoked_at is null or revoked_at > $3)
             and (expires_in is null or created_at + make_interval(secs => expires_in) > $3)
           order by created_at desc, id desc
           limit 100"#,
        application_id as _,
        owner as Option<UserId>,
        now
    )
    .fetch_all(conn)
    .await?;
    let wanted = sorted(scopes);
    Ok(tokens.into_iter().find(|token| sorted(&token.scopes) == wanted))
}

fn sorted(scopes: &str) -> Vec<&str> {
    let mut scopes: Vec<&str> = scopes.split_ascii_whitespace().collect();
    scopes.sort_unstable();
    scopes.dedup();
    scopes
}

/// Stores a new token.
pub async fn insert(
    conn: &mut PgConnection,
    token: &str,
    application_id: ApplicationId,
    owner: Option<UserId>,
    scopes: &str,
    now: NaiveDateTime,
) -> sqlx::Result<Issued> {
    sqlx::query_as!(
        Issued,
        r#"insert into oauth_access_tokens
               (token, application_id, resource_owner_id, scopes, created_at)
           values ($1, $2, $3, $4, $5)
           returning id, token, coalesce(scopes, '') as "scopes!", created_at"#,
        token,
        application_id as _,
        owner as Option<UserId>,
        scopes,
        now
    )
    .fetch_one(conn)
    .await
}

/// Which token this text is and which app it was given to.
pub async fn owned_by(
    conn: &mut PgConnection,
    token: &str,
) -> sqlx::Result<Option<(TokenId, Option<ApplicationId>)>> {
    let row =
        sqlx::query!("select id, application_id from oauth_access_tokens where token = $1", token)
            .fetch_optional(conn)
            .await?;
    Ok(row.map(|row| (row.id, row.application_id)))
}

/// Ends these tokens and what is pushed by them; those that were live are returned.
pub async fn revoke(
    conn: &mut PgConnection,
    ids: &[TokenId],
    now: NaiveDateTime,
) -> sqlx::Result<Vec<TokenId>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    sqlx::query!("delete from web_push_subscriptions where access_token_id = any($1)", &ids)
        .execute(&mut *conn)
        .await?;
    sqlx::query_scalar!(
        r#"update oauth_access_tokens
           set revoked_at = $2
           where id = any($1) and revoked_at is null
           returning id as "id: TokenId""#,
        &ids,
        now
    )
    .fetch_all(conn)
    .await
}
