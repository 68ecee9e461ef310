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

/// What is kept of a remote account, as its own server describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Remote {
    pub username: String,
    pub domain: String,
    pub uri: String,
    pub url: String,
    pub actor_type: String,
    pub inbox_url: String,
    pub outbox_url: String,
    pub shared_inbox_url: String,
    pub followers_url: String,
    pub following_url: String,
    pub featured_collection_url: Option<String>,
    pub collections_url: Option<String>,
    pub created_at: NaiveDateTime,
    pub display_name: String,
    pub note: String,
    pub locked: bool,
    pub fields: serde_json::Value,
    pub also_known_as: Vec<String>,
    pub attribution_domains: Vec<String>,
    pub discoverable: bool,
    pub indexable: bool,
    pub memorial: bool,
    /// These three stay as they are, or at their defaults, where nothing is said.
    pub show_featured: Option<bool>,
    pub show_media: Option<bool>,
    pub show_media_replies: Option<bool>,
    pub feature_approval_policy: i32,
    pub avatar_remote_url: String,
    pub avatar_description: String,
    pub header_remote_url: String,
    pub header_description: String,
    /// Stays as it is where its collections could not be read.
    pub hide_collections: Option<bool>,
    pub moved_to_account_id: Option<AccountId>,
    pub silenced_at: Option<NaiveDateTime>,
    /// When its handle was last confirmed; stays where it was not.
    pub last_webfingered_at: Option<NaiveDateTime>,
}

/// Stores a remote account; none if its handle is taken.
pub async fn insert_remote(
    conn: &mut PgConnection,
    remote: &Remote,
    now: NaiveDateTime,
) -> sqlx::Result<Option<AccountId>> {
    sqlx::query_scalar!(
        "insert into accounts
             (username, domain, uri, url, actor_type, inbox_url, outbox_url, shared_inbox_url,
              followers_url, following_url, featured_collection_url, collections_url, created_at,
              display_name, note, locked, fields, also_known_as, attribution_domains,
              discoverable, indexable, memorial, show_featured, show_media, show_media_replies,
              feature_approval_policy, avatar_remote_url, avatar_description, header_remote_url,
              header_description, hide_collections, moved_to_account_id, silenced_at,
              last_webfingered_at, protocol, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
                 $19, $20, $21, $22, coalesce($23, true), coalesce($24, true),
                 coalesce($25, true), $26, $27, $28, $29, $30, $31, $32, $33, $34, 1, $35)
         on conflict (lower((username)::text), coalesce(lower((domain)::text), ''::text))
             do nothing
         returning id",
        remote.username,
        remote.domain,
        remote.uri,
        remote.url,
        remote.actor_type,
        remote.inbox_url,
        remote.outbox_url,
        remote.shared_inbox_url,
        remote.followers_url,
        remote.following_url,
        remote.featured_collection_url,
        remote.collections_url,
        remote.created_at,
        remote.display_name,
        remote.note,
        remote.locked,
        remote.fields,
        &remote.also_known_as,
        &remote.attribution_domains,
        remote.discoverable,
        remote.indexable,
        remote.memorial,
        remote.show_featured,
        remote.show_media,
        remote.show_media_replies,
        remote.feature_approval_policy,
        remote.avatar_remote_url,
        remote.avatar_description,
        remote.header_remote_url,
        remote.header_description,
        remote.hide_collections,
        remote.moved_to_account_id as _,
        remote.silenced_at,
        remote.last_webfingered_at,
        now
    )
    .fetch_optional(conn)
    .await
}

