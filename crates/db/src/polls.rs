//! `polls` and `poll_votes`.

use chrono::NaiveDateTime;
use ferrodon_core::{AccountId, PollId, StatusId};
use sqlx::PgConnection;

/// A poll as stored, with what one viewer chose.
#[derive(Clone, Debug, PartialEq)]
pub struct Poll {
    pub id: PollId,
    pub status_id: StatusId,
    pub account_id: AccountId,
    pub options: Vec<String>,
    pub cached_tallies: Vec<i64>,
    pub multiple: bool,
    pub hide_totals: bool,
    pub votes_count: i64,
    pub voters_count: Option<i64>,
    pub expires_at: Option<NaiveDateTime>,
    pub last_fetched_at: Option<NaiveDateTime>,
    /// The options the viewer voted for, in the order of the votes.
    pub own_votes: Vec<i32>,
}

/// The polls with these ids as `viewer` sees them.
pub async fn by_ids(
    conn: &mut PgConnection,
    ids: &[PollId],
    viewer: Option<AccountId>,
) -> sqlx::Result<Vec<Poll>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    sqlx::query_as!(
        Poll,
        r#"select id, status_id, account_id, options, cached_tallies, multiple, hide_totals,
                  votes_count, voters_count, expires_at, last_fetched_at,
                  array(select choice from poll_votes
                        where poll_votes.poll_id = polls.id and poll_votes.account_id = $2
                        order by poll_votes.id) as "own_votes!"
           from polls
           where id = any($1)"#,
        &ids,
        viewer as _
    )
    .fetch_all(conn)
    .await
}

/// A poll on another server, as it stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemotePoll {
    pub options: Vec<String>,
    pub tallies: Vec<i64>,
    pub multiple: bool,
    pub expires_at: Option<NaiveDateTime>,
    pub voters_count: Option<i64>,
}

/// Stores the poll of a remote status.
pub async fn insert_remote(
    conn: &mut PgConnection,
    account_id: AccountId,
    status_id: StatusId,
    poll: &RemotePoll,
    now: NaiveDateTime,
) -> sqlx::Result<PollId> {
    sqlx::query_scalar!(
        "insert into polls
             (account_id, status_id, options, cached_tallies, votes_count, multiple, expires_at,
              voters_count, created_at, updated_at)
         values ($1, $2, $3, $4, (select coalesce(sum(tally), 0) from unnest($4::bigint[]) as tally),
                 $5, $6, $7, $8, $8)
         returning id",
        account_id as _,
        status_id as _,
        &poll.options,
        &poll.tallies,
        poll.multiple,
        poll.expires_at,
        poll.voters_count,
        now
    )
    .fetch_one(conn)
    .await
}

