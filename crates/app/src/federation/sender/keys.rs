//! The keys that sign what we receive: cached, stored, or fetched from whoever they belong to.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use ferrodon_activitypub::keys::PublicKey;
use ferrodon_activitypub::signature::Refused;
use ferrodon_activitypub::value;
use ferrodon_activitypub::webfinger::Acct;
use ferrodon_core::Config;
use ferrodon_db as db;
use http::StatusCode;
use moka::future::Cache;

use super::Sender;
use crate::federation::{domains, fetch};
use crate::{App, Error, Result};

/// How long a key or a decision about a host may be out of date. What must not wait is checked
/// again when the activity is processed.
const FRESH: Duration = Duration::from_secs(60);
/// Keys kept parsed.
const KEPT_KEYS: u64 = 20_000;
/// Longer addresses are no keys.
const MAX_KEY_ID: usize = 2048;
/// How often we ask for keys at one address that are not there.
const FETCHES_A_MINUTE: i64 = 5;

/// The keys and hosts this process knows.
#[derive(Clone, Debug)]
pub struct Known {
    keys: Cache<String, Arc<Key>>,
    blocked_hosts: Cache<String, bool>,
    is_on: bool,
}

impl Known {
    /// Nothing yet; stays so where rows are not to be cached.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self {
            keys: Cache::builder().max_capacity(KEPT_KEYS).time_to_live(FRESH).build(),
            blocked_hosts: Cache::builder().max_capacity(KEPT_KEYS).time_to_live(FRESH).build(),
            is_on: !config.testing.no_row_cache,
        }
    }
}

/// A key, parsed, and whose it is.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) public: PublicKey,
    revoked: bool,
    expires_at: Option<DateTime<Utc>>,
    /// The handle of its owner.
    pub(super) acct: String,
    pub(super) sender: Sender,
}

impl Key {
    /// None if it cannot be used. A key must be on its owner's server, whatever was stored.
    fn parse(row: db::inboxes::Key) -> Option<Self> {
        value::same_host(&row.uri, &row.account_uri).then_some(())?;
        Some(Self {
            public: PublicKey::from_pem(&row.public_key).ok()?,
            revoked: row.revoked,
            expires_at: row.expires_at.map(|at| at.and_utc()),
            acct: format!("{}@{}", row.username, row.domain.as_deref().unwrap_or_default()),
            sender: Sender {
                id: row.account_id,
                inbox_host: value::web(&row.inbox_url)
                    .and_then(|url| url.host_str().map(str::to_owned)),
                uri: row.account_uri,
                domain: row.domain,
                followers_url: row.followers_url,
            },
        })
    }

    /// Whether its owner still stands by it.
    pub(super) fn check_usable(&self, key_id: &str, now: DateTime<Utc>) -> Result<(), Refused> {
        if self.revoked {
            return Err(Refused::new(format!("Key {key_id} is revoked")));
        }
        if self.expires_at.is_some_and(|at| at <= now) {
            return Err(Refused::new(format!("Key {key_id} has expired")));
        }
        Ok(())
    }
}

/// The address of the key: as given or, for the old form `acct:user@domain`, that of the first
/// key of this account.
pub(super) async fn address(
    app: &App,
    key_id: &str,
    client: Option<IpAddr>,
) -> Result<String, Refused> {
    if !key_id.starts_with("acct:") {
        return Ok(key_id.to_owned());
    }
    let acct = Acct::parse(key_id).ok_or_else(|| not_found(key_id))?;
    if is_blocked(app, &acct.domain).await.map_err(|error| internal(&error))? {
        return Err(blocked(key_id));
    }
    let found = fetch::account_by_handle(app, &acct.username, Some(&acct.domain)).await;
    let account = match found {
        Ok(account) => account.ok_or_else(|| not_found(key_id))?,
        Err(error) => return Err(unreachable_key(app, key_id, client, &error).await),
    };
    let first = async {
        let mut conn = app.db.acquire().await?;
        db::inboxes::first_key_uri(&mut conn, account.id).await
    };
    first.await.map_err(|error| internal(&error.into()))?.ok_or_else(|| not_found(key_id))
}

/// Keys of blocked servers are not looked up, and none of ours signs towards us.
pub(super) async fn check_host(app: &App, key_id: &str) -> Result<(), Refused> {
    if key_id.len() > MAX_KEY_ID {
        return Err(not_found("of that length"));
    }
    let host = value::web(key_id)
        .and_then(|url| url.host_str().map(str::to_owned))
        .ok_or_else(|| not_found(key_id))?;
    if app.config.is_local_host(&host) {
        return Err(not_found(key_id));
    }
    if is_blocked(app, &host).await.map_err(|error| internal(&error))? {
        return Err(blocked(key_id));
    }
    Ok(())
}

