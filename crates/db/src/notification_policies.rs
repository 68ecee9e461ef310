//! `notification_policies` and `notification_requests`: whose notifications are kept back.

use chrono::NaiveDateTime;
use ferrodon_core::{AccountId, Page, StatusId};
use sqlx::PgConnection;

/// What happens to notifications of each kind of sender: 0 accept, 1 filter, 2 drop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    pub for_not_following: i32,
    pub for_not_followers: i32,
    pub for_new_accounts: i32,
    pub for_private_mentions: i32,
    pub for_limited_accounts: i32,
    pub for_bots: i32,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            for_not_following: 0,
            for_not_followers: 0,
            for_new_accounts: 0,
            for_private_mentions: 1,
            for_limited_accounts: 1,
            for_bots: 0,
        }
    }
}

/// The policy of an account; the defaults without a row.
pub async fn find(conn: &mut PgConnection, account_id: AccountId) -> sqlx::Result<Policy> {
    let row = sqlx::query_as!(
        Policy,
        "select for_not_following, for_not_followers, for_new_accounts, for_private_mentions,
                for_limited_accounts, for_bots
         from notification_policies
         where account_id = $1",
        account_id as _
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.unwrap_or_default())
}

/// Keeps a policy.
pub async fn set(
    conn: &mut PgConnection,
    account_id: AccountId,
    policy: &Policy,
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into notification_policies
             (account_id, for_not_following, for_not_followers, for_new_accounts,
              for_private_mentions, for_limited_accounts, for_bots, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $8)
         on conflict (account_id) do update
         set for_not_following = excluded.for_not_following,
             for_not_followers = excluded.for_not_followers,
             for_new_accounts = excluded.for_new_accounts,
             for_private_mentions = excluded.for_private_mentions,
             for_limited_accounts = excluded.for_limited_accounts,
             for_bots = excluded.for_bots,
             updated_at = excluded.updated_at",
        account_id as _,
        policy.for_not_following,
        policy.for_not_followers,
        policy.for_new_accounts,
        policy.for_private_mentions,
        policy.for_limited_accounts,
        policy.for_bots,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// How much waits: senders, and their notifications, over at most 100 senders.
pub async fn pending(conn: &mut PgConnection, account_id: AccountId) -> sqlx::Result<(i64, i64)> {
    let row = sqlx::query!(
        r#"select count(*) as "requests!",
                  coalesce(sum(notifications_count), 0)::bigint as "notifications!"
           from (select requests.notifications_count
                 from notification_requests requests
                 join accounts on accounts.id = requests.from_account_id
                     and accounts.suspended_at is null
                 where requests.account_id = $1
                 limit 100) as waiting"#,
        account_id as _
    )
    .fetch_one(conn)
    .await?;
    Ok((row.requests, row.notifications))
}

/// A sender whose notifications wait.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    pub id: i64,
    pub from_account_id: AccountId,
    pub last_status_id: Option<StatusId>,
    pub notifications_count: i64,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
}

/// `select` with the columns of [`Request`].
macro_rules! select_request {
    ($rest:literal $(, $bind:expr)*) => {
        sqlx::query_as!(
            Request,
            r#"select requests.id, requests.from_account_id as "from_account_id: AccountId",
                      requests.last_status_id as "last_status_id: StatusId",
                      requests.notifications_count, requests.created_at, requests.updated_at
               from notification_requests requests
               join accounts on accounts.id = requests.from_account_id
                   and accounts.suspended_at is null "# + $rest
            $(, $bind)*
        )
    };
}

/// A page of senders who wait, the newest first.
pub async fn requests(
    conn: &mut PgConnection,
    account_id: AccountId,
    page: &Page,
    limit: i64,
) -> sqlx::Result<Vec<Request>> {
    if let Some(min_id) = page.min_id {
        let mut rows = select_request!(
            "where requests.account_id = $1 and ($2::bigint is null or requests.id < $2)
               and requests.id > $3
             order by requests.id asc limit $4",
            account_id as _,
            page.max_id,
            min_id,
            limit
        )
        .fetch_all(conn)
        .await?;
        rows.reverse();
        return Ok(rows);
    }
    select_request!(
        "where requests.account_id = $1 and ($2::bigint is null or requests.id < $2)
           and ($3::bigint is null or requests.id > $3)
         order by requests.id desc limit $4",
        account_id as _,
        page.max_id,
        page.since_id,
        limit
    )
    .fetch_all(conn)
    .await
}

/// One of them, if it is this account's.
pub async fn request(
    conn: &mut PgConnection,
    account_id: AccountId,
    id: i64,
) -> sqlx::Result<Option<Request>> {
    select_request!("where requests.account_id = $1 and requests.id = $2", account_id as _, id)
        .fetch_optional(conn)
        .await
}
