//! Metrics for Prometheus, on an address of their own.

use anyhow::Context as _;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use ferrodon_app::{App, jobs};
use ferrodon_db as db;
use metrics::gauge;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// The settings that say where, for errors.
pub(crate) const SETTING: &str =
    "MASTODON_PROMETHEUS_EXPORTER_HOST and MASTODON_PROMETHEUS_EXPORTER_PORT";

/// Upper bounds in seconds, from a signature to a peer that never answers.
const SECONDS: [f64; 12] = [0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0];

/// Starts to count. Once a process.
pub(crate) fn install() -> anyhow::Result<PrometheusHandle> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
        .and_then(PrometheusBuilder::install_recorder)
        .context("starting to count metrics")
}

/// `/metrics`.
pub(crate) fn router(app: App, handle: PrometheusHandle) -> Router {
    Router::new().route("/metrics", get(show)).with_state((app, handle))
}

async fn show(State((app, handle)): State<(App, PrometheusHandle)>) -> Response {
    if let Err(error) = read_depths(&app).await {
        tracing::warn!(%error, "could not read how much waits");
        return (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response();
    }
    handle.run_upkeep();
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], handle.render()).into_response()
}

/// What waits is in the database, so it is read when asked for: every process says the same.
async fn read_depths(app: &App) -> ferrodon_app::Result<()> {
    let mut conn = app.db.acquire().await?;
    let depths = db::job_list::depths(&mut conn, app.clock.now()).await?;
    // An empty queue is told too: a gauge keeps what it was last told.
    for (queue, _) in jobs::QUEUES {
        let depth = depths.iter().find(|depth| depth.queue == queue);
        let (due, later, given_up, age) =
            depth.map_or((0, 0, 0, 0.0), |d| (d.due, d.later, d.failed, d.age));
        for (state, count) in [("due", due), ("later", later), ("given_up", given_up)] {
            gauge!("ferrodon_jobs", "queue" => queue, "state" => state).set(count as f64);
        }
        gauge!("ferrodon_jobs_age_seconds", "queue" => queue).set(age);
    }
    gauge!("ferrodon_database_connections", "state" => "open").set(f64::from(app.db.size()));
    gauge!("ferrodon_database_connections", "state" => "idle").set(app.db.num_idle() as f64);
    Ok(())
}
