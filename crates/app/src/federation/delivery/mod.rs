//! Sends activities to remote inboxes.
//!
//! One task claims, starts and settles; each try is a task of its own; threads sign. Deliveries
//! wait in lanes, so that a slow host keeps nobody else waiting and the order for each sender and
//! host is kept. Memory is bounded: nothing more is claimed while enough waits.

mod lanes;
mod send;
mod settle;
mod signer;
mod verdict;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use ferrodon_core::AccountId;
use ferrodon_core::delivery::Priority;
use ferrodon_db as db;
use ferrodon_db::deliveries::Claimed;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use self::lanes::{Item, Lanes};
use self::send::{Outcome, Prepared, Sender};
use self::settle::{Batch, Known};
use self::verdict::{Rest, Verdict};
use crate::{App, Result, keys};

/// Deliveries taken at once.
const CLAIM: i64 = 500;
/// No more is claimed while so many wait.
const ENOUGH_WAITING: usize = 500;
/// Requests on their way at once. Most of them wait for others.
const IN_FLIGHT: usize = 1500;
/// So many may always be on their way, whatever this machine has run out of.
const FEWEST: usize = 32;
/// How long less is sent at once after this machine has run out of something.
const SHORTAGE: Duration = Duration::from_secs(60);
/// How long a worker may hold a delivery before others may take it.
const LEASE: TimeDelta = TimeDelta::minutes(10);
/// What could outlive its lease on the way is not started.
const LEASE_MARGIN: TimeDelta = TimeDelta::minutes(1);
/// How long a worker without work waits when nobody wakes it.
const POLL: Duration = Duration::from_secs(1);
/// What is done is written down after this time at the latest.
const SETTLE_AFTER: Duration = Duration::from_millis(50);
/// What is written down at once.
const SETTLE: usize = 500;
/// How long requests may go on once the process is asked to stop.
const GRACE: Duration = Duration::from_secs(15);
/// How often is looked for what was left behind.
const SWEEP: Duration = Duration::from_secs(30);

/// Delivers until `shutdown`. Then lets requests end and gives the rest back.
pub async fn run_loop(app: App, shutdown: CancellationToken) -> anyhow::Result<()> {
    let sender = Sender::new(&app)?;
    let mut wake = db::wake::Wake::new(app.db.clone(), db::deliveries::CHANNEL);
    let mut engine = Engine::new(app, sender);
    let mut next_sweep = Instant::now();
    while !shutdown.is_cancelled() {
        if Instant::now() >= next_sweep {
            engine.sweep().await;
            next_sweep = Instant::now() + SWEEP;
        }
        engine.start_some();
        engine.claim_some();
        engine.settle_some(false);
        tokio::select! {
            () = engine.progress() => {}
            () = wake.wait(POLL), if engine.is_hungry() => engine.found_nothing = false,
            () = shutdown.cancelled() => {}
            () = sleep_until(next_sweep) => {}
        }
    }
    engine.stop().await;
    Ok(())
}

/// Delivers what is due now and returns how many tries that were. For tests and commands.
pub async fn work_once(app: &App) -> Result<usize> {
    let sender = Sender::new(app)?;
    let mut engine = Engine::new(app.clone(), sender);
    loop {
        engine.start_some();
        engine.claim_some();
        engine.settle_some(engine.is_quiet());
        if engine.is_quiet() && engine.is_settled() && engine.found_nothing {
            return Ok(engine.tried);
        }
        engine.progress().await;
    }
}

/// A claim, ready to be put into lanes.
type Taken = (Vec<(Item, bool)>, Vec<i64>);

struct Engine {
    app: App,
    sender: Sender,
    lanes: Lanes,
    running: JoinSet<Outcome>,
    on_their_way: HashMap<tokio::task::Id, Outcome>,
    claiming: Option<JoinHandle<Result<Taken>>>,
    /// The last claim took nothing.
    found_nothing: bool,
    batch: Batch,
    batch_since: Option<Instant>,
    settling: Option<JoinHandle<(Known, Batch, Result<()>)>>,
    known: Option<Known>,
    /// Hosts whose failure is not written down yet: what is claimed for them goes back.
    failing: HashSet<Arc<str>>,
    settle_not_before: Instant,
    /// Fewer than usual may be on their way until then.
    shortage: Option<(usize, Instant)>,
    tried: usize,
}

