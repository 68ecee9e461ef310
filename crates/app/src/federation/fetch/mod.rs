//! Getting accounts and posts from other servers: each is looked for here first, then fetched,
//! checked against where it came from, and stored as Mastodon stores it.

mod actor;
pub(crate) mod document;
mod status;
mod url;
pub(crate) mod webfinger;

use chrono::{NaiveDateTime, TimeDelta};
use ferrodon_db as db;
use ferrodon_db::accounts::Account;
use ferrodon_db::polls::Poll;
use ferrodon_db::statuses::Status;

use super::{domains, local};
use crate::{App, Result};

pub use url::{Resolved, resolve_url};

/// An account is looked up again when its handle was confirmed longer ago than this.
const FRESH: TimeDelta = TimeDelta::days(1);
/// A remote poll is asked for again when it was last fetched longer ago than this.
const POLL_FRESH: TimeDelta = TimeDelta::minutes(1);
/// Accounts that one activity and all that it leads to may bring in.
const MOST_ACCOUNTS: i64 = 400;
/// Posts that one activity and all that it leads to may bring in.
const MOST_STATUSES: i64 = 1000;
/// How long the two are counted.
const COUNTED: TimeDelta = TimeDelta::minutes(5);

/// The account with this ActivityPub id, ours, known, or fetched now. None if there is no such
/// account or it may not be fetched.
pub async fn account_by_uri(app: &App, uri: &str) -> Result<Option<Account>> {
    Fetcher::new(app).account(uri).await
}

/// The account with this handle, ours, known, or looked up now.
pub async fn account_by_handle(
    app: &App,
    username: &str,
    domain: Option<&str>,
) -> Result<Option<Account>> {
    Fetcher::new(app).account_called(username, domain).await
}

/// The post with this ActivityPub id, ours, known, or fetched now.
pub async fn status_by_uri(app: &App, uri: &str) -> Result<Option<Status>> {
    Fetcher::new(app).status(uri).await
}

/// Fetches a post again, known or not, and stores what it says now.
pub async fn refresh_status(app: &App, uri: &str) -> Result<Option<Status>> {
    Fetcher::new(app).fetch_status(uri).await
}

/// Brings the numbers of a remote poll up to date, at most once a minute. Whether that was tried:
/// then the poll is to be read again. What goes wrong leaves it as it was.
pub async fn refresh_poll(app: &App, status: &Status, poll: &Poll) -> bool {
    let now = app.clock.now();
    let recent = (now - POLL_FRESH).naive_utc();
    let is_final = |ended: NaiveDateTime| {
        ended <= now.naive_utc() && poll.last_fetched_at.is_some_and(|at| at >= ended)
    };
    let is_fresh = poll.last_fetched_at.is_some_and(|at| at > recent);
    let (Some(false), Some(uri)) = (status.local, &status.uri) else { return false };
    if is_fresh || poll.expires_at.is_some_and(is_final) {
        return false;
    }
    let key = format!("poll-refresh:{}", poll.id);
    if !app.transient.set_if_absent(&key, "true", POLL_FRESH).await {
        return false;
    }
    if let Err(error) = refresh_status(app, uri).await {
        tracing::debug!(%error, "a poll could not be fetched");
    }
    true
}

/// Fetches an account again whatever its age.
pub async fn refresh_account(app: &App, account: &Account) -> Result<Option<Account>> {
    let fetcher = Fetcher::new(app);
    fetcher.fetch_account(&account.uri).await
}

/// Fetches the account that owns a key, whether or not it is known: keys change.
pub async fn account_of_key(app: &App, key_id: &str) -> Result<Option<Account>> {
    Fetcher::new(app).fetch_key_owner(key_id).await
}

/// Fetches what one cause leads to, so that a cause cannot lead to anything without end.
#[derive(Clone, Debug)]
pub struct Fetcher<'a> {
    pub(crate) app: &'a App,
    chain: String,
    /// How many posts deep quotes and boosts are being followed.
    depth: u8,
    /// How many accounts deep moves are being followed.
    moves: u8,
}

