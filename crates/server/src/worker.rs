//! The worker role: jobs and deliveries, until told to stop.

use ferrodon_app::App;
use tokio_util::sync::CancellationToken;

/// Works on `queues` (all without any) until `shutdown`.
pub(crate) async fn run(
    app: App,
    queues: Vec<String>,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let _ = (app, queues);
    shutdown.cancelled().await;
    Ok(())
}