impl Engine {
    fn new(app: App, sender: Sender) -> Self {
        Self {
            app,
            sender,
            lanes: Lanes::default(),
            running: JoinSet::new(),
            on_their_way: HashMap::new(),
            claiming: None,
            found_nothing: false,
            batch: Batch::default(),
            batch_since: None,
            settling: None,
            known: Some(Known::default()),
            failing: HashSet::new(),
            settle_not_before: Instant::now(),
            shortage: None,
            tried: 0,
        }
    }

    /// How much may be on its way.
    fn most_in_flight(&self) -> usize {
        match self.shortage {
            Some((most, until)) if Instant::now() < until => most,
            _ => IN_FLIGHT,
        }
    }

    /// Nothing waits and nothing is on its way.
    fn is_quiet(&self) -> bool {
        self.lanes.waiting() == 0 && self.running.is_empty() && self.claiming.is_none()
    }

    fn is_settled(&self) -> bool {
        self.batch.len() == 0 && self.settling.is_none()
    }

    /// There is room for more, and none was found.
    fn is_hungry(&self) -> bool {
        self.found_nothing && self.claiming.is_none()
    }

    /// Starts what may go out now.
    fn start_some(&mut self) {
        let now = self.app.clock.now();
        let most = self.most_in_flight();
        while self.running.len() < most
            && let Some(item) = self.lanes.next()
        {
            if item.leased_until - LEASE_MARGIN < now {
                self.lanes.ended(&item.host, item.account_id, true);
                self.give_back(vec![item.id]);
                continue;
            }
            let (app, sender) = (self.app.clone(), self.sender.clone());
            let about = item.panicked();
            let handle = self.running.spawn(async move { sender.attempt(&app, item).await });
            self.on_their_way.insert(handle.id(), about);
        }
    }

    /// Begins a claim if there is room for more.
    fn claim_some(&mut self) {
        if self.claiming.is_some()
            || self.found_nothing
            || self.lanes.waiting() >= ENOUGH_WAITING
            || self.running.len() >= self.most_in_flight()
        {
            return;
        }
        let (app, full) = (self.app.clone(), self.lanes.full());
        self.claiming = Some(tokio::spawn(async move { claim(&app, &full).await }));
    }

    /// Begins to write down what is done, when that is enough or has waited long enough.
    fn settle_some(&mut self, now: bool) {
        let waited = self.batch_since.is_some_and(|since| since.elapsed() >= SETTLE_AFTER);
        let due = now || waited || self.batch.len() >= SETTLE;
        if self.batch.len() == 0 || !due || Instant::now() < self.settle_not_before {
            return;
        }
        let Some(mut known) = self.known.take() else { return };
        let batch = std::mem::take(&mut self.batch);
        self.batch_since = None;
        let app = self.app.clone();
        self.settling = Some(tokio::spawn(async move {
            let done = settle::settle(&app, &mut known, &batch).await;
            (known, batch, done)
        }));
    }

    /// Waits until something has ended, and takes note of it. May be dropped while it waits.
    async fn progress(&mut self) {
        let settle_at = self.batch_since.map(|since| since + SETTLE_AFTER);
        let settle_at = settle_at.map(|at| at.max(self.settle_not_before));
        tokio::select! {
            Some(ended) = self.running.join_next_with_id() => {
                self.ended(ended);
                while let Some(more) = self.running.try_join_next_with_id() {
                    self.ended(more);
                }
            }
            taken = finished(&mut self.claiming) => {
                self.claiming = None;
                self.claimed(taken);
            }
            settled = finished(&mut self.settling) => {
                self.settling = None;
                self.settled(settled);
            }
            () = sleep_until(settle_at.unwrap_or_else(Instant::now)),
                if settle_at.is_some() && self.known.is_some() => {}
        }
    }

