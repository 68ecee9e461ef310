//! Runs queued jobs: claims them in batches, does several at once, settles them in batches.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use chrono::TimeDelta;
use ferrodon_core::{Job, JobId};
use ferrodon_db as db;
use ferrodon_db::jobs::Claimed;
use rand::Rng as _;
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use crate::federation::{self, outbox};
use crate::{App, Error, Result, feeds, notifications, polls, statuses, timelines};

/// How long a worker may hold a job before others may take it.
const LEASE: TimeDelta = TimeDelta::minutes(10);
/// How long a job may run: it ends before its lease does.
const TIME_LIMIT: Duration = Duration::from_secs(8 * 60);
/// How long a worker without work waits when nobody wakes it.
const POLL: Duration = Duration::from_secs(1);
/// Tries of a job whose code panics.
const PANICS: i32 = 3;
/// How long running jobs may go on once the process is asked to stop.
const GRACE: Duration = Duration::from_secs(20);
/// Every queue, and how often it comes first when several have work.
pub const QUEUES: [(&str, u32); 7] = [
    ("default", 8),
    ("push", 6),
    ("ingress", 4),
    ("mailers", 2),
    ("pull", 1),
    ("scheduler", 1),
    ("fasp", 1),
];

/// Does one job. The match is the list of all background work.
async fn run(app: &App, job: Job) -> Result<()> {
    match job {
        Job::DistributeStatus { status_id } => outbox::distribute(app, status_id).await,
        Job::DistributeUpdate { status_id, at } => {
            outbox::distribute_update(app, status_id, at).await
        }
        Job::DistributePoll { status_id } => outbox::distribute_poll(app, status_id).await,
        Job::DistributeProfile { account_id } => outbox::distribute_profile(app, account_id).await,
        Job::DistributeActivity { account_id, activity, to, priority, signed } => {
            outbox::distribute_activity(app, account_id, activity, &to, priority, signed).await
        }
        Job::ProcessActivity { sender_id, body, recipient_id } => {
            federation::inbox::process(app, sender_id, &body, recipient_id).await
        }
        Job::FetchThreadParent { child_status_id, parent_uri, chain } => {
            let chain = chain.as_deref();
            federation::background::fetch_parent(app, child_status_id, &parent_uri, chain).await
        }
        Job::FetchReplies { uris, collection, chain } => {
            let collection = collection.as_deref();
            federation::background::fetch_replies(app, uris, collection, &chain).await
        }
        Job::FetchPins { account_id } => federation::background::fetch_pins(app, account_id).await,
        Job::RefreshAccount { account_id } => {
            federation::background::refresh_account(app, account_id).await
        }
        Job::SynchronizeFollowers { account_id, url, digest } => {
            federation::synchronization::run(app, account_id, &url, digest.as_deref()).await
        }
        Job::MoveFollowers { from_account_id, to_account_id } => {
            federation::background::move_followers(app, from_account_id, to_account_id).await
        }
        Job::DeleteRemoteAccount { account_id } => {
            federation::background::delete_account(app, account_id).await
        }
        Job::FanOutStatus { status_id } => timelines::fan_out(app, status_id).await,
        Job::FanOutEdit { status_id } => timelines::fan_out_edit(app, status_id).await,
        Job::RemoveStatus { status_id, .. } => statuses::take_away(app, status_id).await,
        Job::MergeFeed { from_account_id, into_account_id } => {
            feeds::merge(app, from_account_id, into_account_id).await
        }
        Job::UnmergeFeed { from_account_id, into_account_id } => {
            feeds::unmerge(app, from_account_id, into_account_id).await
        }
        Job::Notify { account_id, about, activity_id } => {
            notifications::create(app, account_id, about, activity_id).await
        }
        Job::PublishScheduled { scheduled_status_id } => {
            statuses::schedule::publish(app, scheduled_status_id).await
        }
        Job::EndPoll { poll_id } => polls::end(app, poll_id).await,
        Job::PushNotification { notification_id } => {
            notifications::push(app, notification_id).await
        }
    }
}

