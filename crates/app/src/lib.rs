//! What Ferrodon does: one module for each part of it, one function for each thing a person, a
//! remote server or a job can make it do.

use std::sync::{Arc, OnceLock};

use ferrodon_core::{Clock, Config};
use ferrodon_db::PgPool;
use redis::aio::ConnectionManager;

use crate::secrets::columns::ColumnCipher;
use crate::secrets::cookies::CookieSigner;
use crate::transient::Transient;

pub mod accounts;
pub mod activity;
pub mod address;
pub mod broadcast;
pub mod entities;
pub mod error;
pub mod favourites;
pub mod federation;
pub mod feeds;
pub mod filters;
pub mod follows;
pub mod http;
pub mod instance;
pub mod ip_blocks;
pub mod jobs;
pub mod keys;
pub mod limits;
pub mod notifications;
pub mod oauth;
pub mod polls;
pub mod reblogs;
pub mod redis_link;
pub mod search;
pub mod secrets;
pub mod sessions;
pub mod settings;
pub mod setup;
pub mod statuses;
pub mod throttle;
pub mod timelines;
pub mod transient;

pub use error::{Error, Result};

/// What every function needs. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The settings of this process.
    pub config: Arc<Config>,
    /// Connections to PostgreSQL.
    pub db: PgPool,
    /// The only source of "now".
    pub clock: Clock,
    /// Everything that leaves for other machines, deliveries apart.
    pub http: http::Client,
    /// The connection to Redis, where one is set.
    pub redis: Option<ConnectionManager>,
    /// Live events.
    pub broadcast: broadcast::Broadcast,
    /// Home and list feeds.
    pub feeds: feeds::Feeds,
    /// Counters, short locks and other small things with a life.
    pub transient: Transient,
    /// Signs and reads cookies.
    pub cookies: CookieSigner,
    /// Addresses that are shut out.
    pub(crate) ip_blocks: ip_blocks::Cache,
    /// What admins set.
    pub(crate) settings: settings::Cache,
    /// The keys that signed lately, parsed.
    pub senders: federation::sender::Known,
    /// Where activities wait to be stored.
    pub intake: Arc<federation::intake::Intake>,
    /// The private keys of our accounts, parsed.
    pub keys: keys::Keys,
    columns: Arc<OnceLock<ColumnCipher>>,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("config", &self.config).finish_non_exhaustive()
    }
}

impl App {
    /// Reads and writes encrypted columns.
    #[must_use]
    pub fn columns(&self) -> &ColumnCipher {
        self.columns.get_or_init(|| ColumnCipher::new(&self.config.encryption))
    }

    /// Puts together what every function needs. Connects to nothing by itself except Redis,
    /// where one is set.
    pub async fn new(config: Config, db: PgPool, clock: Clock) -> anyhow::Result<Self> {
        let redis = redis_link::connect(&config)?;
        Ok(Self {
            broadcast: broadcast::Broadcast::new(redis_link::client(&config)?.zip(redis.clone())),
            feeds: feeds::Feeds::new(redis.clone()),
            transient: Transient::new(redis.clone(), clock.clone()),
            cookies: CookieSigner::new(&config.secret_key_base),
            ip_blocks: ip_blocks::Cache::default(),
            settings: settings::Cache::default(),
            senders: federation::sender::Known::new(&config),
            intake: Arc::default(),
            keys: keys::Keys::new(&config),
            columns: Arc::default(),
            http: http::Client::new(&config)?,
            config: Arc::new(config),
            db,
            clock,
            redis,
        })
    }
}
