//! What an inbox must know before it takes anything: whose it is, and whose key signed.

use chrono::NaiveDateTime;
use ferrodon_core::AccountId;
use sqlx::PgConnection;

/// The local account an inbox belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Owner {
    pub id: AccountId,
    /// Suspended for good.
    pub gone: bool,
}

/// The owner of the inbox under this name; none unless somebody confirmed and approved uses it.
pub async fn owner_by_name(conn: &mut PgConnection, username: &str) -> sqlx::Result<Option<Owner>> {
    sqlx::query_as!(
        Owner,
        r#"select a.id, (a.suspended_at is not null and not exists (
                      select from account_deletion_requests r where r.account_id = a.id)) as "gone!"
           from accounts a
           join users u on u.account_id = a.id
           where lower(a.username) = lower($1) and a.domain is null
             and u.approved and u.confirmed_at is not null"#,
        username
    )
    .fetch_optional(conn)
    .await
}

/// The owner of the inbox under this number, by the same rules.
pub async fn owner_by_id(conn: &mut PgConnection, id: AccountId) -> sqlx::Result<Option<Owner>> {
    sqlx::query_as!(
        Owner,
        r#"select a.id, (a.suspended_at is not null and not exists (
                      select from account_deletion_requests r where r.account_id = a.id)) as "gone!"
           from accounts a
           join users u on u.account_id = a.id
           where a.id = $1 and a.domain is null and u.approved and u.confirmed_at is not null"#,
        id as _
    )
    .fetch_optional(conn)
    .await
}

/// A key of a remote account, with what must be known of that account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The address of the key.
    pub uri: String,
    pub public_key: String,
    pub revoked: bool,
    pub expires_at: Option<NaiveDateTime>,
    pub account_id: AccountId,
    pub account_uri: String,
    pub username: String,
    pub domain: Option<String>,
    pub inbox_url: String,
    pub followers_url: String,
}

/// The key at this address. An account whose keys were not read since Mastodon 4.6 has its one
/// key at `actor_uri`, which is the address without its fragment.
pub async fn key(conn: &mut PgConnection, uri: &str, actor_uri: &str) -> sqlx::Result<Option<Key>> {
    sqlx::query_as!(
        Key,
        r#"select k.uri as "uri!", k.public_key as "public_key!", k.revoked as "revoked!",
                  k.expires_at, a.id as "account_id!: AccountId", a.uri as "account_uri!",
                  a.username as "username!", a.domain, a.inbox_url as "inbox_url!",
                  a.followers_url as "followers_url!"
           from (
               select uri, public_key, revoked, expires_at, account_id, 1 as place
               from keypairs where uri = $1
               union all
               select $1, public_key, false, null, id, 2
               from accounts where uri = $2 and domain is not null and public_key <> ''
           ) as k
           join accounts a on a.id = k.account_id
           where a.domain is not null
           order by k.place
           limit 1"#,
        uri,
        actor_uri
    )
    .fetch_optional(conn)
    .await
}

/// The address of the first key of an account that has any.
pub async fn first_key_uri(
    conn: &mut PgConnection,
    account_id: AccountId,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        r#"select coalesce(
               (select k.uri from keypairs k where k.account_id = a.id order by k.id limit 1),
               a.uri)
           from accounts a
           where a.id = $1 and a.domain is not null"#,
        account_id as _
    )
    .fetch_optional(conn)
    .await
    .map(Option::flatten)
}