/// Claims and does what is due in these queues, one after the other; returns how many jobs that
/// was. For tests and commands; servers use [`run_loop`].
pub async fn work_once(app: &App, queues: &[&str], limit: i64) -> Result<usize> {
    let mut done = 0;
    for queue in queues {
        let claimed = {
            let mut conn = app.db.acquire().await?;
            db::jobs::claim(&mut conn, queue, app.clock.now(), LEASE, limit).await?
        };
        for claim in claimed {
            let mut running = JoinSet::new();
            running.spawn(begin(app, &claim));
            if let Some(ended) = running.join_next().await {
                let verdict = verdict_of(&claim, ended);
                settle(app, vec![(claim, verdict)]).await?;
            }
            done += 1;
        }
    }
    Ok(done)
}

/// Works on these queues until `shutdown`, at most `concurrency` jobs at once. Then lets running
/// jobs end and gives the rest back.
pub async fn run_loop(
    app: App,
    queues: Vec<String>,
    concurrency: usize,
    shutdown: CancellationToken,
) {
    let concurrency = concurrency.max(1);
    let mut wake = db::wake::Wake::new(app.db.clone(), db::jobs::CHANNEL);
    let mut waiting: VecDeque<Claimed> = VecDeque::new();
    let mut running: JoinSet<Verdict> = JoinSet::new();
    let mut claims: HashMap<Id, Claimed> = HashMap::new();
    let mut failing = false;

    while !shutdown.is_cancelled() {
        let mut idle = false;
        if waiting.is_empty() && running.len() < concurrency {
            match claim_some(&app, &queues, concurrency).await {
                Ok(claimed) => {
                    if failing {
                        tracing::info!("jobs can be claimed again");
                    }
                    failing = false;
                    idle = claimed.is_empty();
                    waiting.extend(claimed);
                }
                Err(error) => {
                    // Told once, and tried every second.
                    if !failing {
                        tracing::warn!(%error, "could not claim jobs; trying until it works");
                    }
                    failing = true;
                    idle = true;
                }
            }
        }
        while running.len() < concurrency
            && let Some(claim) = waiting.pop_front()
        {
            let handle = running.spawn(begin(&app, &claim));
            claims.insert(handle.id(), claim);
        }
        let full = running.len() >= concurrency;
        tokio::select! {
            Some(ended) = running.join_next_with_id() => {
                let mut ended = vec![ended];
                while let Some(more) = running.try_join_next_with_id() {
                    ended.push(more);
                }
                settle_ended(&app, &mut claims, ended).await;
            }
            // Where there was work and there is room, there may be more.
            () = std::future::ready(()), if !idle && !full => {}
            () = wake.wait(POLL), if idle && !full => {}
            () = shutdown.cancelled() => {}
        }
    }
    stop(&app, waiting, running, claims).await;
}

/// Takes jobs from the first queue that has some; busier queues are more often asked first.
async fn claim_some(app: &App, queues: &[String], concurrency: usize) -> Result<Vec<Claimed>> {
    let limit = i64::try_from(concurrency).unwrap_or(i64::MAX).saturating_mul(2).min(200);
    let mut conn = app.db.acquire().await?;
    for queue in in_weighted_order(queues) {
        let claimed = db::jobs::claim(&mut conn, queue, app.clock.now(), LEASE, limit).await?;
        if !claimed.is_empty() {
            return Ok(claimed);
        }
    }
    Ok(Vec::new())
}

fn in_weighted_order(queues: &[String]) -> Vec<&str> {
    let weight = |queue: &str| {
        QUEUES.iter().find(|(name, _)| *name == queue).map_or(1, |(_, weight)| *weight)
    };
    let mut rest: Vec<&str> = queues.iter().map(String::as_str).collect();
    let mut order = Vec::with_capacity(rest.len());
    let mut rng = rand::rng();
    while !rest.is_empty() {
        let total: u32 = rest.iter().map(|queue| weight(queue)).sum();
        let mut at = rng.random_range(0..total.max(1));
        let chosen = rest
            .iter()
            .position(|queue| {
                let here = at < weight(queue);
                at = at.saturating_sub(weight(queue));
                here
            })
            .unwrap_or(0);
        order.push(rest.swap_remove(chosen));
    }
    order
}

