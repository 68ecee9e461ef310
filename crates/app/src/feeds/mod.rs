//! Home and list feeds: the newest 800 of what someone follows. In Redis under Mastodon's keys
//! where there is one, else in this process. A feed may vanish at any time and is built again
//! from PostgreSQL when it is next read.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ferrodon_core::{AccountId, Page, StatusId};
use ferrodon_db as db;
use redis::aio::ConnectionManager;

use crate::{App, Result, timelines};

mod feed;
mod stored;

pub use feed::Entry;
use feed::Feed;

/// How many statuses of one account go into a feed that is built anew.
const PER_ACCOUNT: i64 = 400;
/// How many go into the feed of someone who starts to follow the account.
const MERGED: i64 = 200;

/// Which feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// What an account follows.
    Home(AccountId),
    /// What the members of a list post.
    List(i64),
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Home(id) => write!(f, "feed:home:{id}"),
            Self::List(id) => write!(f, "feed:list:{id}"),
        }
    }
}

/// Where feeds are kept. Cheap to clone.
#[derive(Clone)]
pub enum Feeds {
    /// Shared by all processes of this server.
    Redis(ConnectionManager),
    /// This process only.
    Memory(Kept),
}

/// The feeds of one process.
#[derive(Clone, Debug, Default)]
pub struct Kept(Arc<Mutex<HashMap<Key, InProcess>>>);

#[derive(Debug, Default)]
struct InProcess {
    /// Whether it was built; until then it only gathers what is inserted meanwhile.
    complete: bool,
    feed: Feed,
}

impl Kept {
    fn lock(&self) -> MutexGuard<'_, HashMap<Key, InProcess>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Feeds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Redis(_) => "Feeds::Redis",
            Self::Memory(_) => "Feeds::Memory",
        })
    }
}

impl Feeds {
    /// In Redis, or in this process without one.
    #[must_use]
    pub fn new(redis: Option<ConnectionManager>) -> Self {
        match redis {
            Some(manager) => Self::Redis(manager),
            None => Self::Memory(Kept::default()),
        }
    }

    /// Puts a status into those of these feeds that exist; returns the feeds that show it now and
    /// did not before, and those that do not exist: they will show it once they are built. The
    /// flag says whether boosts of the same are shown once.
    pub async fn insert(&self, entry: Entry, into: &[(Key, bool)]) -> Vec<Key> {
        match self {
            Self::Redis(manager) => stored::insert(manager, entry, into).await,
            Self::Memory(feeds) => {
                let mut feeds = feeds.lock();
                into.iter()
                    .filter(|(key, aggregate)| {
                        feeds.get_mut(key).is_none_or(|kept| kept.feed.insert(entry, *aggregate))
                    })
                    .map(|(key, _)| *key)
                    .collect()
            }
        }
    }

    /// Takes a status out of these feeds; returns those that showed it, and those that do not
    /// exist here: someone may have been shown it all the same.
    pub async fn remove(&self, entry: Entry, from: &[Key]) -> Vec<Key> {
        match self {
            Self::Redis(manager) => stored::remove(manager, entry, from).await,
            Self::Memory(feeds) => {
                let mut feeds = feeds.lock();
                from.iter()
                    .filter(|key| feeds.get_mut(key).is_none_or(|kept| kept.feed.remove(entry)))
                    .copied()
                    .collect()
            }
        }
    }

    /// Forgets a feed; it is built again when it is read.
    pub async fn forget(&self, key: Key) {
        match self {
            Self::Redis(manager) => stored::forget(manager, key).await,
            Self::Memory(feeds) => {
                feeds.lock().remove(&key);
            }
        }
    }

    /// All that is in a feed, oldest first; none if there is no such feed.
    pub async fn all(&self, key: Key) -> Option<Vec<StatusId>> {
        let mut ids = self.page(key, &Page::default(), feed::MAX_ITEMS).await?;
        ids.reverse();
        Some(ids)
    }

    /// A page of a feed, newest first; none if there is no such feed.
    async fn page(&self, key: Key, page: &Page, limit: usize) -> Option<Vec<StatusId>> {
        match self {
            Self::Redis(manager) => stored::page(manager, key, page, limit).await,
            Self::Memory(feeds) => {
                let feeds = feeds.lock();
                feeds.get(&key).filter(|kept| kept.complete).map(|kept| kept.feed.page(page, limit))
            }
        }
    }

    /// From here until [`Feeds::store`], what is inserted is kept.
    async fn begin(&self, key: Key) {
        match self {
            Self::Redis(manager) => stored::begin(manager, key).await,
            Self::Memory(feeds) => {
                feeds.lock().entry(key).or_default();
            }
        }
    }

    /// Keeps a feed built anew, together with what was inserted meanwhile.
    async fn store(&self, key: Key, mut feed: Feed) {
        match self {
            Self::Redis(manager) => stored::store(manager, key, &feed).await,
            Self::Memory(feeds) => {
                let mut feeds = feeds.lock();
                if let Some(meanwhile) = feeds.get(&key) {
                    feed.ids.extend(&meanwhile.feed.ids);
                }
                feeds.insert(key, InProcess { complete: true, feed });
            }
        }
    }
}

