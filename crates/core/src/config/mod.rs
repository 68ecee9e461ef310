//! Settings, read once at start.
//!
//! The names and defaults are those of `config/default.toml`; [`Config::load`] reads them from the
//! environment and the files of the working directory, and says everything that is wrong at once.

use std::net::SocketAddr;
use std::path::PathBuf;

use chrono::{DateTime, Utc};

mod dotenv;
mod load;
mod reader;
mod secrets;
mod values;

pub use load::Sources;
pub use reader::{ConfigError, Place, Problem};

/// Everything an operator can set. What each means and its default stand in
/// `config/default.toml`; the names are Mastodon's environment variables.
#[derive(Clone, Debug)]
pub struct Config {
    /// `LOCAL_DOMAIN`: the part after `@` in local handles.
    pub local_domain: String,
    /// `WEB_DOMAIN`: where pages and documents live; `LOCAL_DOMAIN` unless set.
    pub web_domain: String,
    /// `ALTERNATE_DOMAINS`: further names that mean this server.
    pub alternate_domains: Vec<String>,
    /// Whether addresses start with `https://`. Only tests and local trials turn it off.
    pub https: bool,
    /// `BIND` and `PORT`: where the web role listens.
    pub web_bind: SocketAddr,
    /// `BIND` and `FERRODON_STREAMING_PORT`: where the streaming role listens.
    pub streaming_bind: SocketAddr,
    /// `TRUSTED_PROXY_IP`: whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<ipnet::IpNet>,
    /// `DATABASE_URL` or `DB_*`; none starts an embedded PostgreSQL in [`Config::data_dir`].
    pub database_url: Option<Secret>,
    /// `DB_POOL`: connections kept by one process.
    pub database_pool: u32,
    /// `PREPARED_STATEMENTS`: off behind a PgBouncer that pools transactions.
    pub prepared_statements: bool,
    /// `REDIS_URL` or `REDIS_*`; none keeps feeds and streams in this process.
    pub redis_url: Option<Secret>,
    /// `FERRODON_DATA_DIR`: where the embedded database, its secrets and its media live.
    pub data_dir: PathBuf,
    /// `PAPERCLIP_ROOT_PATH`: media on disk, Mastodon's `public/system`.
    pub media_dir: PathBuf,
    /// `PAPERCLIP_ROOT_URL`, `CDN_HOST`: what media addresses start with, no slash at its end.
    pub media_url: String,
    /// `SECRET_KEY_BASE`.
    pub secret_key_base: Secret,
    /// `OTP_SECRET`.
    pub otp_secret: Secret,
    /// `ACTIVE_RECORD_ENCRYPTION_*`, for columns Mastodon encrypts.
    pub encryption: Encryption,
    /// `VAPID_PUBLIC_KEY` and `VAPID_PRIVATE_KEY`.
    pub vapid_public_key: String,
    pub vapid_private_key: Secret,
    /// `SINGLE_USER_MODE`.
    pub single_user_mode: bool,
    /// `LIMITED_FEDERATION_MODE` (or the old `WHITELIST_MODE`).
    pub limited_federation: bool,
    /// `AUTHORIZED_FETCH`; when unset the admin's setting decides.
    pub authorized_fetch: Option<bool>,
    /// `DISALLOW_UNAUTHENTICATED_API_ACCESS`.
    pub disallow_unauthenticated_api: bool,
    /// `DEFAULT_LOCALE`.
    pub default_locale: String,
    /// `STREAMING_API_BASE_URL`: the address clients are told; none derives it.
    pub streaming_url: Option<String>,
    /// `USER_ACTIVE_DAYS`: whose home feeds are kept.
    pub user_active_days: i64,
    /// `MAX_REACTIONS`: different reactions to one announcement.
    pub max_reactions: i64,
    /// `SOURCE_BASE_URL`, `GITHUB_REPOSITORY`: where the source code is, shown to people.
    pub source_url: String,
    /// Whether a translation service is configured (`DEEPL_API_KEY`, `LIBRE_TRANSLATE_ENDPOINT`).
    pub translation_enabled: bool,
    /// `ALLOWED_PRIVATE_ADDRESSES`: special networks that outgoing requests may reach.
    pub allowed_private_addresses: Vec<ipnet::IpNet>,
    /// `http_proxy`.
    pub http_proxy: Option<String>,
    /// `FERRODON_CA_FILE`: further certificate authorities to trust (PEM file); for tests.
    pub ca_file: Option<PathBuf>,
    /// `RAILS_LOG_LEVEL`.
    pub log_level: String,
    /// `MASTODON_PROMETHEUS_EXPORTER_*`: where metrics are served, if they are.
    pub metrics_bind: Option<SocketAddr>,
    /// `FERRODON_LOG_FORMAT`: whether logs are JSON lines.
    pub log_json: bool,
    /// What is only for tests; production refuses it.
    pub testing: Testing,
}

/// Settings that change what time it is, where names lead and what is remembered.
#[derive(Clone, Debug, Default)]
pub struct Testing {
    /// `FERRODON_CLOCK`: the clock starts at this instant and runs on.
    pub clock: Option<DateTime<Utc>>,
    /// `FERRODON_RESOLVE`: connects there instead of asking DNS.
    pub resolve: Vec<(String, SocketAddr)>,
    /// `FERRODON_NO_ROW_CACHE`: every cache of rows is turned off.
    pub no_row_cache: bool,
    /// `FERRODON_NO_WORKERS`: jobs and deliveries are queued but not run.
    pub no_workers: bool,
}

/// The three secrets of Active Record encryption.
#[derive(Clone, Debug)]
pub struct Encryption {
    pub primary_key: Secret,
    pub deterministic_key: Secret,
    pub key_derivation_salt: Secret,
}

/// Text that must not reach a log: its `Debug` says nothing of it.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

impl Config {
    /// The address of a path of ours: `https://WEB_DOMAIN` and `path`, which starts with `/`.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url())
    }

    /// `https://WEB_DOMAIN`, without a slash at its end.
    #[must_use]
    pub fn base_url(&self) -> String {
        let scheme = if self.https { "https" } else { "http" };
        format!("{scheme}://{}", self.web_domain)
    }

    /// Whether `host` (lower case, with its port if it has one) means this server.
    #[must_use]
    pub fn is_local_host(&self, host: &str) -> bool {
        host == self.local_domain
            || host == self.web_domain
            || self.alternate_domains.iter().any(|domain| domain == host)
    }
}