/// What is to become of a job.
enum Verdict {
    Done,
    Retry(TimeDelta, String),
    Bury(String),
}

/// A claimed job, ready to run. Whatever is logged on the way tells which job it was.
fn begin(app: &App, claim: &Claimed) -> impl Future<Output = Verdict> + Send + 'static {
    let span = tracing::error_span!("job", job.id = %claim.id, job.kind = kind(claim));
    attempt(app.clone(), claim.clone()).instrument(span)
}

/// Does a claimed job and judges how it went.
async fn attempt(app: App, claim: Claimed) -> Verdict {
    let job: Job = match serde_json::from_value(claim.payload) {
        Ok(job) => job,
        Err(error) => return Verdict::Bury(format!("this version does not know it: {error}")),
    };
    let max_attempts = job.policy().max_attempts;
    if claim.attempt > max_attempts {
        // Workers died of it: it was never settled.
        return Verdict::Bury("its workers ended before it did".to_owned());
    }
    let error = match tokio::time::timeout(TIME_LIMIT, run(&app, job)).await {
        // What the job was about is gone, so there is nothing left to do.
        Ok(Ok(()) | Err(Error::NotFound | Error::Missing(_) | Error::Gone)) => {
            return Verdict::Done;
        }
        Ok(Err(error)) if !error.is_temporary() => return Verdict::Bury(sources(&error)),
        Ok(Err(error)) => sources(&error),
        Err(_) => "took too long".to_owned(),
    };
    if claim.attempt < max_attempts {
        Verdict::Retry(backoff(claim.attempt), error)
    } else {
        Verdict::Bury(error)
    }
}

/// A job whose code panicked is tried a few more times: its worker goes on.
fn verdict_of(claim: &Claimed, ended: Result<Verdict, JoinError>) -> Verdict {
    ended.unwrap_or_else(|_| {
        // Where is in the log already; the words may be anyone's, so they are not kept.
        let text = "panicked: this is a mistake in Ferrodon, and its log says where".to_owned();
        if claim.attempt < PANICS {
            Verdict::Retry(TimeDelta::hours(1), text)
        } else {
            Verdict::Bury(text)
        }
    })
}

async fn settle_ended(
    app: &App,
    claims: &mut HashMap<Id, Claimed>,
    ended: Vec<Result<(Id, Verdict), JoinError>>,
) {
    let verdicts = ended
        .into_iter()
        .filter_map(|ended| {
            let id = match &ended {
                Ok((id, _)) => *id,
                Err(error) => error.id(),
            };
            let claim = claims.remove(&id)?;
            let verdict = verdict_of(&claim, ended.map(|(_, verdict)| verdict));
            Some((claim, verdict))
        })
        .collect();
    if let Err(error) = settle(app, verdicts).await {
        // Their leases run out, and they are done once more.
        tracing::warn!(%error, "could not settle jobs");
    }
}

/// Deletes done jobs, puts those that may succeed later back, and sets the rest aside.
async fn settle(app: &App, verdicts: Vec<(Claimed, Verdict)>) -> Result<()> {
    let mut conn = app.db.acquire().await?;
    let now = app.clock.now();
    let mut done: Vec<JobId> = Vec::new();
    for (claim, verdict) in verdicts {
        let outcome = match &verdict {
            Verdict::Done => "done",
            Verdict::Retry(..) => "retry",
            Verdict::Bury(_) => "given_up",
        };
        let kind_of = kind(&claim).to_owned();
        metrics::counter!("ferrodon_jobs_total", "kind" => kind_of, "outcome" => outcome)
            .increment(1);
        match verdict {
            Verdict::Done => done.push(claim.id),
            Verdict::Retry(delay, error) => {
                let (attempt, wait) = (claim.attempt, delay.num_seconds());
                tracing::info!(
                    job.id = %claim.id,
                    job.kind = kind(&claim),
                    attempt,
                    again.seconds = wait,
                    error,
                    "a job failed for now"
                );
                db::jobs::retry(&mut conn, claim.id, now + delay, &error).await?;
            }
            Verdict::Bury(error) => {
                tracing::error!(
                    job.id = %claim.id,
                    job.kind = kind(&claim),
                    attempt = claim.attempt,
                    error,
                    "gave up on a job; `ferrodon jobs retry` tries it again"
                );
                db::jobs::bury(&mut conn, claim.id, now, &error).await?;
            }
        }
    }
    if !done.is_empty() {
        db::jobs::finish(&mut conn, &done).await?;
    }
    Ok(())
}

