//! A home feed made anew from PostgreSQL, as it would be had it grown post by post.

use std::collections::HashMap;

use ferrodon_core::{AccountId, StatusId};
use ferrodon_db as db;
use ferrodon_db::PgConnection;
use ferrodon_db::home_feeds::Candidate;

use crate::Result;

/// How many statuses a feed holds.
pub const MAX_ITEMS: usize = 800;
/// Among how many of the newest entries a reblog of the same status is not shown again.
pub const REBLOG_FALLOFF: usize = 40;
/// How many of each followed account's statuses are looked at.
const OF_EACH: i64 = 400;

/// An entry of a feed. A reblog has its original, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub id: StatusId,
    pub reblog_of_id: Option<StatusId>,
}

/// The home feed of an account, newest first. With `aggregate_reblogs` what was shown a short
/// while ago is not shown again because someone reblogs it.
pub async fn rebuild(
    conn: &mut PgConnection,
    account_id: AccountId,
    aggregate_reblogs: bool,
) -> Result<Vec<Entry>> {
    let limit = i64::try_from(MAX_ITEMS * 2).unwrap_or(i64::MAX);
    let found = db::home_feeds::candidates(conn, account_id, OF_EACH, limit).await?;
    Ok(grow(&found, aggregate_reblogs))
}

/// Puts candidates (oldest first) into an empty feed, one by one.
fn grow(candidates: &[Candidate], aggregate_reblogs: bool) -> Vec<Entry> {
    let mut feed: Vec<Entry> = Vec::with_capacity(candidates.len());
    // Which reblog stands for an original.
    let mut shown_by: HashMap<StatusId, StatusId> = HashMap::new();
    for candidate in candidates {
        if aggregate_reblogs {
            if let Some(original) = candidate.reblog_of_id {
                let newest = &feed[feed.len().saturating_sub(REBLOG_FALLOFF)..];
                if newest.iter().any(|entry| entry.id == original)
                    || shown_by.contains_key(&original)
                {
                    continue;
                }
                shown_by.insert(original, candidate.id);
            } else if shown_by.contains_key(&candidate.id) {
                continue;
            }
        }
        feed.push(Entry { id: candidate.id, reblog_of_id: candidate.reblog_of_id });
        if feed.len() > REBLOG_FALLOFF {
            let oldest_kept = feed[feed.len() - 1 - REBLOG_FALLOFF].id;
            shown_by.retain(|_, reblog| *reblog > oldest_kept);
        }
    }
    feed.reverse();
    feed.truncate(MAX_ITEMS);
    feed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(id: i64, of: Option<i64>) -> Candidate {
        Candidate { id: StatusId(id), reblog_of_id: of.map(StatusId) }
    }

    fn ids(feed: &[Entry]) -> Vec<i64> {
        feed.iter().map(|entry| entry.id.0).collect()
    }

    #[test]
    fn what_was_just_shown_is_not_shown_again() {
        let some = [candidate(1, None), candidate(2, Some(1)), candidate(3, Some(90))];
        assert_eq!(ids(&grow(&some, true)), [3, 1]);
        assert_eq!(ids(&grow(&some, false)), [3, 2, 1]);
        let twice = [candidate(1, Some(90)), candidate(2, Some(90)), candidate(3, None)];
        assert_eq!(ids(&grow(&twice, true)), [3, 1]);
    }

    #[test]
    fn what_was_shown_long_ago_may_come_back() {
        let mut many: Vec<_> = (1..=41).map(|id| candidate(id, None)).collect();
        many.push(candidate(42, Some(1)));
        assert_eq!(ids(&grow(&many, true))[0], 42);
        assert_eq!(grow(&many, true).len(), 42);
    }
}
