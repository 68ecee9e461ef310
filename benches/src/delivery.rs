//! `delivery`: what a signed delivery costs beside its signature.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::ChildStdout;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use ferrodon_app::App;
use ferrodon_app::federation::{delivery, outbox};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::limit;
use crate::process::{self, Running};
use crate::report::Measure;
use crate::sink::{Addresses, Sink};
use crate::world::{self, Database};

/// Hosts that the followers live on.
const HOSTS: usize = 500;
/// Length of one look at the limit.
const LOOK: Duration = Duration::from_millis(1500);

/// What the sender is told to do, on its command line.
#[derive(Debug, Serialize, Deserialize)]
struct Order {
    database: String,
    sink: Addresses,
    followers: usize,
    kind: String,
    /// Every third host is dead in one of five ways.
    dead: bool,
}

/// What one run came to.
#[derive(Debug, Serialize, Deserialize)]
struct Run {
    /// Milliseconds that the job took which writes the deliveries.
    distribute_ms: f64,
    /// Deliveries to live hosts.
    delivered: usize,
    wall: f64,
    /// Processor seconds of the sender while it delivered.
    cpu: f64,
    /// Bare signatures a second before and after, on the same core.
    limit: f64,
    peak_memory: f64,
}

/// D1, D2 and D5.
pub(crate) fn measure(quick: bool) -> anyhow::Result<Vec<Measure>> {
    let sink = Sink::start()?;
    let database = Database::start()?;
    let mut measures = Vec::new();
    let unit = "deliveries/cpu-s";
    let small = if quick { 2_000 } else { 10_000 };

    let mut flat = Vec::new();
    for kind in ["plain", "good"] {
        let run = one(&sink, &database, small, kind, false)?;
        let what = match kind {
            "plain" => format!("D1 {small} inboxes, HTTP"),
            _ => format!("D1 {small} inboxes, TLS kept alive"),
        };
        measures.push(Measure::against("D1", what, run.per_cpu(), unit, run.run.limit));
        let what = format!("D1 {small}: PostgreSQL's own time a delivery");
        measures.push(Measure::alone("D1", what, run.postgres * 1e6, "µs"));
        flat.push(run);
    }
    let reference = flat.pop().context("a run")?;

    let dead = one(&sink, &database, small, "good", true)?;
    let per_second = |m: &Measured| m.run.delivered as f64 / m.run.wall;
    measures.push(Measure::against(
        "D2",
        "live hosts while 30 % of the hosts are dead",
        per_second(&dead),
        "deliveries/s",
        per_second(&reference),
    ));

    let sizes: &[usize] = if quick { &[100, 1_000] } else { &[100, 1_000, 10_000, 100_000] };
    for size in sizes {
        let run = one(&sink, &database, *size, "good", false)?;
        let per = run.run.cpu / run.run.delivered as f64;
        let base = reference.run.cpu / reference.run.delivered as f64;
        let what = format!("sender's time a delivery, {size} inboxes");
        measures.push(Measure::against("D5", what, per * 1e6, "µs", base * 1e6));
        let what = format!("writing {size} deliveries");
        measures.push(Measure::alone("D5", what, run.run.distribute_ms, "ms"));
        if *size == 100_000 {
            let what = "D1 100000 inboxes, TLS kept alive".to_owned();
            measures.push(Measure::against("D1", what, run.per_cpu(), unit, run.run.limit));
            measures.push(Measure::alone(
                "D1",
                "peak memory of the sender",
                run.run.peak_memory,
                "MB",
            ));
        }
    }
    Ok(measures)
}

/// A run, and what PostgreSQL used for each delivery of it (seconds).
struct Measured {
    run: Run,
    postgres: f64,
}

impl Measured {
    fn per_cpu(&self) -> f64 {
        self.run.delivered as f64 / self.run.cpu
    }
}

