//! One feed: the newest statuses someone follows, and which boost stands for which status. These
//! are the rules that the scripts in Redis follow too.

use std::collections::{BTreeMap, BTreeSet};

use ferrodon_core::{Page, StatusId};

/// How many statuses a feed holds.
pub(super) const MAX_ITEMS: usize = 800;
/// Among how many of the newest a boosted status is not shown again.
pub(super) const REBLOG_FALLOFF: usize = 40;

/// A status as feeds see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub id: StatusId,
    /// What it boosts.
    pub reblog_of_id: Option<StatusId>,
}

/// A feed in memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Feed {
    pub(super) ids: BTreeSet<StatusId>,
    /// Boosted statuses and the boost that stands for each.
    pub(super) reblogs: BTreeMap<StatusId, StatusId>,
    /// Further boosts of the same, which are not shown.
    pub(super) hidden: BTreeMap<StatusId, BTreeSet<StatusId>>,
}

impl Feed {
    /// A feed of these, oldest first.
    pub(super) fn of(entries: &[Entry], aggregate: bool) -> Self {
        let mut feed = Self::default();
        for entry in entries {
            feed.insert(*entry, aggregate);
        }
        feed
    }

    /// Puts a status in, unless a boost of it is there; a boost, unless (with `aggregate`) what it
    /// boosts was there lately. Says whether it is shown now and was not before.
    pub(super) fn insert(&mut self, entry: Entry, aggregate: bool) -> bool {
        match entry.reblog_of_id {
            Some(original) if aggregate => {
                let lately = self.ids.iter().rev().take(REBLOG_FALLOFF);
                if lately.into_iter().any(|id| *id == original) {
                    return false;
                }
                if let Some(shown) = self.reblogs.get(&original) {
                    if *shown != entry.id {
                        self.hidden.entry(original).or_default().insert(entry.id);
                    }
                    return false;
                }
                self.reblogs.insert(original, entry.id);
            }
            Some(_) => {}
            None if self.reblogs.contains_key(&entry.id) => return false,
            None => {}
        }
        let added = self.ids.insert(entry.id);
        self.trim();
        added && self.ids.contains(&entry.id)
    }

    /// Takes a status out. If it was a boost, another boost of the same takes its place.
    pub(super) fn remove(&mut self, entry: Entry) -> bool {
        match entry.reblog_of_id {
            Some(original) => {
                let mut others = self.hidden.remove(&original).unwrap_or_default();
                others.remove(&entry.id);
                if self.reblogs.get(&original) == Some(&entry.id) {
                    self.reblogs.remove(&original);
                    if let Some(next) = others.pop_first() {
                        self.ids.insert(next);
                        self.reblogs.insert(original, next);
                    }
                }
                if !others.is_empty() {
                    self.hidden.insert(original, others);
                }
            }
            None => {
                self.hidden.remove(&entry.id);
                self.reblogs.remove(&entry.id);
            }
        }
        self.ids.remove(&entry.id)
    }

    /// A page, newest first.
    pub(super) fn page(&self, page: &Page, limit: usize) -> Vec<StatusId> {
        let newest = page.max_id.map_or(StatusId(i64::MAX), |id| StatusId(id.saturating_sub(1)));
        let newer_than = page.min_id.or(page.since_id);
        let oldest = newer_than.map_or(StatusId(i64::MIN), |id| StatusId(id.saturating_add(1)));
        if oldest > newest {
            return Vec::new();
        }
        let range = self.ids.range(oldest..=newest);
        if page.min_id.is_some() {
            let mut ids: Vec<StatusId> = range.take(limit).copied().collect();
            ids.reverse();
            ids
        } else {
            range.rev().take(limit).copied().collect()
        }
    }

    fn trim(&mut self) {
        while self.ids.len() > MAX_ITEMS {
            self.ids.pop_first();
        }
        // Boosts that slid down are forgotten: what they boost may be shown again.
        if let Some(limit) = self.ids.iter().rev().nth(REBLOG_FALLOFF).copied() {
            self.reblogs.retain(|original, shown| {
                let keep = *shown > limit;
                if !keep {
                    self.hidden.remove(original);
                }
                keep
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(id: i64) -> Entry {
        Entry { id: StatusId(id), reblog_of_id: None }
    }

    fn boost(id: i64, of: i64) -> Entry {
        Entry { id: StatusId(id), reblog_of_id: Some(StatusId(of)) }
    }

    fn ids(feed: &Feed) -> Vec<i64> {
        feed.ids.iter().map(|id| id.0).collect()
    }

    #[test]
    fn a_boost_of_what_was_there_lately_is_not_shown() {
        let mut feed = Feed::default();
        assert!(feed.insert(post(1), true));
        assert!(!feed.insert(boost(2, 1), true));
        assert!(feed.insert(boost(3, 1), false));
        assert_eq!(ids(&feed), [1, 3]);
    }

    #[test]
    fn one_boost_stands_for_all_and_the_next_takes_its_place() {
        let mut feed = Feed::default();
        assert!(feed.insert(boost(11, 1), true));
        assert!(!feed.insert(boost(11, 1), true), "the same again");
        assert!(!feed.insert(boost(12, 1), true));
        assert!(!feed.insert(boost(13, 1), true));
        assert!(!feed.insert(post(1), true), "a boost of it is there");
        feed.remove(boost(12, 1));
        assert_eq!(ids(&feed), [11]);
        feed.remove(boost(11, 1));
        assert_eq!(ids(&feed), [13]);
        feed.remove(boost(13, 1));
        assert_eq!(feed, Feed::default());
    }

    #[test]
    fn only_the_newest_are_kept() {
        let mut feed = Feed::default();
        assert!(feed.insert(boost(1, 0), true));
        for id in 2..=42 {
            feed.insert(post(id), true);
        }
        assert!(feed.reblogs.is_empty(), "the boost slid down");
        for id in 43..=2000 {
            feed.insert(post(id), true);
        }
        assert_eq!(feed.ids.len(), MAX_ITEMS);
        assert!(!feed.insert(post(5), true), "older than all");
    }

    #[test]
    fn pages_are_newest_first() {
        let feed = Feed::of(&[post(1), post(2), post(3), post(4)], true);
        let page = |max: Option<i64>, since: Option<i64>, min: Option<i64>| -> Vec<i64> {
            let page = Page { max_id: max, since_id: since, min_id: min, limit: None };
            feed.page(&page, 2).into_iter().map(|id| id.0).collect()
        };
        assert_eq!(page(None, None, None), [4, 3]);
        assert_eq!(page(Some(3), None, None), [2, 1]);
        assert_eq!(page(None, Some(1), None), [4, 3]);
        assert_eq!(page(None, None, Some(1)), [3, 2]);
        assert_eq!(page(Some(1), None, Some(1)), [0; 0]);
    }
}
