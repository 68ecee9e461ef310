//! `accounts`: every actor we know, local (`domain` is null) or remote.

use chrono::NaiveDateTime;
use ferrodon_core::AccountId;
use sqlx::PgConnection;

/// An account as stored, without its private key, which only [`crate::accounts`] functions that
/// say so hand out.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct Account {
    pub id: AccountId,
    pub actor_type: Option<String>,
    pub also_known_as: Option<Vec<String>>,
    pub attribution_domains: Option<Vec<String>>,
    pub avatar_content_type: Option<String>,
    pub avatar_description: String,
    pub avatar_file_name: Option<String>,
    pub avatar_file_size: Option<i32>,
    pub avatar_remote_url: Option<String>,
    pub avatar_storage_schema_version: Option<i32>,
    pub avatar_updated_at: Option<NaiveDateTime>,
    pub collections_url: Option<String>,
    pub created_at: NaiveDateTime,
    pub discoverable: Option<bool>,
    pub display_name: String,
    pub domain: Option<String>,
    pub feature_approval_policy: i32,
    pub featured_collection_url: Option<String>,
    pub fields: Option<serde_json::Value>,
    pub followers_url: String,
    pub following_url: String,
    pub header_content_type: Option<String>,
    pub header_description: String,
    pub header_file_name: Option<String>,
    pub header_file_size: Option<i32>,
    pub header_remote_url: String,
    pub header_storage_schema_version: Option<i32>,
    pub header_updated_at: Option<NaiveDateTime>,
    pub hide_collections: Option<bool>,
    pub id_scheme: Option<i32>,
    pub inbox_url: String,
    pub indexable: bool,
    pub last_webfingered_at: Option<NaiveDateTime>,
    pub locked: bool,
    pub memorial: bool,
    pub moved_to_account_id: Option<AccountId>,
    pub note: String,
    pub outbox_url: String,
    pub protocol: i32,
    pub public_key: String,
    pub reviewed_at: Option<NaiveDateTime>,
    pub sensitized_at: Option<NaiveDateTime>,
    pub shared_inbox_url: String,
    pub show_featured: bool,
    pub show_media: bool,
    pub show_media_replies: bool,
    pub silenced_at: Option<NaiveDateTime>,
    pub suspended_at: Option<NaiveDateTime>,
    pub suspension_origin: Option<i32>,
    pub trendable: Option<bool>,
    pub updated_at: NaiveDateTime,
    pub uri: String,
    pub url: Option<String>,
    pub username: String,
}

impl Account {
    /// Whether it is one of ours.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.domain.is_none()
    }

    /// `user` for a local account, `user@domain` for a remote one.
    #[must_use]
    pub fn acct(&self) -> String {
        match &self.domain {
            Some(domain) => format!("{}@{domain}", self.username),
            None => self.username.clone(),
        }
    }
}

/// The RSA keys of a local account as PEM: PKCS#1 and SubjectPublicKeyInfo.
#[derive(Clone)]
pub struct KeyPair {
    pub private_key: String,
    pub public_key: String,
}

/// `select` with the columns of [`Account`], so that they are listed once.
macro_rules! select_account {
    ($rest:literal $(, $bind:expr)*) => {
        sqlx::query_as!(
            Account,
            "select id, actor_type, also_known_as, attribution_domains,
                    avatar_content_type, avatar_description, avatar_file_name,
                    avatar_file_size, avatar_remote_url, avatar_storage_schema_version,
                    avatar_updated_at,
                    collections_url, created_at, discoverable, display_name, domain,
                    feature_approval_policy, featured_collection_url, fields,
                    followers_url, following_url, header_content_type, header_description,
                    header_file_name, header_file_size, header_remote_url,
                    header_storage_schema_version, header_updated_at, hide_collections, id_scheme, inbox_url, indexable,
                    last_webfingered_at, locked, memorial, moved_to_account_id, note,
                    outbox_url, protocol, public_key, reviewed_at, sensitized_at,
                    shared_inbox_url, show_featured, show_media, show_media_replies,
                    silenced_at, suspended_at, suspension_origin, trendable, updated_at,
                    uri, url, username
             from accounts " + $rest
            $(, $bind)*
        )
    };
}

mod remote;

pub use remote::*;

