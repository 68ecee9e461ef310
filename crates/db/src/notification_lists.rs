//! Reading `notifications`: lists, groups of notifications that are alike, and counts.

use chrono::NaiveDateTime;
use ferrodon_core::{AccountId, NotificationId, Page, StatusId};
use sqlx::PgConnection;

use crate::notifications::Notification;

/// Which notifications are wanted.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub account_id: AccountId,
    pub kinds: Vec<String>,
    pub from: Option<AccountId>,
    pub include_filtered: bool,
}

/// `select` with the columns of [`Notification`]; rows of suspended senders are left out. The
/// oldest rows have no type of their own.
macro_rules! select_notification {
    ($rest:literal $(, $bind:expr)*) => {
        sqlx::query_as!(
            Notification,
            r#"select n.id as "id!: NotificationId", n.account_id as "account_id!: AccountId",
                      n.from_account_id as "from_account_id!: AccountId", n.kind as "kind!",
                      n.activity_type as "activity_type!", n.activity_id as "activity_id!", n.created_at as "created_at!",
                      n.filtered as "filtered!", n.group_key,
                      case n.activity_type
                          when 'Status' then (
                              select case n.kind when 'reblog' then statuses.reblog_of_id
                                                 else statuses.id end
                              from statuses where statuses.id = n.activity_id)
                          when 'Mention' then (
                              select mentions.status_id from mentions
                              where mentions.id = n.activity_id)
                          when 'Favourite' then (
                              select favourites.status_id from favourites
                              where favourites.id = n.activity_id)
                          when 'Poll' then (
                              select polls.status_id from polls where polls.id = n.activity_id)
                          when 'Quote' then (
                              select quotes.status_id from quotes where quotes.id = n.activity_id)
                      end as "status_id?: StatusId"
               from (
                   select notifications.*,
                          coalesce(type, case activity_type
                              when 'Mention' then 'mention' when 'Status' then 'reblog'
                              when 'Follow' then 'follow' when 'FollowRequest' then 'follow_request'
                              when 'Favourite' then 'favourite' when 'Poll' then 'poll'
                              when 'Quote' then 'quote' end) as kind
                   from notifications
               ) n
               join accounts on accounts.id = n.from_account_id and accounts.suspended_at is null "# + $rest
            $(, $bind)*
        )
    };
}

/// A page of notifications, the newest first.
pub async fn list(
    conn: &mut PgConnection,
    wanted: &Wanted,
    page: &Page,
    limit: i64,
) -> sqlx::Result<Vec<Notification>> {
    let from = wanted.from;
    if let Some(min_id) = page.min_id {
        let mut rows = select_notification!(
            "where n.account_id = $1 and n.kind = any($2)
               and ($3::bigint is null or n.from_account_id = $3) and ($4 or not n.filtered)
               and ($5::bigint is null or n.id < $5) and n.id > $6
             order by n.id asc
             limit $7",
            wanted.account_id as _,
            &wanted.kinds,
            from as Option<AccountId>,
            wanted.include_filtered,
            page.max_id,
            min_id,
            limit
        )
        .fetch_all(conn)
        .await?;
        rows.reverse();
        return Ok(rows);
    }
    select_notification!(
        "where n.account_id = $1 and n.kind = any($2)
           and ($3::bigint is null or n.from_account_id = $3) and ($4 or not n.filtered)
           and ($5::bigint is null or n.id < $5) and ($6::bigint is null or n.id > $6)
         order by n.id desc
         limit $7",
        wanted.account_id as _,
        &wanted.kinds,
        from as Option<AccountId>,
        wanted.include_filtered,
        page.max_id,
        page.since_id,
        limit
    )
    .fetch_all(conn)
    .await
}

/// One notification, if it is this account's.
pub async fn find(
    conn: &mut PgConnection,
    account_id: AccountId,
    id: NotificationId,
) -> sqlx::Result<Option<Notification>> {
    select_notification!("where n.account_id = $1 and n.id = $2", account_id as _, id as _)
        .fetch_optional(conn)
        .await
}

/// These notifications, in no particular order.
pub async fn by_ids(
    conn: &mut PgConnection,
    account_id: AccountId,
    ids: &[i64],
) -> sqlx::Result<Vec<Notification>> {
    select_notification!("where n.account_id = $1 and n.id = any($2)", account_id as _, ids)
        .fetch_all(conn)
        .await
}

/// How many there are above `than`, counted up to `limit`.
pub async fn count_newer(
    conn: &mut PgConnection,
    wanted: &Wanted,
    than: i64,
    limit: i64,
) -> sqlx::Result<i64> {
    let page = Page { since_id: Some(than), ..Page::default() };
    Ok(list(conn, wanted, &page, limit).await?.len() as i64)
}

