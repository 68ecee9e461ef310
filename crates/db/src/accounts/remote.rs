//! Accounts of other servers.

use chrono::NaiveDateTime;
use ferrodon_core::AccountId;
use sqlx::PgConnection;

use super::Account;

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