/// Takes over how a remote poll stands now; with `anew`, its options changed and votes are void.
pub async fn update_remote(
    conn: &mut PgConnection,
    id: PollId,
    poll: &RemotePoll,
    anew: bool,
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    if anew {
        sqlx::query!("delete from poll_votes where poll_id = $1", id as _)
            .execute(&mut *conn)
            .await?;
    }
    sqlx::query!(
        "update polls
         set options = $2, cached_tallies = $3, multiple = $4, expires_at = $5, voters_count = $6,
             votes_count = (select coalesce(sum(tally), 0) from unnest($3::bigint[]) as tally),
             last_fetched_at = $7, lock_version = lock_version + 1, updated_at = $7
         where id = $1",
        id as _,
        &poll.options,
        &poll.tallies,
        poll.multiple,
        poll.expires_at,
        poll.voters_count,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What decides whether a vote counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ballot {
    pub id: PollId,
    pub account_id: AccountId,
    pub options: Vec<String>,
    pub multiple: bool,
    pub hide_totals: bool,
    pub expires_at: Option<NaiveDateTime>,
}

/// The poll of a status.
pub async fn of_status(
    conn: &mut PgConnection,
    status_id: StatusId,
) -> sqlx::Result<Option<Ballot>> {
    sqlx::query_as!(
        Ballot,
        "select id, account_id, options, multiple, hide_totals, expires_at
         from polls
         where status_id = $1
         order by id
         limit 1",
        status_id as _
    )
    .fetch_optional(conn)
    .await
}

/// Counts a remote account's vote; false if it may not, or did so before. Call in a transaction.
pub async fn vote_remotely(
    conn: &mut PgConnection,
    poll: &Ballot,
    voter: AccountId,
    choice: i32,
    uri: &str,
    now: NaiveDateTime,
) -> sqlx::Result<bool> {
    // One vote at a time for each poll.
    sqlx::query_scalar!("select id from polls where id = $1 for update", poll.id as _)
        .fetch_optional(&mut *conn)
        .await?;
    let earlier = sqlx::query_scalar!(
        "select choice from poll_votes where poll_id = $1 and account_id = $2",
        poll.id as _,
        voter as _
    )
    .fetch_all(&mut *conn)
    .await?;
    if earlier.contains(&choice) || !poll.multiple && !earlier.is_empty() {
        return Ok(false);
    }
    sqlx::query!(
        "insert into poll_votes (account_id, poll_id, choice, uri, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $5)",
        voter as _,
        poll.id as _,
        choice,
        uri,
        now
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "update polls
         set cached_tallies[$2 + 1] = coalesce(cached_tallies[$2 + 1], 0) + 1,
             votes_count = votes_count + 1,
             voters_count = voters_count + case when $3 then 1 else 0 end,
             lock_version = lock_version + 1, updated_at = $4
         where id = $1",
        poll.id as _,
        choice,
        earlier.is_empty(),
        now
    )
    .execute(conn)
    .await?;
    Ok(true)
}

/// Stores the poll of a local status.
#[expect(clippy::too_many_arguments, reason = "the columns of one row")]
pub async fn insert_local(
    conn: &mut PgConnection,
    account_id: AccountId,
    status_id: StatusId,
    options: &[String],
    multiple: bool,
    hide_totals: bool,
    expires_at: Option<NaiveDateTime>,
    now: NaiveDateTime,
) -> sqlx::Result<PollId> {
    sqlx::query_scalar!(
        "insert into polls
             (account_id, status_id, options, cached_tallies, multiple, hide_totals, expires_at,
              voters_count, created_at, updated_at)
         values ($1, $2, $3, array_fill(0::bigint, array[cardinality($3::varchar[])]), $4, $5, $6,
                 0, $7, $7)
         returning id",
        account_id as _,
        status_id as _,
        options,
        multiple,
        hide_totals,
        expires_at,
        now
    )
    .fetch_one(conn)
    .await
}

/// Removes a poll and its votes.
pub async fn delete(conn: &mut PgConnection, id: PollId) -> sqlx::Result<()> {
    sqlx::query!("update statuses set poll_id = null where poll_id = $1", id as _)
        .execute(&mut *conn)
        .await?;
    sqlx::query!("delete from polls where id = $1", id as _).execute(conn).await?;
    Ok(())
}

/// Holds a poll as it is until the transaction ends.
pub async fn hold(conn: &mut PgConnection, id: PollId) -> sqlx::Result<()> {
    sqlx::query!("select id from polls where id = $1 for update", id as _)
        .fetch_optional(conn)
        .await?;
    Ok(())
}

/// Stores votes and counts them; the rows' ids and options.
pub async fn vote(
    conn: &mut PgConnection,
    poll: &Poll,
    account_id: AccountId,
    choices: &[i32],
    now: NaiveDateTime,
) -> sqlx::Result<Vec<(i64, i32)>> {
    let votes = sqlx::query!(
        "insert into poll_votes (account_id, poll_id, choice, created_at, updated_at)
         select $1, $2, choice, $4, $4 from unnest($3::integer[]) as choice
         returning id, choice",
        account_id as _,
        poll.id as _,
        choices,
        now,
    )
    .map(|row| (row.id, row.choice))
    .fetch_all(&mut *conn)
    .await?;
    sqlx::query!(
        "update polls
         set cached_tallies = tally.counts,
             votes_count = (select coalesce(sum(count), 0) from unnest(tally.counts) as count),
             voters_count = voters_count + $3, lock_version = lock_version + 1, updated_at = $4
         from (
             select array_agg(coalesce(own.cached_tallies[at], 0)
                              + case when at - 1 = any($2::integer[]) then 1 else 0 end
                              order by at) as counts
             from polls own, generate_series(1, cardinality(own.options)) as at
             where own.id = $1
         ) as tally
         where polls.id = $1",
        poll.id as _,
        choices,
        i64::from(poll.own_votes.is_empty()),
        now,
    )
    .execute(conn)
    .await?;
    Ok(votes)
}

/// The local accounts that voted.
pub async fn local_voters(conn: &mut PgConnection, id: PollId) -> sqlx::Result<Vec<AccountId>> {
    sqlx::query_scalar!(
        r#"select distinct accounts.id as "id!: AccountId"
           from poll_votes join accounts on accounts.id = poll_votes.account_id
           where poll_votes.poll_id = $1 and accounts.domain is null"#,
        id as _
    )
    .fetch_all(conn)
    .await
}

/// Changes the poll of a local status; with `anew`, votes are void.
#[expect(clippy::too_many_arguments, reason = "the columns of one row")]
pub async fn edit_local(
    conn: &mut PgConnection,
    id: PollId,
    options: &[String],
    multiple: bool,
    hide_totals: bool,
    expires_at: NaiveDateTime,
    anew: bool,
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    if anew {
        sqlx::query!("delete from poll_votes where poll_id = $1", id as _)
            .execute(&mut *conn)
            .await?;
    }
    sqlx::query!(
        "update polls
         set options = $2, multiple = $3, hide_totals = $4, expires_at = $5, updated_at = $7,
             lock_version = lock_version + 1,
             cached_tallies = case when $6
                 then array_fill(0::bigint, array[cardinality($2::varchar[])])
                 else cached_tallies end,
             votes_count = case when $6 then 0 else votes_count end,
             voters_count = case when $6 then 0 else voters_count end
         where id = $1",
        id as _,
        options,
        multiple,
        hide_totals,
        expires_at,
        anew,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The polls that are open at `now`, and until when: ours, and those in which someone here voted.
pub async fn open(
    conn: &mut PgConnection,
    now: NaiveDateTime,
) -> sqlx::Result<Vec<(PollId, NaiveDateTime)>> {
    let rows = sqlx::query!(
        r#"select p.id, p.expires_at as "expires_at!"
           from polls p
           where p.expires_at > $1
             and exists (
                 select from accounts a
                 where a.domain is null
                   and (a.id = p.account_id
                        or a.id in (select v.account_id from poll_votes v where v.poll_id = p.id)))"#,
        now
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.expires_at)).collect())
}