/// Whether nothing is taken from this host.
async fn is_blocked(app: &App, host: &str) -> Result<bool> {
    let known = &app.senders;
    if known.is_on
        && let Some(blocked) = known.blocked_hosts.get(host).await
    {
        return Ok(blocked);
    }
    let mut conn = app.db.acquire().await?;
    let blocked = domains::policy(app, &mut conn, host).await?.is_blocked;
    drop(conn);
    if known.is_on {
        known.blocked_hosts.insert(host.to_owned(), blocked).await;
    }
    Ok(blocked)
}

/// The key as cached, stored or else fetched now; the latter is told.
pub(super) async fn find(
    app: &App,
    key_id: &str,
    client: Option<IpAddr>,
) -> Result<(Arc<Key>, bool), Refused> {
    if app.senders.is_on
        && let Some(key) = app.senders.keys.get(key_id).await
    {
        return Ok((key, false));
    }
    match stored(app, key_id).await.map_err(|error| internal(&error))? {
        Some(key) => Ok((key, false)),
        None => Ok((fetch_key(app, key_id, client).await?, true)),
    }
}

/// The key as stored, and now cached.
async fn stored(app: &App, key_id: &str) -> Result<Option<Arc<Key>>> {
    let row = {
        let mut conn = app.db.acquire().await?;
        db::inboxes::key(&mut conn, key_id, without_fragment(key_id)).await?
    };
    let Some(key) = row.and_then(Key::parse).map(Arc::new) else { return Ok(None) };
    if app.senders.is_on {
        app.senders.keys.insert(key_id.to_owned(), key.clone()).await;
    }
    Ok(Some(key))
}

/// A key seen for the first time: its owner is fetched and stored. That the owner lists the key is
/// seen when it is read back.
async fn fetch_key(app: &App, key_id: &str, client: Option<IpAddr>) -> Result<Arc<Key>, Refused> {
    check_breaker(app, client).await?;
    let counter = format!("ferrodon:key_fetches:{}", without_fragment(key_id));
    if app.transient.increment(&counter, TimeDelta::minutes(1)).await > FETCHES_A_MINUTE {
        return Err(not_found(key_id));
    }
    if let Err(error) = fetch::account_of_key(app, key_id).await {
        return Err(unreachable_key(app, key_id, client, &error).await);
    }
    stored(app, key_id).await.map_err(|error| internal(&error))?.ok_or_else(|| not_found(key_id))
}

/// Asks the owner of a key that did not fit for its keys, once a minute at most.
pub(super) async fn renew(
    app: &App,
    key: &Key,
    key_id: &str,
    client: Option<IpAddr>,
) -> Result<Option<Arc<Key>>, Refused> {
    let counter = format!("ferrodon:key_renewal:{}", key.sender.id);
    if app.transient.increment(&counter, TimeDelta::minutes(1)).await > 1 {
        return Ok(None);
    }
    check_breaker(app, client).await?;
    let renewed = async {
        let account = {
            let mut conn = app.db.acquire().await?;
            db::accounts::find(&mut conn, key.sender.id).await?
        };
        match account {
            Some(account) => fetch::refresh_account(app, &account).await.map(|_| ()),
            None => Ok(()),
        }
    };
    match renewed.await {
        Ok(()) => stored(app, key_id).await.map_err(|error| internal(&error)),
        Err(error) => Err(unreachable_key(app, key_id, client, &error).await),
    }
}

/// One connection that fails while a key is fetched closes the door for this client for a while.
async fn check_breaker(app: &App, client: Option<IpAddr>) -> Result<(), Refused> {
    let Some(client) = client else { return Ok(()) };
    match app.transient.get(&breaker(client)).await {
        Some(_) => Err(Refused {
            status: StatusCode::SERVICE_UNAVAILABLE,
            message: "The server of the key could not be reached".to_owned(),
        }),
        None => Ok(()),
    }
}

fn breaker(client: IpAddr) -> String {
    format!("ferrodon:key_fetches_rest:{}", crate::throttle::by_network(client))
}

fn without_fragment(key_id: &str) -> &str {
    key_id.split_once('#').map_or(key_id, |(address, _)| address)
}

fn not_found(key_id: &str) -> Refused {
    Refused::new(format!("Public key not found for key {key_id}"))
}

fn blocked(key_id: &str) -> Refused {
    Refused { status: StatusCode::FORBIDDEN, ..not_found(key_id) }
}

/// A connection that fails may work later, so the peer is to try again, but not at once.
async fn unreachable_key(
    app: &App,
    key_id: &str,
    client: Option<IpAddr>,
    error: &Error,
) -> Refused {
    match error {
        Error::Unavailable(_) => {
            if let Some(client) = client {
                app.transient.set(&breaker(client), "open", TimeDelta::minutes(5)).await;
            }
            Refused {
                status: StatusCode::SERVICE_UNAVAILABLE,
                message: format!("Unable to fetch key {key_id}"),
            }
        }
        Error::Database(_) | Error::Internal(_) => internal(error),
        _ => not_found(key_id),
    }
}

fn internal(error: &Error) -> Refused {
    tracing::error!(%error, "could not check a signature");
    Refused {
        status: StatusCode::SERVICE_UNAVAILABLE,
        message: "Something went wrong on this side".to_owned(),
    }
}
