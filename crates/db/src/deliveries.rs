//! `ferrodon.deliveries`: which inbox still has to hear of which activity.
//!
//! A lane is one sender and one host. Within a lane deliveries go out in the order of their ids,
//! however many workers there are: a claim leaves alone what stands behind something that is on
//! its way or waits for its next try.

use chrono::{DateTime, Utc};
use ferrodon_core::AccountId;
use ferrodon_core::delivery::{Priority, Recipients};
use sqlx::{Connection as _, PgConnection};

use crate::activities::New;

/// The channel on which workers hear that there is something to deliver.
pub const CHANNEL: &str = "ferrodon_deliveries";

/// Held while a worker claims: two of them at once could split a lane.
const CLAIM_LOCK: i64 = 0x6665_7272_6f64;

/// A delivery someone has claimed.
#[derive(Clone, Debug)]
pub struct Claimed {
    pub id: i64,
    pub activity_id: i64,
    pub account_id: AccountId,
    pub inbox_url: String,
    pub host: String,
    pub priority: i16,
    /// Tries before this one that got no final answer.
    pub attempt: i32,
    /// Whether the last delivery to the host failed.
    pub doubtful: bool,
}

/// Writes an activity and a delivery for each recipient's inbox in one statement; returns how
/// many that were. Shared inboxes are preferred, hosts that are no longer there are left out, and
/// what is for a resting host waits until it has rested.
pub async fn fan_out(
    conn: &mut PgConnection,
    activity: New<'_>,
    to: &Recipients,
    priority: Priority,
    now: DateTime<Utc>,
) -> sqlx::Result<i64> {
    let mut tx = conn.begin().await?;
    // Compiling the statement would take longer than doing it.
    sqlx::query!("select set_config('jit', 'off', true)").fetch_one(&mut *tx).await?;
    let followers_of: Vec<i64> = to.followers_of.iter().map(|id| id.0).collect();
    let accounts: Vec<i64> = to.accounts.iter().map(|id| id.0).collect();
    let written = sqlx::query_scalar!(
        r#"with recipients as (
               select f.account_id as id from follows f where f.target_account_id = any($1)
               union all
               select unnest($2::bigint[])
           ), urls as (
               select case when a.shared_inbox_url <> '' then a.shared_inbox_url
                           else a.inbox_url end as url
               from accounts a
               where a.id in (select id from recipients) and a.domain is not null
                 and a.protocol = 1 and ($3 or a.suspended_at is null)
                 and ($4::bigint is null or a.id = any($2) or not exists (
                      select from account_domain_blocks b
                      where b.account_id = $4 and b.domain = a.domain))
               union
               select inbox_url from relays where $5 and state = 2
               union
               select unnest($6::text[])
           ), inboxes as materialized (
               select url, rtrim(case when authority like '[%' then split_part(authority, ']', 1) || ']'
                                      else split_part(authority, ':', 1) end, '.') as host
               from (select url, lower(split_part(url, '/', 3)) as authority
                     from urls where url <> '') as cut
           ), reachable as materialized (
               select url, inboxes.host, h.resting_until
               from inboxes
               left join ferrodon.hosts h on h.host = inboxes.host
               where not exists (
                   select from unavailable_domains u where u.domain = inboxes.host)
           ), activity as (
               insert into ferrodon.activities
                   (account_id, body, digest, follower_sync, pending, created_at)
               select $7, $8, $9, $10, n, $12
               from (select count(*) as n from reachable) as counted
               where n > 0
               returning id
           ), written as (
               insert into ferrodon.deliveries
                   (activity_id, account_id, inbox_url, host, priority, run_at)
               select activity.id, $7, url, host, $11, greatest($12, resting_until)
               from activity, reachable
               returning 1
           ), told as (
               select pg_notify('ferrodon_deliveries', '') from activity
           )
           select (select count(*) from written) + 0 * (select count(*) from told) as "n!""#,
        &followers_of,
        &accounts,
        to.suspended_too,
        to.not_blocked_by as _,
        to.relays,
        &to.inboxes,
        activity.account_id as _,
        activity.body,
        activity.digest,
        activity.follower_sync,
        priority.number(),
        now,
    )
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(written)
}