    fn ended(
        &mut self,
        ended: std::result::Result<(tokio::task::Id, Outcome), tokio::task::JoinError>,
    ) {
        let outcome = match ended {
            Ok((task, outcome)) => {
                self.on_their_way.remove(&task);
                outcome
            }
            Err(error) => {
                // Only our own mistake ends a try like this. It is tried again as often as others.
                let Some(outcome) = self.on_their_way.remove(&error.id()) else { return };
                outcome
            }
        };
        let (host, account) = (outcome.host.clone(), outcome.account_id);
        if let Verdict::NotTried(reason) = &outcome.verdict {
            if self.most_in_flight() == IN_FLIGHT {
                tracing::warn!(reason, "this machine has run out of something; sending less");
            }
            let most = (self.running.len() / 2).clamp(FEWEST, IN_FLIGHT);
            self.shortage = Some((most, Instant::now() + SHORTAGE));
            // The order within the lane is kept: what stands behind it goes back too.
            let mut back = self.lanes.drain_lane(&host, account);
            back.push(outcome.id);
            self.lanes.ended(&host, account, true);
            self.settle_not_before = Instant::now() + Duration::from_secs(1);
            self.give_back(back);
            return;
        }
        self.tried += 1;
        let mut back = Vec::new();
        if let Verdict::TryLater { rest, .. } = &outcome.verdict {
            back = match rest {
                Rest::Host(_) => {
                    self.failing.insert(host.clone());
                    self.lanes.drain_host(&host)
                }
                Rest::Lane | Rest::Ours => self.lanes.drain_lane(&host, account),
            };
        }
        let well = outcome.verdict == Verdict::Delivered;
        self.lanes.ended(&host, account, well);
        self.batch.outcomes.push(outcome);
        self.batch_since.get_or_insert_with(Instant::now);
        self.give_back(back);
    }

    fn claimed(&mut self, taken: std::result::Result<Result<Taken>, tokio::task::JoinError>) {
        match taken {
            Ok(Ok((items, lost))) => {
                self.found_nothing = items.is_empty() && lost.is_empty();
                for (item, doubtful) in items {
                    if self.failing.contains(&item.host) {
                        self.give_back(vec![item.id]);
                    } else {
                        self.lanes.push(item, doubtful);
                    }
                }
                for id in lost {
                    let verdict = Verdict::GiveUp("its sender or content is gone".to_owned());
                    self.batch.outcomes.push(Outcome {
                        id,
                        account_id: AccountId(0),
                        host: "".into(),
                        priority: Priority::Low.number(),
                        attempt: 0,
                        verdict,
                    });
                    self.batch_since.get_or_insert_with(Instant::now);
                }
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, "could not claim deliveries");
                self.found_nothing = true;
            }
            Err(error) => {
                tracing::error!(%error, "claiming deliveries failed");
                self.found_nothing = true;
            }
        }
    }

    fn settled(
        &mut self,
        settled: std::result::Result<(Known, Batch, Result<()>), tokio::task::JoinError>,
    ) {
        match settled {
            Ok((known, _, Ok(()))) => {
                self.known = Some(known);
                let pending: HashSet<Arc<str>> =
                    self.batch.outcomes.iter().map(|outcome| outcome.host.clone()).collect();
                self.failing.retain(|host| pending.contains(host));
                // What stood in a lane behind something that is done may go now.
                self.found_nothing = false;
            }
            Ok((known, batch, Err(error))) => {
                tracing::warn!(%error, "could not write down what became of deliveries");
                self.known = Some(known);
                self.batch.outcomes.extend(batch.outcomes);
                self.batch.given_back.extend(batch.given_back);
                self.batch_since.get_or_insert_with(Instant::now);
                self.settle_not_before = Instant::now() + Duration::from_secs(1);
            }
            Err(error) => {
                // The leases bring back what was in it.
                tracing::error!(%error, "writing down what became of deliveries failed");
                self.known = Some(Known::default());
            }
        }
    }

    fn give_back(&mut self, ids: Vec<i64>) {
        if !ids.is_empty() {
            self.batch.given_back.extend(ids);
            self.batch_since.get_or_insert_with(Instant::now);
        }
    }

    /// Tells how much waits, and removes what no delivery needs.
    async fn sweep(&mut self) {
        let now = self.app.clock.now();
        let sweeping = async {
            let mut conn = self.app.db.acquire().await?;
            if now.timestamp() % 3600 < SWEEP.as_secs().cast_signed() {
                db::activities::sweep(&mut conn, now - TimeDelta::days(1)).await?;
            }
            let depths = db::deliveries::depth(&mut conn).await?;
            // None is told too: a gauge keeps what it was last told.
            for priority in Priority::ALL.map(Priority::number) {
                let depth = depths.iter().find(|(number, _)| *number == priority);
                let (priority, depth) = (priority.to_string(), depth.map_or(0, |(_, n)| *n));
                metrics::gauge!("ferrodon_deliveries_waiting", "priority" => priority)
                    .set(depth as f64);
            }
            Ok::<_, crate::Error>(())
        };
        if let Err(error) = sweeping.await {
            tracing::warn!(%error, "could not look for what deliveries left behind");
        }
    }

    /// Lets requests end, gives the rest back.
    async fn stop(mut self) {
        if let Some(claiming) = self.claiming.take() {
            let taken = claiming.await;
            self.claimed(taken);
        }
        let waiting = self.lanes.drain();
        self.give_back(waiting);
        let ends = timeout(GRACE, async {
            while let Some(ended) = self.running.join_next_with_id().await {
                self.ended(ended);
            }
        });
        if ends.await.is_err() {
            self.running.abort_all();
            let cut_off: Vec<i64> = self.on_their_way.values().map(|one| one.id).collect();
            tracing::warn!(cut_off = cut_off.len(), "some deliveries did not end in time");
            self.give_back(cut_off);
        }
        if let Some(settling) = self.settling.take() {
            let settled = settling.await;
            self.settled(settled);
        }
        let mut known = Known::default();
        if self.batch.len() > 0
            && let Err(error) = settle::settle(&self.app, &mut known, &self.batch).await
        {
            tracing::warn!(%error, "could not write down what became of deliveries");
        }
    }
}

