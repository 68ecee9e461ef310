//! `follows`: who follows whom. The row ids page the lists of followers and followed.

use chrono::NaiveDateTime;
use ferrodon_core::{AccountId, Page};
use sqlx::{PgConnection, Postgres, QueryBuilder};

use crate::accounts::Account;
use crate::page;

/// Which side of `follows` is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Who follows the account.
    Followers,
    /// Whom the account follows.
    Following,
}

/// A page of the account's followers or followed, newest first: row ids and accounts. Suspended
/// accounts are left out, and for a `viewer` who is not the account itself those that block,
/// are blocked or are muted.
pub async fn page(
    conn: &mut PgConnection,
    account_id: AccountId,
    side: Side,
    viewer: Option<AccountId>,
    page: &Page,
    limit: i64,
) -> sqlx::Result<Vec<(i64, AccountId)>> {
    let (listed, fixed) = match side {
        Side::Followers => ("follows.account_id", "follows.target_account_id"),
        Side::Following => ("follows.target_account_id", "follows.account_id"),
    };
    let mut sql = QueryBuilder::<Postgres>::new("select follows.id, accounts.id from follows ");
    sql.push("join accounts on accounts.id = ").push(listed);
    sql.push(" where accounts.suspended_at is null and ").push(fixed).push(" = ");
    sql.push_bind(account_id);
    if let Some(viewer) = viewer.filter(|viewer| *viewer != account_id) {
        page::push_not_excluded(&mut sql, "accounts.id", viewer);
    }
    page::apply(&mut sql, "follows.id", page, limit);
    sql.build_query_as().fetch_all(conn).await
}

/// A follow as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Follow {
    pub id: i64,
    pub account_id: AccountId,
    pub target_account_id: AccountId,
    pub show_reblogs: bool,
    pub notify: bool,
    pub languages: Option<Vec<String>>,
    pub uri: Option<String>,
}

/// What a follower wants to see of the followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wishes {
    pub show_reblogs: bool,
    pub notify: bool,
    /// None is all.
    pub languages: Option<Vec<String>>,
}

impl Default for Wishes {
    fn default() -> Self {
        Self { show_reblogs: true, notify: false, languages: None }
    }
}

/// Whether and how one follows the other.
pub async fn find(
    conn: &mut PgConnection,
    account_id: AccountId,
    target_account_id: AccountId,
) -> sqlx::Result<Option<Follow>> {
    sqlx::query_as!(
        Follow,
        "select id, account_id, target_account_id, show_reblogs, notify, languages, uri
         from follows
         where account_id = $1 and target_account_id = $2",
        account_id as _,
        target_account_id as _,
    )
    .fetch_optional(conn)
    .await
}

/// Adds a follow; none if it is there already.
pub async fn insert(
    conn: &mut PgConnection,
    account_id: AccountId,
    target_account_id: AccountId,
    wishes: &Wishes,
    uri: Option<&str>,
    now: NaiveDateTime,
) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!(
        "insert into follows
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

/// Changes what a follower wants to see.
pub async fn set_wishes(
    conn: &mut PgConnection,
    id: i64,
    wishes: &Wishes,
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update follows
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

/// Ends a follow, with the endorsement that rests on it; the follow if there was one.
pub async fn delete(
    conn: &mut PgConnection,
    account_id: AccountId,
    target_account_id: AccountId,
) -> sqlx::Result<Option<Follow>> {
    let gone = sqlx::query_as!(
        Follow,
        "delete from follows
         where account_id = $1 and target_account_id = $2
         returning id, account_id, target_account_id, show_reblogs, notify, languages, uri",
        account_id as _,
        target_account_id as _,
    )
    .fetch_optional(&mut *conn)
    .await?;
    if gone.is_some() {
        sqlx::query!(
            "delete from account_pins where account_id = $1 and target_account_id = $2",
            account_id as _,
            target_account_id as _,
        )
        .execute(conn)
        .await?;
    }
    Ok(gone)
}

/// How many accounts someone follows, and how many follow them.
pub async fn counts(conn: &mut PgConnection, account_id: AccountId) -> sqlx::Result<(i64, i64)> {
    let row = sqlx::query!(
        r#"select coalesce(following_count, 0) as "following!",
                  coalesce(followers_count, 0) as "followers!"
           from account_stats where account_id = $1"#,
        account_id as _
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map_or((0, 0), |row| (row.following, row.followers)))
}

/// Whom `follower` follows by the activity with this id.
pub async fn target_by_uri(
    conn: &mut PgConnection,
    follower: AccountId,
    uri: &str,
) -> sqlx::Result<Option<AccountId>> {
    sqlx::query_scalar!(
        "select target_account_id from follows where account_id = $1 and uri = $2 limit 1",
        follower as _,
        uri
    )
    .fetch_optional(conn)
    .await
}

/// Who follows `target` by the activity with this id.
pub async fn follower_by_uri(
    conn: &mut PgConnection,
    target: AccountId,
    uri: &str,
) -> sqlx::Result<Option<AccountId>> {
    sqlx::query_scalar!(
        "select account_id from follows where target_account_id = $1 and uri = $2 limit 1",
        target as _,
        uri
    )
    .fetch_optional(conn)
    .await
}

/// Gives a follow another id, that of the activity that repeated it.
pub async fn set_uri(
    conn: &mut PgConnection,
    account_id: AccountId,
    target_account_id: AccountId,
    uri: &str,
    now: chrono::NaiveDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update follows set uri = $3, updated_at = $4
         where account_id = $1 and target_account_id = $2",
        account_id as _,
        target_account_id as _,
        uri,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes an account that is going away out of the counters of everyone it follows or is followed
/// by.
pub async fn uncount_all_of(
    conn: &mut PgConnection,
    account_id: AccountId,
    now: chrono::NaiveDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update account_stats
         set followers_count = greatest(followers_count - 1, 0), updated_at = $2
         where account_id in (select target_account_id from follows where account_id = $1)",
        account_id as _,
        now
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update account_stats
         set following_count = greatest(following_count - 1, 0), updated_at = $2
         where account_id in (select account_id from follows where target_account_id = $1)",
        account_id as _,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The people of ours who follow an account.
pub async fn local_followers(
    conn: &mut PgConnection,
    account_id: AccountId,
) -> sqlx::Result<Vec<Account>> {
    let ids = sqlx::query_scalar!(
        r#"select f.account_id as "id: AccountId"
           from follows f
           join accounts a on a.id = f.account_id
           where f.target_account_id = $1 and a.domain is null"#,
        account_id as _
    )
    .fetch_all(&mut *conn)
    .await?;
    crate::accounts::by_ids(conn, &ids).await
}

/// Follows of `target` by accounts of ours, in the order of the followers after `after`.
pub async fn of_local_followers(
    conn: &mut PgConnection,
    target: AccountId,
    after: AccountId,
    limit: i64,
) -> sqlx::Result<Vec<Follow>> {
    sqlx::query_as!(
        Follow,
        "select follows.id, account_id, target_account_id, show_reblogs, notify, languages,
                follows.uri
         from follows
         join accounts on accounts.id = follows.account_id
         where target_account_id = $1 and account_id > $2 and accounts.domain is null
         order by account_id
         limit $3",
        target as _,
        after as _,
        limit
    )
    .fetch_all(conn)
    .await
}
