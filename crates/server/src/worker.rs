//! The worker role: jobs and deliveries, until told to stop.

use anyhow::{Context as _, bail};
use ferrodon_app::federation::delivery;
use ferrodon_app::{App, jobs};
use tokio_util::sync::CancellationToken;

/// Jobs that one process runs at once. They wait for the database or for other servers most of
/// the time.
const CONCURRENCY: usize = 16;
/// The queues of jobs that wait for other servers. They have workers of their own, so that servers
/// which never answer keep nobody here from their feeds and notifications.
const WAITING: [&str; 2] = ["ingress", "pull"];

/// Works on `queues` (all without any) until `shutdown`.
pub(crate) async fn run(
    app: App,
    mut queues: Vec<String>,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let known = jobs::QUEUES.map(|(name, _)| name);
    if let Some(unknown) = queues.iter().find(|queue| !known.contains(&queue.as_str())) {
        bail!("--queues: there is no queue {unknown:?}. There are {}", known.join(", "));
    }
    if queues.is_empty() {
        queues = known.map(str::to_owned).into();
    }
    ferrodon_app::setup::resume(&app).await.context("taking over what waits for its time")?;
    let delivers = queues.iter().any(|queue| queue == "push");
    let (waiting, own): (Vec<String>, Vec<String>) =
        queues.into_iter().partition(|queue| WAITING.contains(&queue.as_str()));
    let mut work = tokio::task::JoinSet::new();
    for queues in [own, waiting].into_iter().filter(|queues| !queues.is_empty()) {
        work.spawn(jobs::run_loop(app.clone(), queues, CONCURRENCY, shutdown.clone()));
    }
    let delivered = if delivers { delivery::run_loop(app, shutdown.clone()).await } else { Ok(()) };
    if delivered.is_err() {
        shutdown.cancel();
    }
    while let Some(ended) = work.join_next().await {
        if ended.is_err() {
            shutdown.cancel();
        }
        ended.context("the loop that runs jobs ended")?;
    }
    delivered
}
