//! The keys that sign what we receive, cached or stored.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use ferrodon_activitypub::keys::PublicKey;
use ferrodon_activitypub::signature::Refused;
use ferrodon_activitypub::value;
use ferrodon_core::Config;
use ferrodon_db as db;
use http::StatusCode;
use moka::future::Cache;

use super::Sender;
use crate::{App, Error, Result};

/// How long a key or a decision about a host may be out of date. What must not wait is checked
/// again when the activity is processed.
const FRESH: Duration = Duration::from_secs(60);
/// Keys kept parsed.
const KEPT_KEYS: u64 = 20_000;
/// Longer addresses are no keys.
const MAX_KEY_ID: usize = 2048;

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
    let block = db::domain_blocks::for_host(&mut conn, host).await?;
    let blocked = block.is_some_and(|block| block.severity == db::domain_blocks::SUSPEND)
        || (app.config.limited_federation
            && !db::domain_blocks::is_allowed(&mut conn, host).await?);
    drop(conn);
    if known.is_on {
        known.blocked_hosts.insert(host.to_owned(), blocked).await;
    }
    Ok(blocked)
}

/// The key as cached or stored.
pub(super) async fn find(app: &App, key_id: &str) -> Result<Arc<Key>, Refused> {
    if app.senders.is_on
        && let Some(key) = app.senders.keys.get(key_id).await
    {
        return Ok(key);
    }
    match stored(app, key_id).await.map_err(|error| internal(&error))? {
        Some(key) => Ok(key),
        None => Err(not_found(key_id)),
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

fn without_fragment(key_id: &str) -> &str {
    key_id.split_once('#').map_or(key_id, |(address, _)| address)
}

fn not_found(key_id: &str) -> Refused {
    Refused::new(format!("Public key not found for key {key_id}"))
}

fn blocked(key_id: &str) -> Refused {
    Refused { status: StatusCode::FORBIDDEN, ..not_found(key_id) }
}

fn internal(error: &Error) -> Refused {
    tracing::error!(%error, "could not check a signature");
    Refused {
        status: StatusCode::SERVICE_UNAVAILABLE,
        message: "Something went wrong on this side".to_owned(),
    }
}