/// Writes an activity and one delivery of it. `always` is for what is sent even to a host that
/// was given up. Says whether it was written.
pub async fn insert(
    conn: &mut PgConnection,
    activity: New<'_>,
    inbox_url: &str,
    host: &str,
    priority: Priority,
    always: bool,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "with activity as (
             insert into ferrodon.activities
                 (account_id, body, digest, follower_sync, pending, created_at)
             select $1, $2, $3, $4, 1, $9
             where $8 or not exists (select from unavailable_domains where domain = $6)
             returning id
         ), written as (
             insert into ferrodon.deliveries
                 (activity_id, account_id, inbox_url, host, priority, run_at)
             select id, $1, $5, $6, $7,
                    greatest($9, (select resting_until from ferrodon.hosts where host = $6))
             from activity
             returning id
         )
         select pg_notify('ferrodon_deliveries', '') from written",
        activity.account_id as _,
        activity.body,
        activity.digest,
        activity.follower_sync,
        inbox_url,
        host,
        priority.number(),
        always,
        now,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Takes up to `limit` due deliveries of one priority, the oldest first, and holds them until
/// `leased_until`. `full_hosts` have enough on their way.
///
/// What stands in its lane behind something that was not taken stays, and is moved behind it, so
/// that it cannot keep that from being taken.
pub async fn claim(
    conn: &mut PgConnection,
    priority: i16,
    full_hosts: &[String],
    limit: i64,
    leased_until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<Claimed>> {
    let mut tx = conn.begin().await?;
    keep_to_indexes(&mut tx).await?;
    // A statement of its own: the next one must see what the worker before us has taken.
    sqlx::query!("select pg_advisory_xact_lock($1)", CLAIM_LOCK).execute(&mut *tx).await?;
    let mut claimed = sqlx::query_as!(
        Claimed,
        r#"with due as materialized (
               select d.id, d.host, d.account_id, before.id as before_id
               from ferrodon.deliveries d
               left join lateral (
                   select e.id, e.leased_until > $2 or e.run_at > $2 as blocks
                   from ferrodon.deliveries e
                   where e.host = d.host and e.account_id = d.account_id and e.id < d.id
                     and e.priority <= $1
                   order by e.host desc, e.account_id desc, e.id desc
                   limit 1
               ) before on true
               where d.priority = $1 and d.run_at <= $2
                 and (d.leased_until is null or d.leased_until <= $2)
                 and d.host <> all($3)
                 and not exists (
                     select from ferrodon.hosts h
                     where h.host = d.host and (h.paused or h.resting_until > $2))
                 and before.blocks is not true
               order by d.run_at, d.id
               limit $4
               for update of d skip locked
           ), sorted as materialized (
               select id, bool_and(before_id is null or before_id in (select id from due))
                              over (partition by host, account_id order by id) as first
               from due
           ), taken as (
               update ferrodon.deliveries d
               set leased_until = case when sorted.first then $5::timestamptz end,
                   run_at = case when sorted.first then d.run_at else $2 end
               from sorted
               where d.id = sorted.id
               returning d.id, d.activity_id, d.account_id, d.inbox_url, d.host, d.priority,
                         d.attempt, sorted.first as first
           )
           select id as "id!", activity_id as "activity_id!",
                  account_id as "account_id!: AccountId", inbox_url as "inbox_url!",
                  host as "host!", priority as "priority!", attempt as "attempt!",
                  exists (select from ferrodon.hosts h
                          where h.host = taken.host and h.failures > 0) as "doubtful!"
           from taken
           where first"#,
        priority,
        now,
        full_hosts,
        limit,
        leased_until,
    )
    .fetch_all(&mut *tx)
    .await?;
    tx.commit().await?;
    claimed.sort_by_key(|one| one.id);
    Ok(claimed)
}

/// Reads these tables by their indexes in this transaction, whatever they hold. Plans are kept,
/// and one that was made while they were empty would read them whole once they are full.
pub async fn keep_to_indexes(conn: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!(
        "select set_config(name, 'off', true)
         from unnest(array['enable_seqscan', 'enable_hashjoin', 'enable_mergejoin', 'jit'])
             as name"
    )
    .fetch_all(conn)
    .await?;
    Ok(())
}

