//! `ferrodon jobs`: background work that waits or was given up.

use std::io::Write as _;

use clap::{Args, Subcommand};
use ferrodon_core::{Clock, Config};
use ferrodon_db as db;
use ferrodon_db::job_list::{Filter, Listed};

#[derive(Debug, Subcommand)]
pub(crate) enum Jobs {
    /// Lists jobs, the newest first.
    List {
        #[command(flatten)]
        which: Which,
        /// Only those that were given up.
        #[arg(long)]
        failed: bool,
        /// How many at most.
        #[arg(long, default_value_t = 100)]
        limit: u32,
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Tries given-up jobs again: those with these ids, or all that fit with --all.
    Retry(Chosen),
    /// Deletes given-up jobs: those with these ids, or all that fit with --all.
    Delete(Chosen),
}

#[derive(Debug, Args)]
pub(crate) struct Which {
    /// Only this queue.
    #[arg(long)]
    queue: Option<String>,
    /// Only this kind, as `jobs list` shows it.
    #[arg(long)]
    kind: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Chosen {
    /// The jobs.
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    ids: Vec<i64>,
    /// All that fit.
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    which: Which,
}

impl Which {
    fn filter(self, failed: Option<bool>) -> Filter {
        Filter { failed, queue: self.queue, kind: self.kind }
    }
}

pub(crate) fn run(config: Config, command: Jobs) -> anyhow::Result<()> {
    super::with_database(config, false, |config| async move {
        let app = super::connect(config, Clock::default()).await?;
        let mut conn = app.db.acquire().await?;
        match command {
            Jobs::List { which, failed, limit, json } => {
                let filter = which.filter(failed.then_some(true));
                let jobs = db::job_list::list(&mut conn, &filter, limit.into()).await?;
                show(&jobs, json)?;
            }
            Jobs::Retry(chosen) => {
                let ids = (!chosen.all).then_some(&*chosen.ids);
                let filter = chosen.which.filter(None);
                let now = app.clock.now();
                let done = db::job_list::retry(&mut conn, &filter, ids, now).await?;
                println!("{done} given-up jobs will be tried again");
            }
            Jobs::Delete(chosen) => {
                let ids = (!chosen.all).then_some(&*chosen.ids);
                let filter = chosen.which.filter(None);
                let done = db::job_list::delete(&mut conn, &filter, ids).await?;
                println!("Deleted {done} given-up jobs");
            }
        }
        Ok(())
    })
}

fn show(jobs: &[Listed], json: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    if json {
        for job in jobs {
            writeln!(out, "{}", serde_json::to_string(job)?)?;
        }
        return Ok(());
    }
    if jobs.is_empty() {
        writeln!(out, "No jobs")?;
        return Ok(());
    }
    writeln!(
        out,
        "{:>10}  {:<10} {:<22} {:>5}  {:<20}  LAST ERROR",
        "ID", "QUEUE", "KIND", "TRIES", "STATE"
    )?;
    for job in jobs {
        let state = match job.failed_at {
            Some(at) => format!("failed {}", at.format("%m-%d %H:%M:%S")),
            None => format!("due {}", job.run_at.format("%m-%d %H:%M:%S")),
        };
        let error = job.last_error.as_deref().unwrap_or("").lines().next().unwrap_or("");
        let (id, queue, kind, tries) = (job.id, &job.queue, &job.kind, job.attempt);
        writeln!(out, "{id:>10}  {queue:<10} {kind:<22} {tries:>5}  {state:<20}  {error}")?;
    }
    Ok(())
}