/// The ids of the notifications that stand for a page of groups, the newest first: of each group
/// the one nearest to where the page begins. Kinds that are not in `grouped` stand alone.
pub async fn group_heads(
    conn: &mut PgConnection,
    wanted: &Wanted,
    grouped: &[String],
    page: &Page,
    limit: i64,
) -> sqlx::Result<Vec<i64>> {
    if limit <= 0 {
        return Ok(Vec::new());
    }
    // Walks from group to group, so that a large group costs no more than a small one.
    macro_rules! walk {
        ($order:literal, $next:literal) => {
            sqlx::query_scalar!(
                "with recursive candidates as not materialized (
                     select n.id,
                            case when coalesce(n.type, '') = any($8) and n.group_key is not null
                                 then n.group_key else 'ungrouped-' || n.id end as key
                     from notifications n
                     join accounts on accounts.id = n.from_account_id
                         and accounts.suspended_at is null
                     where n.account_id = $1
                       and coalesce(n.type, case n.activity_type
                               when 'Mention' then 'mention' when 'Status' then 'reblog'
                               when 'Follow' then 'follow'
                               when 'FollowRequest' then 'follow_request'
                               when 'Favourite' then 'favourite' when 'Poll' then 'poll'
                               when 'Quote' then 'quote' end) = any($2)
                       and ($3::bigint is null or n.from_account_id = $3)
                       and ($4 or not n.filtered)
                       and ($5::bigint is null or n.id < $5)
                       and ($6::bigint is null or n.id > $6)
                 ), heads as (
                     (select id, key, array[key] as seen
                      from candidates order by id " + $order + " limit 1)
                     union all
                     select next.id, next.key, heads.seen || next.key
                     from heads
                     cross join lateral (
                         select id, key from candidates
                         where candidates.id " + $next + " heads.id
                           and candidates.key <> all(heads.seen)
                         order by candidates.id " + $order + " limit 1) as next
                     where cardinality(heads.seen) < $7
                 )
                 select id as \"id!\" from heads order by id desc",
                wanted.account_id as _,
                &wanted.kinds,
                wanted.from as Option<AccountId>,
                wanted.include_filtered,
                page.max_id,
                page.min_id.or(page.since_id),
                limit as i32,
                grouped
            )
            .fetch_all(conn)
            .await
        };
    }
    if page.min_id.is_some() { walk!("asc", ">") } else { walk!("desc", "<") }
}

/// What is known of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    pub key: String,
    pub count: i64,
    /// Its newest notification.
    pub newest_id: i64,
    /// The oldest and newest within the page, and when the newest was made.
    pub page_min_id: i64,
    pub page_max_id: i64,
    pub page_newest_at: NaiveDateTime,
    /// The newest of those who did it, the newest first.
    pub sample_account_ids: Vec<i64>,
}

/// The groups with these keys; the page holds ids from `low` to `high`.
pub async fn groups(
    conn: &mut PgConnection,
    account_id: AccountId,
    keys: &[String],
    low: i64,
    high: i64,
) -> sqlx::Result<Vec<Group>> {
    sqlx::query_as!(
        Group,
        r#"select keys.key as "key!", whole.count as "count!", whole.newest_id as "newest_id!",
                  page.page_min_id as "page_min_id!", page.page_max_id as "page_max_id!",
                  page.page_newest_at as "page_newest_at!",
                  array(select from_account_id from notifications
                        where account_id = $1 and group_key = keys.key and id <= $4
                        order by id desc limit 8) as "sample_account_ids!"
           from unnest($2::text[]) as keys (key)
           cross join lateral (
               select count(*) as count, max(id) as newest_id from notifications
               where account_id = $1 and group_key = keys.key and id <= $4) as whole
           cross join lateral (
               select min(id) as page_min_id, max(id) as page_max_id,
                      max(created_at) as page_newest_at
               from notifications
               where account_id = $1 and group_key = keys.key and id between $3 and $4) as page
           where page.page_max_id is not null"#,
        account_id as _,
        keys,
        low,
        high
    )
    .fetch_all(conn)
    .await
}

/// The newest notification of a group.
pub async fn newest_of_group(
    conn: &mut PgConnection,
    account_id: AccountId,
    key: &str,
) -> sqlx::Result<Option<Notification>> {
    select_notification!(
        "where n.account_id = $1 and n.group_key = $2 order by n.id desc limit 1",
        account_id as _,
        key
    )
    .fetch_optional(conn)
    .await
}

/// Those of a group and the accounts they are from, the newest first.
pub async fn of_group(
    conn: &mut PgConnection,
    account_id: AccountId,
    key: &str,
    page: &Page,
    limit: i64,
) -> sqlx::Result<Vec<Notification>> {
    select_notification!(
        "where n.account_id = $1 and n.group_key = $2
           and ($3::bigint is null or n.id < $3) and ($4::bigint is null or n.id > $4)
         order by n.id desc
         limit $5",
        account_id as _,
        key,
        page.max_id,
        page.since_id,
        limit
    )
    .fetch_all(conn)
    .await
}

/// Forgets all notifications of an account.
pub async fn clear(conn: &mut PgConnection, account_id: AccountId) -> sqlx::Result<()> {
    sqlx::query!("delete from notifications where account_id = $1", account_id as _)
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets one; whether it was there.
pub async fn dismiss(
    conn: &mut PgConnection,
    account_id: AccountId,
    id: NotificationId,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "delete from notifications where account_id = $1 and id = $2",
        account_id as _,
        id as _
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Forgets a group.
pub async fn dismiss_group(
    conn: &mut PgConnection,
    account_id: AccountId,
    key: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from notifications where account_id = $1 and group_key = $2",
        account_id as _,
        key
    )
    .execute(conn)
    .await?;
    Ok(())
}
