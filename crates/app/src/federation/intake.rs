//! Takes activities in: while one insert runs, the next requests gather, and go into the next
//! insert together. Nobody is told that an activity was taken before its job is stored.

use std::sync::OnceLock;

use chrono::{DateTime, Utc};
use ferrodon_core::{AccountId, Clock, Job};
use ferrodon_db as db;
use ferrodon_db::PgPool;
use redis::aio::ConnectionManager;
use tokio::sync::{mpsc, oneshot};

use crate::{App, Error, Result};

/// Activities in one insert.
const MAX_BATCH: usize = 256;
/// Bytes after which an insert takes no more: a few activities may be large.
const MAX_BATCH_BYTES: usize = 4 * 1024 * 1024;
/// Requests that may wait; further ones wait before they do.
const MAX_WAITING: usize = 1024;

/// An activity whose sender is known.
#[derive(Clone, Debug)]
pub struct Arrival {
    pub sender_id: AccountId,
    /// The host of the sender's inbox, which is evidently there.
    pub host: Option<String>,
    /// The activity as received.
    pub body: String,
    /// The owner of the inbox, if it is one person's.
    pub recipient_id: Option<AccountId>,
}

/// The way to the task that inserts.
#[derive(Debug, Default)]
pub struct Intake {
    queue: OnceLock<mpsc::Sender<Waiting>>,
}

#[derive(Debug)]
struct Waiting {
    arrival: Arrival,
    taken: oneshot::Sender<bool>,
}

/// Stores an activity for a worker to process; returns when that is committed.
pub async fn take(app: &App, arrival: Arrival) -> Result<()> {
    let queue = app.intake.queue.get_or_init(|| {
        let (queue, waiting) = mpsc::channel(MAX_WAITING);
        let writer =
            Writer { db: app.db.clone(), clock: app.clock.clone(), redis: app.redis.clone() };
        tokio::spawn(writer.run(waiting));
        queue
    });
    let (taken, answer) = oneshot::channel();
    let failed = || Error::Unavailable("The activity could not be stored");
    queue.send(Waiting { arrival, taken }).await.map_err(|_| failed())?;
    match answer.await {
        Ok(true) => Ok(()),
        Ok(false) | Err(_) => Err(failed()),
    }
}

/// What the task needs. Not all of [`App`], which holds the way to it: it ends with the last one.
struct Writer {
    db: PgPool,
    clock: Clock,
    redis: Option<ConnectionManager>,
}

impl Writer {
    async fn run(self, mut waiting: mpsc::Receiver<Waiting>) {
        while let Some(first) = waiting.recv().await {
            let mut bytes = first.arrival.body.len();
            let mut batch = vec![first];
            while batch.len() < MAX_BATCH
                && bytes < MAX_BATCH_BYTES
                && let Ok(next) = waiting.try_recv()
            {
                bytes += next.arrival.body.len();
                batch.push(next);
            }
            let (arrivals, answers): (Vec<_>, Vec<_>) =
                batch.into_iter().map(|waiting| (waiting.arrival, waiting.taken)).unzip();
            let stored = self.store(arrivals, self.clock.now()).await;
            if let Err(error) = &stored {
                tracing::error!(%error, "could not store what came in");
            }
            for answer in answers {
                // Whoever hung up meanwhile sends it again.
                let _ = answer.send(stored.is_ok());
            }
        }
    }

    async fn store(&self, arrivals: Vec<Arrival>, now: DateTime<Utc>) -> Result<()> {
        let mut hosts: Vec<String> =
            arrivals.iter().filter_map(|arrival| arrival.host.clone()).collect();
        // In one order, so that two processes cannot wait for each other.
        hosts.sort_unstable();
        hosts.dedup();
        let jobs: Vec<Job> = arrivals
            .into_iter()
            .map(|Arrival { sender_id, body, recipient_id, .. }| Job::ProcessActivity {
                sender_id,
                body,
                recipient_id,
            })
            .collect();
        let mut tx = self.db.begin().await?;
        db::jobs::enqueue_all(&mut tx, &jobs, now).await?;
        let back = db::hosts::revive(&mut tx, &hosts).await?;
        if !back.is_empty() {
            db::deliveries::wake_hosts(&mut tx, &back, now).await?;
        }
        tx.commit().await?;
        self.forget_failures(hosts);
        Ok(())
    }

    /// Mastodon counts failed deliveries in Redis; a server that was taken over may go back to it.
    fn forget_failures(&self, hosts: Vec<String>) {
        let Some(mut redis) = self.redis.clone() else { return };
        if hosts.is_empty() {
            return;
        }
        let keys: Vec<String> =
            hosts.into_iter().map(|host| format!("exhausted_deliveries:{host}")).collect();
        tokio::spawn(async move {
            let done: redis::RedisResult<()> =
                redis::cmd("DEL").arg(keys).query_async(&mut redis).await;
            if let Err(error) = done {
                tracing::debug!(%error, "could not forget failed deliveries");
            }
        });
    }
}
