//! `account_stats`: counters of an account; an account without a row has none yet.

use chrono::NaiveDateTime;
use ferrodon_core::AccountId;
use sqlx::PgConnection;

/// The counters of one account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountStat {
    pub account_id: AccountId,
    pub statuses_count: i64,
    pub following_count: i64,
    pub followers_count: i64,
    pub last_status_at: Option<NaiveDateTime>,
}

/// The counters of these accounts.
pub async fn by_accounts(
    conn: &mut PgConnection,
    ids: &[AccountId],
) -> sqlx::Result<Vec<AccountStat>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    sqlx::query_as!(
        AccountStat,
        "select account_id, statuses_count, following_count, followers_count, last_status_at
         from account_stats
         where account_id = any($1)",
        &ids
    )
    .fetch_all(conn)
    .await
}

/// Takes over the numbers a remote server publishes of one of its accounts; those it does not say
/// stay as they are.
pub async fn overwrite(
    conn: &mut PgConnection,
    account_id: AccountId,
    statuses: Option<i64>,
    following: Option<i64>,
    followers: Option<i64>,
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into account_stats
             (account_id, statuses_count, following_count, followers_count, created_at, updated_at)
         values ($1, coalesce($2::bigint, 0), coalesce($3::bigint, 0), coalesce($4::bigint, 0),
                 $5, $5)
         on conflict (account_id) do update
         set statuses_count = coalesce($2, account_stats.statuses_count),
             following_count = coalesce($3, account_stats.following_count),
             followers_count = coalesce($4, account_stats.followers_count),
             updated_at = $5",
        account_id as _,
        statuses,
        following,
        followers,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Counts a new status made at `at`, or one that is gone.
pub async fn count_status(
    conn: &mut PgConnection,
    account_id: AccountId,
    by: i64,
    at: Option<NaiveDateTime>,
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into account_stats
             (account_id, statuses_count, last_status_at, created_at, updated_at)
         values ($1, greatest($2::bigint, 0),
                 case when $3::timestamp is not null then least($3, $4) end, $4, $4)
         on conflict (account_id) do update
         set statuses_count = greatest(account_stats.statuses_count + $2, 0),
             last_status_at = greatest(account_stats.last_status_at,
                 case when $3 is not null then least($3, $4) end),
             updated_at = $4",
        account_id as _,
        by,
        at,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Counts a new follow, or one that ended, on both sides.
pub async fn count_follow(
    conn: &mut PgConnection,
    follower: AccountId,
    followed: AccountId,
    by: i64,
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    // In the order of ids, so that two at once do not wait for each other.
    sqlx::query!(
        "insert into account_stats
             (account_id, following_count, followers_count, created_at, updated_at)
         select given.id, case when given.id = $1 then greatest($3::bigint, 0) else 0 end,
                case when given.id = $2 then greatest($3::bigint, 0) else 0 end, $4, $4
         from (values ($1::bigint), ($2::bigint)) as given (id)
         order by given.id
         on conflict (account_id) do update
         set following_count = greatest(account_stats.following_count
                 + case when account_stats.account_id = $1 then $3 else 0 end, 0),
             followers_count = greatest(account_stats.followers_count
                 + case when account_stats.account_id = $2 then $3 else 0 end, 0),
             updated_at = $4",
        follower as _,
        followed as _,
        by,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The sum of the status counters of local accounts.
pub async fn local_statuses(conn: &mut PgConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select coalesce(sum(stats.statuses_count), 0)::bigint as "sum!"
           from account_stats stats
           join accounts on accounts.id = stats.account_id
           where accounts.domain is null"#
    )
    .fetch_one(conn)
    .await
}