/// Ends these deliveries, and removes the activities that no other delivery needs.
pub async fn finish(conn: &mut PgConnection, ids: &[i64]) -> sqlx::Result<()> {
    let done = sqlx::query_scalar!(
        r#"with gone as (
               delete from ferrodon.deliveries where id = any($1) returning activity_id
           ), counted as (
               select activity_id, count(*)::integer as n from gone group by activity_id
           ), locked as (
               select a.id, n from ferrodon.activities a
               join counted on counted.activity_id = a.id
               order by a.id
               for update of a
           )
           update ferrodon.activities a
           set pending = pending - n
           from locked
           where a.id = locked.id
           returning case when a.pending <= 0 then a.id end as "id?""#,
        ids
    )
    .fetch_all(&mut *conn)
    .await?;
    let done: Vec<i64> = done.into_iter().flatten().collect();
    remove_done(conn, &done).await
}

async fn remove_done(conn: &mut PgConnection, ids: &[i64]) -> sqlx::Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    sqlx::query!("delete from ferrodon.activities where id = any($1) and pending <= 0", ids)
        .execute(conn)
        .await?;
    Ok(())
}

/// A delivery that is to be tried again.
#[derive(Clone, Debug)]
pub struct Retry {
    pub id: i64,
    pub run_at: DateTime<Utc>,
    pub error: String,
}

/// Puts deliveries back until their next try.
pub async fn retry(conn: &mut PgConnection, retries: &[Retry]) -> sqlx::Result<()> {
    let ids: Vec<i64> = retries.iter().map(|retry| retry.id).collect();
    let times: Vec<DateTime<Utc>> = retries.iter().map(|retry| retry.run_at).collect();
    let errors: Vec<&str> = retries.iter().map(|retry| retry.error.as_str()).collect();
    sqlx::query!(
        "update ferrodon.deliveries d
         set attempt = attempt + 1, leased_until = null, run_at = r.run_at, last_error = r.error
         from unnest($1::bigint[], $2::timestamptz[], $3::text[]) as r (id, run_at, error)
         where d.id = r.id",
        &ids,
        &times,
        &errors as &[&str],
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Gives back what was claimed and not tried.
pub async fn give_back(conn: &mut PgConnection, ids: &[i64]) -> sqlx::Result<()> {
    sqlx::query!("update ferrodon.deliveries set leased_until = null where id = any($1)", ids)
        .execute(conn)
        .await?;
    Ok(())
}

/// Moves all that waits for a host to `until`, as one. What waits longer stays as it is.
pub async fn rest_host(
    conn: &mut PgConnection,
    host: &str,
    until: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update ferrodon.deliveries set run_at = $2
         where host = $1 and leased_until is null and run_at < $2",
        host,
        until
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Makes all that waits for these hosts due now: they were heard of.
pub async fn wake_hosts(
    conn: &mut PgConnection,
    hosts: &[String],
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "with woken as (
             update ferrodon.deliveries set run_at = $2
             where host = any($1) and leased_until is null and run_at > $2
             returning 1
         )
         select pg_notify('ferrodon_deliveries', '') from woken limit 1",
        hosts,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Drops all that waits for a host, or only what has waited since before `before`.
pub async fn drop_host(
    conn: &mut PgConnection,
    host: &str,
    before: Option<DateTime<Utc>>,
) -> sqlx::Result<usize> {
    let ids = sqlx::query_scalar!(
        "select d.id
         from ferrodon.deliveries d
         join ferrodon.activities a on a.id = d.activity_id
         where d.host = $1 and d.leased_until is null
           and ($2::timestamptz is null or a.created_at < $2)",
        host,
        before
    )
    .fetch_all(&mut *conn)
    .await?;
    if !ids.is_empty() {
        finish(conn, &ids).await?;
    }
    Ok(ids.len())
}

/// How much waits, for each priority: the number and how many deliveries.
pub async fn depth(conn: &mut PgConnection) -> sqlx::Result<Vec<(i16, i64)>> {
    let rows = sqlx::query!(
        r#"select priority, count(*) as "n!" from ferrodon.deliveries group by priority"#
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.priority, row.n)).collect())
}