/// Changes a remote account to what its server says now. A picture whose address changed loses its
/// file.
pub async fn update_remote(
    conn: &mut PgConnection,
    id: AccountId,
    remote: &Remote,
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update accounts
         set uri = $2, url = $3, actor_type = $4, inbox_url = $5, outbox_url = $6,
             shared_inbox_url = $7, followers_url = $8, following_url = $9,
             featured_collection_url = $10, collections_url = $11, created_at = $12,
             display_name = $13, note = $14, locked = $15, fields = $16, also_known_as = $17,
             attribution_domains = $18, discoverable = $19, indexable = $20, memorial = $21,
             show_featured = coalesce($22, show_featured),
             show_media = coalesce($23, show_media),
             show_media_replies = coalesce($24, show_media_replies),
             feature_approval_policy = $25,
             avatar_file_name =
                 case when avatar_remote_url is not distinct from $26 then avatar_file_name end,
             avatar_content_type =
                 case when avatar_remote_url is not distinct from $26 then avatar_content_type end,
             avatar_file_size =
                 case when avatar_remote_url is not distinct from $26 then avatar_file_size end,
             avatar_updated_at =
                 case when avatar_remote_url is not distinct from $26 then avatar_updated_at end,
             avatar_remote_url = $26, avatar_description = $27,
             header_file_name = case when header_remote_url = $28 then header_file_name end,
             header_content_type = case when header_remote_url = $28 then header_content_type end,
             header_file_size = case when header_remote_url = $28 then header_file_size end,
             header_updated_at = case when header_remote_url = $28 then header_updated_at end,
             header_remote_url = $28, header_description = $29,
             hide_collections = coalesce($30, hide_collections), moved_to_account_id = $31,
             last_webfingered_at = coalesce($32, last_webfingered_at), protocol = 1,
             public_key = '', updated_at = $33
         where id = $1",
        id as _,
        remote.uri,
        remote.url,
        remote.actor_type,
        remote.inbox_url,
        remote.outbox_url,
        remote.shared_inbox_url,
        remote.followers_url,
        remote.following_url,
        remote.featured_collection_url,
        remote.collections_url,
        remote.created_at,
        remote.display_name,
        remote.note,
        remote.locked,
        remote.fields,
        &remote.also_known_as,
        &remote.attribution_domains,
        remote.discoverable,
        remote.indexable,
        remote.memorial,
        remote.show_featured,
        remote.show_media,
        remote.show_media_replies,
        remote.feature_approval_policy,
        remote.avatar_remote_url,
        remote.avatar_description,
        remote.header_remote_url,
        remote.header_description,
        remote.hide_collections,
        remote.moved_to_account_id as _,
        remote.last_webfingered_at,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Changes only where a suspended remote account is to be reached.
pub async fn update_remote_protocol(
    conn: &mut PgConnection,
    id: AccountId,
    remote: &Remote,
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update accounts
         set uri = $2, url = $3, actor_type = $4, inbox_url = $5, outbox_url = $6,
             shared_inbox_url = $7, followers_url = $8, following_url = $9,
             featured_collection_url = $10,
             last_webfingered_at = coalesce($11, last_webfingered_at), protocol = 1,
             public_key = '', updated_at = $12
         where id = $1",
        id as _,
        remote.uri,
        remote.url,
        remote.actor_type,
        remote.inbox_url,
        remote.outbox_url,
        remote.shared_inbox_url,
        remote.followers_url,
        remote.following_url,
        remote.featured_collection_url,
        remote.last_webfingered_at,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Suspends a remote account because its server says so, or lifts what that server said before.
/// Says whether something changed.
pub async fn set_remote_suspension(
    conn: &mut PgConnection,
    id: AccountId,
    suspended: bool,
    now: NaiveDateTime,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update accounts
         set suspended_at = case when $2 then $3::timestamp end,
             suspension_origin = case when $2 then 1 end, updated_at = $3
         where id = $1
           and case when $2 then suspended_at is null
                    else suspended_at is not null and suspension_origin = 1 end",
        id as _,
        suspended,
        now
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// The remote accounts with these ids of theirs.
pub async fn by_uris(conn: &mut PgConnection, uris: &[String]) -> sqlx::Result<Vec<Account>> {
    select_account!("where uri = any($1) and domain is not null", uris).fetch_all(conn).await
}

/// The remote account whose page this is.
pub async fn by_url(conn: &mut PgConnection, url: &str) -> sqlx::Result<Option<Account>> {
    select_account!("where url = $1 and domain is not null order by id limit 1", url)
        .fetch_optional(conn)
        .await
}

/// Whether one of ours follows this account.
pub async fn has_local_follower(conn: &mut PgConnection, id: AccountId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from follows
                          join accounts follower on follower.id = follows.account_id
                          where follows.target_account_id = $1 and follower.domain is null)
               as "exists!""#,
        id as _
    )
    .fetch_one(conn)
    .await
}

/// One of ours who follows this account.
pub async fn local_follower(
    conn: &mut PgConnection,
    id: AccountId,
) -> sqlx::Result<Option<AccountId>> {
    sqlx::query_scalar!(
        r#"select follower.id from follows
           join accounts follower on follower.id = follows.account_id
           where follows.target_account_id = $1 and follower.domain is null
             and follower.suspended_at is null
           order by follows.id
           limit 1"#,
        id as _
    )
    .fetch_optional(conn)
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

/// Whether `account_id` keeps `other` away: it blocks the account or its whole server.
pub async fn keeps_away(
    conn: &mut PgConnection,
    account_id: AccountId,
    other: AccountId,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from blocks
                          where account_id = $1 and target_account_id = $2)
               or exists (select from account_domain_blocks hidden
                          join accounts other on other.domain = hidden.domain
                          where hidden.account_id = $1 and other.id = $2) as "exists!""#,
        account_id as _,
        other as _
    )
    .fetch_one(conn)
    .await
}

/// Removes an account for good, with all rows that hang on it.
pub async fn delete(conn: &mut PgConnection, id: AccountId) -> sqlx::Result<()> {
    sqlx::query!(
        "update statuses set in_reply_to_account_id = null where in_reply_to_account_id = $1",
        id as _
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!("delete from accounts where id = $1 and domain is not null", id as _)
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes where an account moved to.
pub async fn set_moved_to(
    conn: &mut PgConnection,
    id: AccountId,
    target: AccountId,
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update accounts set moved_to_account_id = $2, updated_at = $3 where id = $1",
        id as _,
        target as _,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}
