//! A whole Ferrodon for one test: real PostgreSQL, the real router, a clock that stands still,
//! and remote servers that are ours to direct.

use axum::Router;
use chrono::{DateTime, Utc};
use ferrodon_app::App;
use ferrodon_core::config::Sources;
use ferrodon_core::{Clock, Config};

mod client;
mod database;
mod remote;
pub mod tls;

pub use client::{Client, Response};
pub use database::TestDatabase;
pub use remote::{Received, RemoteActor, RemoteServer};

/// The time at which every test starts.
pub const START: &str = "2026-01-02T03:04:05.678Z";

/// What an operator would have set. The database is given apart; its address is not used.
const SETTINGS: [(&str, &str); 8] = [
    ("LOCAL_DOMAIN", "local.test"),
    ("DATABASE_URL", "postgres://given.apart/"),
    ("SECRET_KEY_BASE", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
    ("ACTIVE_RECORD_ENCRYPTION_PRIMARY_KEY", "primary"),
    ("ACTIVE_RECORD_ENCRYPTION_DETERMINISTIC_KEY", "deterministic"),
    ("ACTIVE_RECORD_ENCRYPTION_KEY_DERIVATION_SALT", "salt"),
    ("VAPID_PRIVATE_KEY", "Q-dcmgSULMxZPAX-zcD3QeIGXu-EFdRPLjl6-Hgw1DM="),
    (
        "VAPID_PUBLIC_KEY",
        "BJM9LNHXYswxIZylsNPEaMc8pDiG4p2mA9slSPVv7qWefYOsSXbKfnrknkRz0mCXBUhNmqxkUY6Rcm7EBGD5UMI=",
    ),
];

/// A server with its own database and a clock that stands still.
#[derive(Debug)]
pub struct TestServer {
    pub app: App,
    pub clock: Clock,
    router: Router,
    database: TestDatabase,
}

impl TestServer {
    /// A new server, alone in the world.
    pub async fn start() -> Self {
        Self::start_with(&[], |_| {}).await
    }

    /// A new server that can reach these others.
    pub async fn start_among(remotes: &[&RemoteServer]) -> Self {
        Self::start_with(remotes, |_| {}).await
    }

    /// A new server that can reach `remotes`, with settings changed by `configure`.
    pub async fn start_with(
        remotes: &[&RemoteServer],
        configure: impl FnOnce(&mut Config),
    ) -> Self {
        tls::install_provider();
        let database = TestDatabase::take().await;
        let clock = Clock::stopped_at(START.parse::<DateTime<Utc>>().expect("a valid time"));
        let mut config = Config::load(Sources::of(SETTINGS)).expect("settings for tests");
        config.ca_file = Some(tls::ca_file());
        config.testing.resolve =
            remotes.iter().map(|remote| (remote.host.clone(), remote.address)).collect();
        config.allowed_private_addresses = vec!["127.0.0.0/8".parse().expect("a network")];
        configure(&mut config);
        let app = App::new(config, database.pool.clone(), clock.clone()).await.expect("an app");
        Self { router: ferrodon_server::router(app.clone()), app, clock, database }
    }

    /// The database behind it, for looking at rows.
    #[must_use]
    pub fn database(&self) -> &TestDatabase {
        &self.database
    }

    /// A connection to the database behind it.
    pub async fn conn(&self) -> sqlx::pool::PoolConnection<sqlx::Postgres> {
        self.app.db.acquire().await.expect("a connection")
    }

    /// Someone without a token.
    #[must_use]
    pub fn anonymous(&self) -> Client<'_> {
        Client { server: self, account: None, token: None }
    }

    /// Runs jobs until none is due. Fails the test if one of them failed for good.
    pub async fn run_jobs(&self) {
        let queues = ferrodon_app::jobs::QUEUES.map(|(name, _)| name);
        while ferrodon_app::jobs::work_once(&self.app, &queues, 50).await.expect("the queue works")
            > 0
        {}
        let mut conn = self.conn().await;
        let failed: Vec<(String, Option<String>)> = sqlx::query_as(
            "select payload::text, last_error from ferrodon.jobs where failed_at is not null",
        )
        .fetch_all(&mut *conn)
        .await
        .expect("an answer");
        assert!(failed.is_empty(), "jobs failed for good: {failed:?}");
    }
}
