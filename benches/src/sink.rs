//! The other servers: one process that answers as many hosts, in many manners.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use ferrodon_test_support::tls;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

use crate::process::{self, Running};

/// Every host ends with this.
pub(crate) const DOMAIN: &str = "sink.test";

/// Where the sink listens, as it says at its start.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Addresses {
    /// Answers 202.
    pub(crate) good: SocketAddr,
    /// Answers 202 without TLS.
    pub(crate) plain: SocketAddr,
    /// Takes connections and never answers.
    pub(crate) silent: SocketAddr,
    /// Answers after ten seconds.
    pub(crate) slow: SocketAddr,
    /// Answers 503 with `Retry-After`.
    pub(crate) overloaded: SocketAddr,
    /// Nobody listens here.
    pub(crate) refused: SocketAddr,
    /// Tells what was counted.
    pub(crate) control: SocketAddr,
    pub(crate) ca_file: std::path::PathBuf,
}

/// The sink in a process of its own.
#[derive(Debug)]
pub(crate) struct Sink {
    pub(crate) at: Addresses,
    _running: Running,
}

impl Sink {
    /// Starts it on the second core.
    pub(crate) fn start() -> anyhow::Result<Self> {
        let mut running = process::spawn_on(1, &["sink"])?;
        let stdout = running.0.stdout.take().context("the sink's output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).context("reading the sink's addresses")?;
        let at = serde_json::from_str(&line).context("the sink did not start")?;
        Ok(Self { at, _running: running })
    }
}

#[derive(Debug, Default)]
struct Counted {
    deliveries: AtomicU64,
}

/// The sink itself; runs until it is ended.
pub(crate) async fn run() -> anyhow::Result<()> {
    tls::install_provider();
    let counted = Arc::<Counted>::default();
    let bind = || TcpListener::bind("0.0.0.0:0");
    let good = Router::new().fallback(post(take)).with_state(counted.clone());
    let slow = Router::new().fallback(|| async {
        tokio::time::sleep(Duration::from_secs(10)).await;
        StatusCode::ACCEPTED
    });
    let overloaded = Router::new()
        .fallback(|| async { (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "120")]) });
    let control = Router::new()
        .route(
            "/count",
            get(|State(c): State<Arc<Counted>>| async move {
                c.deliveries.load(Ordering::Relaxed).to_string()
            }),
        )
        .with_state(counted.clone());

    let listeners = [bind().await?, bind().await?, bind().await?, bind().await?, bind().await?];
    let [good_at, plain_at, slow_at, overloaded_at, control_at] = &listeners;
    let silent = std::net::TcpListener::bind("0.0.0.0:0")?;
    let refused = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let at = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
    let addresses = Addresses {
        good: at(good_at.local_addr()?.port()),
        plain: at(plain_at.local_addr()?.port()),
        silent: at(silent.local_addr()?.port()),
        slow: at(slow_at.local_addr()?.port()),
        overloaded: at(overloaded_at.local_addr()?.port()),
        refused: at(refused.port()),
        control: at(control_at.local_addr()?.port()),
        ca_file: tls::ca_file(),
    };
    println!("{}", serde_json::to_string(&addresses)?);

    let wildcard = format!("*.{DOMAIN}");
    let [good_at, plain_at, slow_at, overloaded_at, control_at] = listeners;
    let tasks = [
        tls::serve(good_at, &wildcard, good.clone()),
        tls::serve(slow_at, &wildcard, slow),
        tls::serve(overloaded_at, &wildcard, overloaded),
        tokio::spawn(async move { drop(axum::serve(control_at, control).await) }),
    ];
    axum::serve(plain_at, good).await?;
    drop(tasks);
    Ok(())
}

async fn take(State(counted): State<Arc<Counted>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    if headers.contains_key("signature") && !body.is_empty() {
        counted.deliveries.fetch_add(1, Ordering::Relaxed);
        StatusCode::ACCEPTED
    } else {
        StatusCode::UNAUTHORIZED
    }
}