impl<'a> Fetcher<'a> {
    /// A new chain of requests.
    #[must_use]
    pub fn new(app: &'a App) -> Self {
        Self::in_chain(app, &uuid::Uuid::new_v4().to_string())
    }

    /// Goes on with a chain that began elsewhere.
    #[must_use]
    pub fn in_chain(app: &'a App, chain: &str) -> Self {
        Self { app, chain: chain.to_owned(), depth: 0, moves: 0 }
    }

    /// The name of the chain, for jobs that go on with it.
    #[must_use]
    pub fn chain(&self) -> &str {
        &self.chain
    }

    /// A fetcher for where an account moved to; none when that would be too deep.
    fn after_move(&self) -> Option<Self> {
        (self.moves < 2).then(|| Self { moves: self.moves + 1, ..self.clone() })
    }

    /// A fetcher for what a post quotes or boosts; none when that would be too deep.
    pub(crate) fn deeper(&self) -> Option<Self> {
        (self.depth < 2).then(|| Self { depth: self.depth + 1, ..self.clone() })
    }

    /// The account with this id. One that has not been looked at for a day is fetched again, but
    /// if that fails, it is still the account we know.
    pub async fn account(&self, uri: &str) -> Result<Option<Account>> {
        let known = {
            let mut conn = self.app.db.acquire().await?;
            local::known_account(self.app, &mut conn, uri).await?
        };
        match known {
            Some(account) if account.is_local() || self.is_fresh(&account) => Ok(Some(account)),
            Some(account) => match self.fetch_account(uri).await {
                Ok(Some(fetched)) => Ok(Some(fetched)),
                Ok(None) => Ok(Some(account)),
                Err(error) if error.is_temporary() => Ok(Some(account)),
                Err(error) => Err(error),
            },
            None => self.fetch_account(uri).await,
        }
    }

    /// The account with this id; one we know is taken as it is, whatever its age.
    pub async fn known_account(&self, uri: &str) -> Result<Option<Account>> {
        let known = {
            let mut conn = self.app.db.acquire().await?;
            local::known_account(self.app, &mut conn, uri).await?
        };
        match known {
            Some(account) => Ok(Some(account)),
            None => self.fetch_account(uri).await,
        }
    }

    /// The post with this id; one we know is taken as it is.
    pub async fn status(&self, uri: &str) -> Result<Option<Status>> {
        let known = {
            let mut conn = self.app.db.acquire().await?;
            local::known_status(self.app, &mut conn, uri).await?
        };
        match known {
            Some(status) => Ok(Some(status)),
            None => self.fetch_status(uri).await,
        }
    }

    fn is_fresh(&self, account: &Account) -> bool {
        let since = self.app.clock.now().naive_utc() - FRESH;
        account.last_webfingered_at.is_some_and(|at| at > since)
    }

    /// Whether anything may be fetched from this address.
    async fn may_ask(&self, uri: &str) -> Result<bool> {
        if local::is_local(&self.app.config, uri) {
            return Ok(false);
        }
        let mut conn = self.app.db.acquire().await?;
        Ok(!domains::is_blocked(self.app, &mut conn, uri).await?)
    }

    /// Counts a new account; false when this chain has brought in too many.
    async fn may_add_account(&self) -> bool {
        let key = format!("discovery_per_request:{}", self.chain);
        self.app.transient.increment(&key, COUNTED).await <= MOST_ACCOUNTS
    }

    /// Counts a new post; false when this chain has brought in too many.
    pub(crate) async fn may_add_status(&self) -> bool {
        let key = format!("status_discovery_per_request:{}", self.chain);
        self.app.transient.increment(&key, COUNTED).await <= MOST_STATUSES
    }
}

/// The account with this handle that we know already.
pub(crate) async fn known_by_handle(
    app: &App,
    username: &str,
    domain: Option<&str>,
) -> Result<Option<Account>> {
    let mut conn = app.db.acquire().await?;
    Ok(db::accounts::by_handle(&mut conn, username, domain).await?)
}
