//! `ferrodon server`, `web`, `streaming` and `worker`: one or all roles until a signal.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use ferrodon_app::App;
use ferrodon_core::config::Sources;
use ferrodon_core::{Clock, Config};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::{http, logs};

/// How long roles may take to stop; after that, what is left is cut off. Leases see to it that
/// nothing is lost.
const STOPPING: Duration = Duration::from_secs(25);

/// How long connections to PostgreSQL may take to close.
const CLOSING: Duration = Duration::from_secs(5);

/// What `ferrodon worker` can be told.
#[derive(Debug, Args)]
pub(crate) struct WorkerOptions {
    /// Only these queues, separated by commas (default: all).
    #[arg(long, value_delimiter = ',')]
    queues: Vec<String>,
}

/// What this process does.
#[derive(Debug)]
pub(crate) struct Roles {
    web: bool,
    streaming: bool,
    worker: Option<WorkerOptions>,
}

impl Roles {
    pub(crate) fn all() -> Self {
        Self { web: true, streaming: true, worker: Some(WorkerOptions { queues: Vec::new() }) }
    }

    pub(crate) fn web() -> Self {
        Self { web: true, streaming: false, worker: None }
    }

    pub(crate) fn streaming() -> Self {
        Self { web: false, streaming: true, worker: None }
    }

    pub(crate) fn worker(options: WorkerOptions) -> Self {
        Self { web: false, streaming: false, worker: Some(options) }
    }
}

/// Runs the roles until SIGTERM or SIGINT, then stops in order: listeners close, requests
/// finish, leases are given back, the embedded database stops last.
pub(crate) fn run(roles: Roles, i_know: bool) -> anyhow::Result<()> {
    let mut sources = Sources::of_process();
    sources.i_know = i_know;
    sources.streaming_only = roles.streaming && !roles.web;
    let config = Config::load(sources)?;
    logs::start(&config.log_level, config.log_json);
    // Nothing else may have chosen another TLS implementation before; see docs/adr.
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        tracing::debug!("the TLS implementation was chosen before");
    }
    super::with_database(config, true, |config| async move {
        let clock = config.testing.clock.map_or_else(Clock::default, Clock::running_from);
        let app = super::connect(config, clock).await?;
        run_roles(roles, app).await
    })
}

async fn run_roles(roles: Roles, app: App) -> anyhow::Result<()> {
    let shutdown = CancellationToken::new();
    let tasks = TaskTracker::new();
    let unfinished = Arc::new(AtomicUsize::new(0));
    let config = app.config.clone();
    let metrics = match config.metrics_bind {
        Some(addr) => {
            Some((crate::metrics::install()?, http::listen(addr, crate::metrics::SETTING).await?))
        }
        None => None,
    };
    // Listeners first: an address that is taken is said before anything else begins.
    let web = match roles.web {
        true => Some(http::listen(config.web_bind, "BIND and PORT").await?),
        false => None,
    };
    let streaming = match roles.streaming {
        true => Some(http::listen(config.streaming_bind, "FERRODON_STREAMING_PORT").await?),
        false => None,
    };
    if let Some(listener) = web {
        tracing::info!(address = %config.web_bind, "web listens");
        let router = crate::router(app.clone());
        spawn(
            &tasks,
            &shutdown,
            &unfinished,
            "web",
            http::serve(listener, router, shutdown.clone()),
        );
    }
    if let Some(listener) = streaming {
        tracing::info!(address = %config.streaming_bind, "streaming listens");
        let router = crate::streaming_router(app.clone());
        spawn(
            &tasks,
            &shutdown,
            &unfinished,
            "streaming",
            http::serve(listener, router, shutdown.clone()),
        );
    }
    if let Some((handle, listener)) = metrics {
        let router = crate::metrics::router(app.clone(), handle);
        spawn(
            &tasks,
            &shutdown,
            &unfinished,
            "metrics",
            http::serve(listener, router, shutdown.clone()),
        );
    }
    if let Some(options) = roles.worker
        && !config.testing.no_workers
    {
        let work = crate::worker::run(app.clone(), options.queues, shutdown.clone());
        spawn(&tasks, &shutdown, &unfinished, "worker", work);
    }
    tasks.close();

    stop_signal(&shutdown).await?;
    tracing::info!("stopping");
    shutdown.cancel();
    let in_time = tokio::time::timeout(STOPPING, tasks.wait()).await.is_ok();
    if !in_time {
        tracing::warn!("not everything ended in time; what was claimed comes back by itself");
    }
    // Connections that are still in use must not keep the process from its end.
    if tokio::time::timeout(CLOSING, app.db.close()).await.is_err() {
        tracing::warn!("connections to PostgreSQL were cut off");
    }
    tracing::info!("stopped");
    // Whoever watches over the process must see that it did not mean to stop.
    anyhow::ensure!(
        !in_time || unfinished.load(Ordering::Relaxed) == 0,
        "stopped because a role ended with an error, which the log has"
    );
    Ok(())
}

/// Runs a role; when it ends by itself, or panics, the process ends too, rather than live on half.
/// A role that did not end well stays among the `unfinished`.
fn spawn(
    tasks: &TaskTracker,
    shutdown: &CancellationToken,
    unfinished: &Arc<AtomicUsize>,
    role: &'static str,
    work: impl Future<Output = anyhow::Result<()>> + Send + 'static,
) {
    let ends_all = shutdown.clone().drop_guard();
    let unfinished = unfinished.clone();
    unfinished.fetch_add(1, Ordering::Relaxed);
    tasks.spawn(async move {
        let _ends_all = ends_all;
        match work.await {
            Ok(()) => {
                unfinished.fetch_sub(1, Ordering::Relaxed);
            }
            Err(error) => {
                tracing::error!(role, error = format!("{error:#}"), "a role ended with an error");
            }
        }
    });
}

async fn stop_signal(shutdown: &CancellationToken) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listening for SIGINT")?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        () = shutdown.cancelled() => {}
    }
    Ok(())
}
