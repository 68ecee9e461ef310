//! Accounts of ours, and whom they know.

use chrono::NaiveDateTime;
use ferrodon_core::AccountId;
use sqlx::PgConnection;

use super::Actor;

/// The hashtags in an account's bio.
pub async fn account_tags(conn: &mut PgConnection, id: AccountId) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        "select t.name
         from accounts_tags at
         join tags t on t.id = at.tag_id
         where at.account_id = $1
         order by t.name",
        id.0
    )
    .fetch_all(conn)
    .await
}

/// The hashtags an account shows on its profile: normalised name and the name to show.
pub async fn featured_tags(
    conn: &mut PgConnection,
    id: AccountId,
) -> sqlx::Result<Vec<(String, String)>> {
    let rows = sqlx::query!(
        r#"select t.name, coalesce(f.name, t.display_name, t.name) as "shown!"
           from featured_tags f
           join tags t on t.id = f.tag_id
           where f.account_id = $1
           order by f.id"#,
        id.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.name, row.shown)).collect())
}

/// How many posts, followers and followed accounts an account has.
pub async fn account_counts(
    conn: &mut PgConnection,
    id: AccountId,
) -> sqlx::Result<(i64, i64, i64)> {
    let row = sqlx::query!(
        "select statuses_count, followers_count, following_count
         from account_stats
         where account_id = $1",
        id as _
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map_or((0, 0, 0), |row| (row.statuses_count, row.followers_count, row.following_count)))
}

/// Which side of a follow a list is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Followers,
    Following,
}

/// One page of an account's followers, or of those it follows, newest first.
pub async fn relations(
    conn: &mut PgConnection,
    id: AccountId,
    side: Side,
    limit: i64,
    offset: i64,
) -> sqlx::Result<Vec<Actor>> {
    match side {
        Side::Followers => {
            sqlx::query_as!(
                Actor,
                "select a.id, a.username, a.domain, a.id_scheme, a.uri, a.url
                 from follows f
                 join accounts a on a.id = f.account_id
                 where f.target_account_id = $1
                 order by f.id desc
                 limit $2 offset $3",
                id as _,
                limit,
                offset
            )
            .fetch_all(conn)
            .await
        }
        Side::Following => {
            sqlx::query_as!(
                Actor,
                "select a.id, a.username, a.domain, a.id_scheme, a.uri, a.url
                 from follows f
                 join accounts a on a.id = f.target_account_id
                 where f.account_id = $1
                 order by f.id desc
                 limit $2 offset $3",
                id as _,
                limit,
                offset
            )
            .fetch_all(conn)
            .await
        }
    }
}

/// The ids (as addresses) of an account's followers that live below `prefix`.
pub async fn followers_under(
    conn: &mut PgConnection,
    id: AccountId,
    prefix: &str,
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        "select a.uri
         from follows f
         join accounts a on a.id = f.account_id
         where f.target_account_id = $1 and starts_with(a.uri, $2)
         order by f.id",
        id as _,
        prefix
    )
    .fetch_all(conn)
    .await
}

/// Enough of an account to name it.
pub async fn actor(conn: &mut PgConnection, id: AccountId) -> sqlx::Result<Option<Actor>> {
    sqlx::query_as!(
        Actor,
        "select id, username, domain, id_scheme, uri, url from accounts where id = $1",
        id as _
    )
    .fetch_optional(conn)
    .await
}

/// The accounts with these handles; an empty domain means ours.
pub async fn by_handles(
    conn: &mut PgConnection,
    usernames: &[String],
    domains: &[String],
) -> sqlx::Result<Vec<Actor>> {
    sqlx::query_as!(
        Actor,
        "select a.id, a.username, a.domain, a.id_scheme, a.uri, a.url
         from unnest($1::text[], $2::text[]) as handle (username, domain)
         join accounts a on lower(a.username) = lower(handle.username)
           and coalesce(lower(a.domain), '') = lower(handle.domain)",
        usernames,
        domains
    )
    .fetch_all(conn)
    .await
}

/// What decides whether a local account is shown to others.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// Confirmed and approved, or without a login (the instance actor).
    pub active: bool,
    /// A suspension of it will not be undone: the data is gone or about to go.
    pub permanent: bool,
}

/// The standing of a local account.
pub async fn standing(conn: &mut PgConnection, id: AccountId) -> sqlx::Result<Standing> {
    sqlx::query_as!(
        Standing,
        r#"select not exists (select from users u
                              where u.account_id = $1
                                and (u.confirmed_at is null or not u.approved)) as "active!",
                  not exists (select from account_deletion_requests d
                              where d.account_id = $1) as "permanent!""#,
        id as _
    )
    .fetch_one(conn)
    .await
}

/// Whether `account` blocks `other`, or the whole of its server.
pub async fn is_blocked(
    conn: &mut PgConnection,
    account: AccountId,
    other: AccountId,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select (exists (select from blocks
                           where account_id = $1 and target_account_id = $2)
                   or exists (select from account_domain_blocks b
                              join accounts a on a.domain = b.domain
                              where b.account_id = $1 and a.id = $2)) as "blocked!""#,
        account as _,
        other as _
    )
    .fetch_one(conn)
    .await
}

/// What nodeinfo tells: users, those active in four weeks and in 24 weeks, and local posts.
pub async fn usage(
    conn: &mut PgConnection,
    month: NaiveDateTime,
    half_year: NaiveDateTime,
) -> sqlx::Result<(i64, i64, i64, i64)> {
    let row = sqlx::query!(
        r#"select
             (select count(*) from users u join accounts a on a.id = u.account_id
              where u.confirmed_at is not null and a.suspended_at is null) as "total!",
             (select count(*) from users where current_sign_in_at >= $1) as "month!",
             (select count(*) from users where current_sign_in_at >= $2) as "half_year!",
             (select coalesce(sum(s.statuses_count), 0)::bigint
              from account_stats s join accounts a on a.id = s.account_id
              where a.domain is null) as "posts!""#,
        month,
        half_year
    )
    .fetch_one(conn)
    .await?;
    Ok((row.total, row.month, row.half_year, row.posts))
}
