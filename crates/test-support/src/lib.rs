//! A whole Ferrodon for one test: real PostgreSQL, the real router, a clock that stands still,
//! and remote servers that are ours to direct.

use std::net::SocketAddr;

use axum::Router;
use chrono::{DateTime, Utc};
use ferrodon_app::App;
use ferrodon_app::accounts::{NewLocal, create_local};
use ferrodon_core::config::Sources;
use ferrodon_core::{Clock, Config, UserId};
use tokio::net::TcpListener;

pub mod browser;
mod client;
mod database;
mod remote;
pub mod tls;

pub use client::{Client, Response};
pub use database::TestDatabase;
pub use remote::{Received, RemoteActor, RemoteServer};

/// The time at which every test starts.
pub const START: &str = "2026-01-02T03:04:05.678Z";

/// The password of everyone in a test.
pub const PASSWORD: &str = "correct horse battery staple";

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

    /// Signs `username` up and in with an app that holds these scopes.
    pub async fn sign_in(&self, username: &str, scopes: &str) -> Client<'_> {
        let new = NewLocal {
            username: username.to_owned(),
            email: format!("{username}@mail.test"),
            password: PASSWORD.to_owned(),
            role_id: None,
            confirmed: true,
            approve: true,
            reattach: false,
        };
        let created = create_local(&self.app, new).await.expect("a new account");
        let mut conn = self.conn().await;
        // Someone who was here before: feeds are kept for those who come back.
        sqlx::query("update users set current_sign_in_at = $2 where id = $1")
            .bind(created.user_id)
            .bind(self.clock.now().naive_utc())
            .execute(&mut *conn)
            .await
            .expect("an update");
        let token = self.token_for(created.user_id, scopes).await;
        Client { server: self, account: Some(created.account_id), token: Some(token) }
    }

    /// Serves it on a port of this machine as well, for programs; where that is.
    pub async fn listen(&self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let place = listener.local_addr().expect("an address");
        let service = self.router.clone().into_make_service_with_connect_info::<SocketAddr>();
        // It ends with the test's runtime.
        tokio::spawn(async move { axum::serve(listener, service).await });
        place
    }

    /// A new token with these scopes for someone who is there already.
    pub async fn token_for(&self, user_id: UserId, scopes: &str) -> String {
        let token = ferrodon_app::secrets::token();
        let mut conn = self.conn().await;
        sqlx::query(
            "with app as (
                 insert into oauth_applications (name, uid, secret, redirect_uri, scopes, created_at, updated_at)
                 values ('Test app', $1, $1, 'urn:ietf:wg:oauth:2.0:oob', $2, $4, $4) returning id)
             insert into oauth_access_tokens (token, application_id, resource_owner_id, scopes, created_at)
             select $1, id, $3, $2, $4 from app",
        )
        .bind(&token)
        .bind(scopes)
        .bind(user_id)
        .bind(self.clock.now().naive_utc())
        .execute(&mut *conn)
        .await
        .expect("a token");
        token
    }

    /// Runs jobs and deliveries until none is due. Fails the test if one of them failed for good.
    pub async fn run_jobs(&self) {
        let queues = ferrodon_app::jobs::QUEUES.map(|(name, _)| name);
        loop {
            let work = ferrodon_app::jobs::work_once(&self.app, &queues, 50);
            let jobs = work.await.expect("the queue works");
            let deliveries = ferrodon_app::federation::delivery::work_once(&self.app)
                .await
                .expect("deliveries work");
            if jobs + deliveries == 0 {
                break;
            }
        }
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