/// Lets running jobs end, for a while, and gives back what was not begun or did not end.
async fn stop(
    app: &App,
    waiting: VecDeque<Claimed>,
    mut running: JoinSet<Verdict>,
    mut claims: HashMap<Id, Claimed>,
) {
    let mut back: Vec<JobId> = waiting.into_iter().map(|claim| claim.id).collect();
    release(app, &back).await;
    let deadline = tokio::time::sleep(GRACE);
    tokio::pin!(deadline);
    loop {
        tokio::select! {
            ended = running.join_next_with_id() => match ended {
                Some(ended) => settle_ended(app, &mut claims, vec![ended]).await,
                None => return,
            },
            () = &mut deadline => break,
        }
    }
    running.abort_all();
    back = claims.into_values().map(|claim| claim.id).collect();
    release(app, &back).await;
}

async fn release(app: &App, ids: &[JobId]) {
    if ids.is_empty() {
        return;
    }
    let released = async {
        let mut conn = app.db.acquire().await?;
        db::jobs::release(&mut conn, ids, app.clock.now()).await
    };
    if let Err(error) = released.await {
        tracing::warn!(%error, "could not give jobs back; their leases will run out");
    }
}

/// 15 seconds and a little, growing with the fourth power: three weeks for 25 tries.
fn backoff(attempt: i32) -> TimeDelta {
    let count = i64::from(attempt.clamp(1, 100)) - 1;
    let jitter = rand::rng().random_range(0..10) * (count + 1);
    TimeDelta::seconds(count.pow(4) + 15 + jitter)
}

fn kind(claim: &Claimed) -> &str {
    claim.payload.get("kind").and_then(serde_json::Value::as_str).unwrap_or("unknown")
}

/// An error with its causes, short enough to keep.
fn sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    // PostgreSQL has no place for a zero in a text.
    text.chars().filter(|c| *c != '\0').take(1000).collect()
}

#[cfg(test)]
mod tests {
    use ferrodon_core::PollId;

    use super::*;

    fn claimed(attempt: i32) -> Claimed {
        let payload = serde_json::to_value(Job::EndPoll { poll_id: PollId(1) }).unwrap();
        Claimed { id: JobId(1), payload, attempt }
    }

    #[tokio::test]
    async fn what_panics_is_not_tried_for_ever() {
        for (attempt, again) in [(1, true), (2, true), (3, false), (9, false)] {
            let panicked = tokio::spawn(async { panic!("on purpose") }).await;
            let verdict = verdict_of(&claimed(attempt), panicked);
            assert_eq!(matches!(verdict, Verdict::Retry(..)), again, "{attempt}");
        }
    }

    #[test]
    fn tries_grow_apart() {
        assert!((15..25).contains(&backoff(1).num_seconds()));
        assert!((31..61).contains(&backoff(3).num_seconds()));
        let week = TimeDelta::days(7);
        let total: i64 = (1..25).map(|attempt| backoff(attempt).num_seconds()).sum();
        assert!(total > 2 * week.num_seconds() && total < 4 * week.num_seconds(), "{total}");
    }

    #[test]
    fn every_queue_is_asked_once_and_busy_ones_come_first_more_often() {
        let queues: Vec<String> = QUEUES.iter().map(|(name, _)| (*name).to_owned()).collect();
        let mut default_first = 0;
        for _ in 0..500 {
            let mut order = in_weighted_order(&queues);
            default_first += usize::from(order[0] == "default");
            order.sort_unstable();
            order.dedup();
            assert_eq!(order.len(), queues.len());
        }
        assert!((100..300).contains(&default_first), "{default_first}");
    }
}
