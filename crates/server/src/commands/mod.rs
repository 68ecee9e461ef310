//! The command line: one file a command.

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use ferrodon_app::App;
use ferrodon_core::config::{Secret, Sources};
use ferrodon_core::{Clock, Config};
use ferrodon_db as db;
use tracing::instrument::WithSubscriber as _;

use crate::embedded::Embedded;

mod accounts;
mod jobs;
mod migrate;
mod serve;

/// A Mastodon-compatible server.
#[derive(Debug, Parser)]
#[command(name = "ferrodon", version, about)]
pub struct Cli {
    /// Allows settings that are meant for tests only.
    #[arg(long, global = true, hide = true)]
    i_know: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs every role in one process.
    Server,
    /// Answers apps, browsers and other servers.
    Web,
    /// Keeps the open connections of apps informed.
    Streaming,
    /// Does background work and deliveries.
    Worker(serve::WorkerOptions),
    /// Makes the database ready: creates what is missing, or takes over from Mastodon.
    Migrate,
    /// Manages the accounts of this server.
    #[command(subcommand)]
    Accounts(accounts::Accounts),
    /// Shows background work, and what was given up.
    #[command(subcommand)]
    Jobs(jobs::Jobs),
}

impl Cli {
    /// Does what the command line asks for.
    pub fn run(self) -> anyhow::Result<()> {
        let i_know = self.i_know;
        match self.command {
            Command::Server => serve::run(serve::Roles::all(), i_know),
            Command::Web => serve::run(serve::Roles::web(), i_know),
            Command::Streaming => serve::run(serve::Roles::streaming(), i_know),
            Command::Worker(options) => serve::run(serve::Roles::worker(options), i_know),
            Command::Migrate => migrate::run(settings(i_know)?),
            Command::Accounts(command) => accounts::run(settings(i_know)?, command),
            Command::Jobs(command) => jobs::run(settings(i_know)?, command),
        }
    }
}

/// What a command did not do, said in words that scripts and people know from `tootctl`.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Failure(String);

/// Tells the operator why a command ends with an error.
pub fn report(error: &anyhow::Error) {
    match error.downcast_ref::<Failure>() {
        Some(Failure(words)) => eprintln!("{}", words.trim_end()),
        None => eprintln!("ferrodon: {}", with_causes(error)),
    }
}

/// An error and its causes, leaving out those that the error above has told already.
fn with_causes(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.ends_with(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    text
}

/// The settings, for a command that does one thing and ends.
fn settings(i_know: bool) -> anyhow::Result<Config> {
    Ok(Config::load(Sources { i_know, ..Sources::of_process() })?)
}

/// Runs `work` with a database: the one that is set, else an embedded one that stops afterwards.
/// A command finds the embedded one running if the server runs; a server has it for itself, unless
/// there is a Redis through which several can work together.
fn with_database<F>(
    mut config: Config,
    is_server: bool,
    work: impl FnOnce(Config) -> F,
) -> anyhow::Result<()>
where
    F: Future<Output = anyhow::Result<()>>,
{
    let embedded = match config.database_url {
        Some(_) => None,
        None => {
            let embedded = match is_server && config.redis_url.is_none() {
                true => Embedded::start_alone(&config.data_dir)?,
                false => Embedded::start(&config.data_dir)?,
            };
            config.database_url = Some(Secret(embedded.url()));
            Some(embedded)
        }
    };
    let runtime = tokio::runtime::Runtime::new().context("starting the runtime")?;
    let done = runtime.block_on(work(config));
    // Whatever of the work still runs must not see its database vanish.
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
    let stopped = embedded.map_or(Ok(()), Embedded::stop);
    done.and(stopped)
}

/// Connects to the database and brings it up to date if it is ours to create or adopt.
async fn connect(config: Config, clock: Clock) -> anyhow::Result<App> {
    let url = config.database_url.clone().context("no database is set")?;
    let pool = db::connect(&url.0, config.database_pool, config.prepared_statements)
        .await
        .context("connecting to PostgreSQL (DATABASE_URL or DB_HOST, DB_PORT, DB_NAME, …)")?;
    // What it runs is long and takes long, so that it would be logged as slow, all of it.
    let outcome = ferrodon_app::setup::migrate(&pool, &clock)
        .with_subscriber(tracing::subscriber::NoSubscriber::default())
        .await?;
    if outcome.created || outcome.adopted || !outcome.applied.is_empty() {
        tracing::info!(
            created = outcome.created,
            adopted = outcome.adopted,
            applied = outcome.applied.join(", "),
            foreign_versions = outcome.foreign_versions.len(),
            "database is ready"
        );
    }
    App::new(config, pool, clock).await
}