/// A page of what an account follows, newest first.
pub async fn home(
    app: &App,
    account_id: AccountId,
    page: &Page,
    limit: i64,
) -> Result<Vec<StatusId>> {
    let limit = usize::try_from(limit).unwrap_or(0);
    let key = Key::Home(account_id);
    if let Some(ids) = app.feeds.page(key, page, limit).await {
        return Ok(ids);
    }
    Ok(build_home(app, account_id).await?.page(page, limit))
}

/// A page of what the members of a list post, newest first.
pub async fn list(app: &App, list_id: i64, page: &Page, limit: i64) -> Result<Vec<StatusId>> {
    let limit = usize::try_from(limit).unwrap_or(0);
    let key = Key::List(list_id);
    if let Some(ids) = app.feeds.page(key, page, limit).await {
        return Ok(ids);
    }
    app.feeds.begin(key).await;
    let mut conn = app.db.acquire().await?;
    let aggregate = match db::feeds::list_owner(&mut conn, list_id).await? {
        Some(owner) => aggregates(&mut conn, owner).await?,
        None => true,
    };
    let rows = db::feeds::list_candidates(&mut conn, list_id, PER_ACCOUNT).await?;
    let feed = Feed::of(&entries(&rows), aggregate);
    drop(conn);
    app.feeds.store(key, feed.clone()).await;
    Ok(feed.page(page, limit))
}

async fn build_home(app: &App, account_id: AccountId) -> Result<Feed> {
    let key = Key::Home(account_id);
    app.feeds.begin(key).await;
    let mut conn = app.db.acquire().await?;
    let aggregate = aggregates(&mut conn, account_id).await?;
    let rows = db::feeds::home_candidates(&mut conn, account_id, PER_ACCOUNT).await?;
    drop(conn);
    let feed = Feed::of(&entries(&rows), aggregate);
    app.feeds.store(key, feed.clone()).await;
    Ok(feed)
}

/// Puts the recent statuses of an account into the feed of someone who now follows it.
pub async fn merge(app: &App, from: AccountId, into: AccountId) -> Result<()> {
    let key = Key::Home(into);
    let Some(present) = app.feeds.all(key).await else { return Ok(()) };
    // A feed that is well filled is not made longer at its end.
    let oldest = if present.len() >= usize::try_from(MERGED).unwrap_or(usize::MAX) {
        present.first().copied()
    } else {
        None
    };
    let mut conn = app.db.acquire().await?;
    let aggregate = aggregates(&mut conn, into).await?;
    let rows = db::feeds::merge_candidates(&mut conn, from, into, oldest, MERGED).await?;
    drop(conn);
    for entry in entries(&rows) {
        app.feeds.insert(entry, &[(key, aggregate)]).await;
    }
    Ok(())
}

/// Takes the statuses of an account out of the feed of someone who no longer follows it.
pub async fn unmerge(app: &App, from: AccountId, out_of: AccountId) -> Result<()> {
    let key = Key::Home(out_of);
    let Some(present) = app.feeds.all(key).await else { return Ok(()) };
    let mut conn = app.db.acquire().await?;
    let rows = db::feeds::posted_by(&mut conn, &present, from).await?;
    drop(conn);
    for entry in entries(&rows) {
        app.feeds.remove(entry, &[key]).await;
    }
    Ok(())
}

/// Takes everything that an account posted, is mentioned in or had boosted out of a home feed:
/// its owner blocks or mutes the account.
pub async fn clear(app: &App, owner: AccountId, of: AccountId) -> Result<()> {
    let key = Key::Home(owner);
    let Some(present) = app.feeds.all(key).await else { return Ok(()) };
    let mut conn = app.db.acquire().await?;
    let rows = db::feeds::involving(&mut conn, &present, of).await?;
    drop(conn);
    for entry in entries(&rows) {
        app.feeds.remove(entry, &[key]).await;
        timelines::publish_delete(app, entry.id, vec![format!("timeline:{owner}")]).await;
    }
    Ok(())
}

async fn aggregates(conn: &mut db::PgConnection, account_id: AccountId) -> Result<bool> {
    let settings = db::feeds::settings_of(conn, account_id).await?;
    Ok(wants_aggregates(settings.as_deref()))
}

/// Whether someone with these settings wants to see boosts of the same status once.
pub(crate) fn wants_aggregates(settings: Option<&str>) -> bool {
    ferrodon_core::user_settings::UserSettings::parse(settings)
        .flag("aggregate_reblogs")
        .unwrap_or(true)
}

fn entries(rows: &[db::feeds::Item]) -> Vec<Entry> {
    rows.iter().map(|row| Entry { id: row.id, reblog_of_id: row.reblog_of_id }).collect()
}
