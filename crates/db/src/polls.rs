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