/// The account with this id.
pub async fn find(conn: &mut PgConnection, id: AccountId) -> sqlx::Result<Option<Account>> {
    select_account!("where id = $1", id as _).fetch_optional(conn).await
}

/// The accounts with these ids, in no particular order.
pub async fn by_ids(conn: &mut PgConnection, ids: &[AccountId]) -> sqlx::Result<Vec<Account>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    select_account!("where id = any($1)", &ids).fetch_all(conn).await
}

/// The account with this name, local without a `domain`; upper and lower case are the same.
pub async fn by_handle(
    conn: &mut PgConnection,
    username: &str,
    domain: Option<&str>,
) -> sqlx::Result<Option<Account>> {
    select_account!(
        "where lower(username) = lower($1) and coalesce(lower(domain), '') = coalesce(lower($2), '')",
        username,
        domain
    )
    .fetch_optional(conn)
    .await
}

/// The remote account whose ActivityPub id this is.
pub async fn by_uri(conn: &mut PgConnection, uri: &str) -> sqlx::Result<Option<Account>> {
    select_account!("where uri = $1 and domain is not null", uri).fetch_optional(conn).await
}

/// Those of these accounts that people may look up: not the local ones whose login is still
/// unconfirmed or waits for approval.
pub async fn approved_by_ids(
    conn: &mut PgConnection,
    ids: &[AccountId],
) -> sqlx::Result<Vec<Account>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    select_account!(
        "where id = any($1)
           and (domain is not null or not exists (
               select from users
               where users.account_id = accounts.id
                 and (users.confirmed_at is null or not users.approved)))",
        &ids
    )
    .fetch_all(conn)
    .await
}

/// What a mention of an account needs to become a link.
#[derive(Clone, Debug, PartialEq)]
pub struct Handle {
    pub id: AccountId,
    pub username: String,
    pub domain: Option<String>,
    pub url: Option<String>,
    pub uri: String,
}

/// The accounts behind these handles: pairs of user name and domain, which is empty for a local
/// account.
pub async fn by_handles(
    conn: &mut PgConnection,
    handles: &[(String, String)],
) -> sqlx::Result<Vec<Handle>> {
    let usernames: Vec<String> = handles.iter().map(|(name, _)| name.to_lowercase()).collect();
    let domains: Vec<String> = handles.iter().map(|(_, domain)| domain.to_lowercase()).collect();
    sqlx::query_as!(
        Handle,
        "select accounts.id, accounts.username, accounts.domain, accounts.url, accounts.uri
         from unnest($1::text[], $2::text[]) as wanted (username, domain)
         join accounts on lower(accounts.username) = wanted.username
             and coalesce(lower(accounts.domain), '') = wanted.domain",
        &usernames,
        &domains
    )
    .fetch_all(conn)
    .await
}

/// Stores a new local account.
pub async fn insert_local(
    conn: &mut PgConnection,
    username: &str,
    keys: &KeyPair,
    now: NaiveDateTime,
) -> sqlx::Result<AccountId> {
    sqlx::query_scalar!(
        r#"insert into accounts (username, private_key, public_key, created_at, updated_at)
           values ($1, $2, $3, $4, $4)
           returning id as "id: AccountId""#,
        username,
        keys.private_key,
        keys.public_key,
        now,
    )
    .fetch_one(conn)
    .await
}

/// Lets a suspended account be used again.
pub async fn lift_suspension(
    conn: &mut PgConnection,
    id: AccountId,
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update accounts set suspended_at = null, updated_at = $2
         where id = $1 and suspended_at is not null",
        id as _,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What one of our accounts signs with.
#[derive(Clone, Debug)]
pub struct Signing {
    pub id: AccountId,
    pub username: String,
    pub id_scheme: Option<i32>,
    pub suspended_at: Option<NaiveDateTime>,
    /// PEM. Goes to the signer and nowhere else.
    pub private_key: Option<String>,
}

/// The private keys of these accounts of ours.
pub async fn private_keys(
    conn: &mut PgConnection,
    ids: &[AccountId],
) -> sqlx::Result<Vec<Signing>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    sqlx::query_as!(
        Signing,
        "select id, username, id_scheme, suspended_at, private_key
         from accounts
         where id = any($1) and domain is null",
        &ids
    )
    .fetch_all(conn)
    .await
}