/// The result of a task, never if there is none.
async fn finished<T>(
    task: &mut Option<JoinHandle<T>>,
) -> std::result::Result<T, tokio::task::JoinError> {
    match task {
        Some(task) => task.await,
        None => std::future::pending().await,
    }
}

/// Claims of each priority, the most urgent first; what can wait gets its share too.
async fn claim(app: &App, full: &[String]) -> Result<Taken> {
    let now = app.clock.now();
    let leased_until = now + LEASE;
    let mut conn = app.db.acquire().await?;
    let mut claimed: Vec<Claimed> = Vec::new();
    for priority in Priority::ALL {
        let left = CLAIM - i64::try_from(claimed.len()).unwrap_or(CLAIM);
        let limit = left.max(CLAIM / 10);
        let number = priority.number();
        claimed.extend(
            db::deliveries::claim(&mut conn, number, full, limit, leased_until, now).await?,
        );
    }
    prepare(app, &mut conn, claimed, leased_until).await
}

/// Adds to each delivery what it sends and who signs. What has lost one of the two is told apart.
async fn prepare(
    app: &App,
    conn: &mut db::PgConnection,
    claimed: Vec<Claimed>,
    leased_until: DateTime<Utc>,
) -> Result<Taken> {
    if claimed.is_empty() {
        return Ok(Taken::default());
    }
    let mut ids: Vec<i64> = claimed.iter().map(|one| one.activity_id).collect();
    ids.sort_unstable();
    ids.dedup();
    let activities: HashMap<i64, Arc<Prepared>> = db::activities::by_ids(conn, &ids)
        .await?
        .into_iter()
        .map(|activity| {
            let prepared = Prepared {
                body: activity.body.into(),
                digest: activity.digest,
                follower_sync: activity.follower_sync,
            };
            (activity.id, Arc::new(prepared))
        })
        .collect();
    let senders: Vec<AccountId> = claimed.iter().map(|one| one.account_id).collect();
    let signers = keys::of_all(app, conn, &senders).await?;
    let (mut items, mut lost) = (Vec::with_capacity(claimed.len()), Vec::new());
    for one in claimed {
        let (Some(activity), Some(signer)) =
            (activities.get(&one.activity_id), signers.get(&one.account_id))
        else {
            lost.push(one.id);
            continue;
        };
        let item = Item {
            id: one.id,
            account_id: one.account_id,
            inbox_url: one.inbox_url,
            host: one.host.into(),
            priority: one.priority,
            attempt: one.attempt,
            leased_until,
            activity: activity.clone(),
            signer: signer.clone(),
        };
        items.push((item, one.doubtful));
    }
    Ok((items, lost))
}