/// One post to `followers` inboxes, by a sender on the first core.
fn one(
    sink: &Sink,
    database: &Database,
    followers: usize,
    kind: &str,
    dead: bool,
) -> anyhow::Result<Measured> {
    let (database_url, sink_at) = (database.url(), sink.at.clone());
    let order =
        Order { database: database_url, sink: sink_at, followers, kind: kind.to_owned(), dead };
    let mut sender: Running = process::spawn_on(0, &["sender", &serde_json::to_string(&order)?])?;
    let mut lines = BufReader::new(sender.0.stdout.take().context("the sender's output")?);
    // It says when it is ready and when it is done, so that PostgreSQL's time is that of the run.
    wait_for(&mut lines, "begin")?;
    let before = process::cpu_seconds_of_family(database.pid()?);
    wait_for(&mut lines, "end")?;
    let postgres = process::cpu_seconds_of_family(database.pid()?) - before;
    let mut line = String::new();
    lines.read_line(&mut line)?;
    let run: Run = serde_json::from_str(&line).context("what the sender measured")?;
    let delivered = run.delivered.max(1) as f64;
    eprintln!("{followers} inboxes, {kind}{}: {run:?}", if dead { ", some dead" } else { "" });
    Ok(Measured { run, postgres: postgres / delivered })
}

fn wait_for(lines: &mut BufReader<ChildStdout>, word: &str) -> anyhow::Result<()> {
    let mut line = String::new();
    while lines.read_line(&mut line)? > 0 {
        if line.trim() == word {
            return Ok(());
        }
        line.clear();
    }
    anyhow::bail!("the sender ended before it said {word:?}")
}

/// The sender, in a process of its own on the first core.
pub(crate) async fn send(order: &str) -> anyhow::Result<()> {
    let order: Order = serde_json::from_str(order)?;
    ferrodon_test_support::tls::install_provider();
    let app = world::app(&order.database, &order.sink, HOSTS).await?;
    let author = world::author(&app).await?;
    let kind = order.kind.as_str();
    let ways = ["silent", "slow", "overloaded", "refused"];
    let live_kind = if kind == "plain" { "plain" } else { "good" };
    let kind_of = |n: usize| match order.dead && n % 10 < 3 {
        true => ways[n / 10 % ways.len()],
        false => live_kind,
    };
    world::followers(&app.db, author, order.followers, HOSTS, kind_of).await?;
    let live = live_inboxes(&app).await?;

    // Connections and keys are there before the clock starts, as on a server that runs.
    let key = limit::new_key()?;
    let post = world::post(&app, author, "A post that everyone who follows shall read.").await?;
    let shutdown = CancellationToken::new();
    let runner = tokio::spawn(delivery::run_loop(app.clone(), shutdown.clone()));
    if !order.dead {
        outbox::distribute(&app, post).await.map_err(|error| anyhow::anyhow!("{error:?}"))?;
        until_delivered(&app).await?;
    }

    let pid = std::process::id();
    let before = limit::signatures(&key, OTHER_CORE, LOOK)?;
    let post =
        world::post(&app, author, "The post that is measured, as long as posts are.").await?;
    say("begin")?;
    let (cpu, started) = (process::cpu_seconds(pid), Instant::now());
    outbox::distribute(&app, post).await.map_err(|error| anyhow::anyhow!("{error:?}"))?;
    let distribute_ms = started.elapsed().as_secs_f64() * 1e3;
    until_delivered(&app).await?;
    let (wall, cpu) = (started.elapsed().as_secs_f64(), process::cpu_seconds(pid) - cpu);
    say("end")?;
    let after = limit::signatures(&key, OTHER_CORE, LOOK)?;
    shutdown.cancel();
    // Whatever still waits for a dead host is not what is measured.
    drop(runner);
    let run = Run {
        distribute_ms,
        delivered: live,
        wall,
        cpu,
        limit: f64::midpoint(before, after),
        peak_memory: process::peak_memory(),
    };
    say(&serde_json::to_string(&run)?)?;
    std::process::exit(0)
}

/// How busy the other core is during deliveries, by the sink and PostgreSQL.
const OTHER_CORE: f64 = 0.6;

fn say(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

async fn live_inboxes(app: &App) -> anyhow::Result<usize> {
    let live: i64 = sqlx::query_scalar(
        "select count(*) from accounts where domain like 'good%' or domain like 'plain%'",
    )
    .fetch_one(&app.db)
    .await?;
    Ok(usize::try_from(live)?)
}

/// Waits until nothing waits for a live host any more.
async fn until_delivered(app: &App) -> anyhow::Result<()> {
    let sql = "select count(*) from ferrodon.deliveries
               where host like 'good%' or host like 'plain%'";
    loop {
        let waiting: i64 = sqlx::query_scalar(sql).fetch_one(&app.db).await?;
        if waiting == 0 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
