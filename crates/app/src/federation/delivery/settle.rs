//! Writes down what became of deliveries, many at once: what is done is deleted, what failed is
//! put back, and a host that fails rests with all that waits for it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use ferrodon_core::delivery::Priority;
use ferrodon_db as db;
use ferrodon_db::PgConnection;
use ferrodon_db::deliveries::Retry;
use redis::AsyncCommands as _;

use super::send::Outcome;
use super::verdict::{self, Rest, Verdict};
use crate::{App, Result};

/// A host that failed on so many different days is given up until it is heard of.
const DAYS: i32 = 7;
/// A delivery that waited so long for a host that fails is given up, as on Mastodon.
const LONGEST: TimeDelta = TimeDelta::days(3);
/// How often it is written down that a host is well.
const WELL: Duration = Duration::from_secs(60);

/// Remembers of which hosts it was written lately that they are well.
#[derive(Debug, Default)]
pub(super) struct Known(HashMap<Arc<str>, Instant>);

/// What is to be written.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) outcomes: Vec<Outcome>,
    /// Claimed and not tried.
    pub(super) given_back: Vec<i64>,
}

impl Batch {
    pub(super) fn len(&self) -> usize {
        self.outcomes.len() + self.given_back.len()
    }
}

/// Writes a batch in one transaction.
pub(super) async fn settle(app: &App, known: &mut Known, batch: &Batch) -> Result<()> {
    let now = app.clock.now();
    let mut done = Vec::new();
    let mut well: HashSet<Arc<str>> = HashSet::new();
    let mut failed: HashMap<Arc<str>, (String, Option<TimeDelta>)> = HashMap::new();
    let mut refused: HashMap<Arc<str>, String> = HashMap::new();
    let mut retries = Vec::new();
    for outcome in &batch.outcomes {
        match &outcome.verdict {
            Verdict::Delivered => {
                done.push(outcome.id);
                well.insert(outcome.host.clone());
            }
            // Given back by whoever started it.
            Verdict::NotTried(_) => {}
            Verdict::GiveUp(reason) => {
                tracing::info!(
                    host = %outcome.host,
                    delivery.id = outcome.id,
                    account.id = %outcome.account_id,
                    reason,
                    "a delivery was refused for good"
                );
                done.push(outcome.id);
            }
            Verdict::TryLater { error, rest } => {
                match rest {
                    Rest::Host(asked) => {
                        let asked = failed.get(&outcome.host).and_then(|(_, a)| *a).max(*asked);
                        failed.insert(outcome.host.clone(), (error.clone(), asked));
                    }
                    Rest::Lane => {
                        refused.insert(outcome.host.clone(), error.clone());
                    }
                    Rest::Ours => {
                        tracing::warn!(
                            host = %outcome.host,
                            delivery.id = outcome.id,
                            error,
                            "a delivery could not be tried"
                        );
                    }
                }
                if outcome.attempt + 1 >= Priority::max_attempts(outcome.priority) {
                    tracing::info!(
                        host = %outcome.host,
                        delivery.id = outcome.id,
                        account.id = %outcome.account_id,
                        error,
                        "gave up on a delivery"
                    );
                    metrics::counter!("ferrodon_deliveries_given_up").increment(1);
                    done.push(outcome.id);
                } else {
                    let run_at = now + verdict::backoff(outcome.attempt + 1);
                    retries.push(Retry { id: outcome.id, run_at, error: error.clone() });
                }
            }
        }
    }
    // What fails now counts more than what went well a moment ago.
    well.retain(|host| !failed.contains_key(host) && !refused.contains_key(host));

    let mut conn = app.db.acquire().await?;
    let mut tx = db::Connection::begin(&mut *conn).await?;
    db::deliveries::keep_to_indexes(&mut tx).await?;
    if !done.is_empty() {
        db::deliveries::finish(&mut tx, &done).await?;
    }
    if !retries.is_empty() {
        db::deliveries::retry(&mut tx, &retries).await?;
    }
    if !batch.given_back.is_empty() {
        db::deliveries::give_back(&mut tx, &batch.given_back).await?;
    }
    let mut given_up = Vec::new();
    // In the order of names, so that two workers never wait for each other.
    let mut failures: Vec<_> = failed.iter().collect();
    failures.sort_unstable_by(|a, b| a.0.cmp(b.0));
    for (host, (error, asked)) in failures {
        if rest(&mut tx, host, error, *asked, now).await? {
            given_up.push(host.clone());
        }
    }
    let mut refusals: Vec<_> = refused.iter().collect();
    refusals.sort_unstable_by(|a, b| a.0.cmp(b.0));
    for (host, error) in refusals {
        if db::hosts::refused(&mut tx, host, error, now).await? >= DAYS {
            db::hosts::give_up(&mut tx, host, now).await?;
            given_up.push(host.clone());
        }
    }
    let well: Vec<String> = known.news(&well, &failed);
    if !well.is_empty() {
        db::hosts::succeeded(&mut tx, &well, now).await?;
        db::hosts::take_up(&mut tx, &well).await?;
    }
    tx.commit().await?;
    drop(conn);

    for host in given_up {
        tracing::warn!(%host, "a host failed on seven days and is given up until it is heard of");
    }
    let failing: Vec<&Arc<str>> = failed.keys().chain(refused.keys()).collect();
    tell_redis(app, &failing, &well, now).await;
    Ok(())
}

impl Known {
    /// Those of the well hosts of which it was not written lately.
    fn news(
        &mut self,
        well: &HashSet<Arc<str>>,
        failed: &HashMap<Arc<str>, (String, Option<TimeDelta>)>,
    ) -> Vec<String> {
        let now = Instant::now();
        self.0.retain(|host, at| now.duration_since(*at) < WELL && !failed.contains_key(host));
        let mut news = Vec::new();
        for host in well {
            if !self.0.contains_key(host) {
                self.0.insert(host.clone(), now);
                news.push(host.to_string());
            }
        }
        news.sort_unstable();
        news
    }
}

/// Lets a host rest. Says whether it was given up.
async fn rest(
    conn: &mut PgConnection,
    host: &str,
    error: &str,
    asked: Option<TimeDelta>,
    now: DateTime<Utc>,
) -> Result<bool> {
    let known = db::hosts::by_names(conn, &[host.to_owned()]).await?;
    let failures = known.first().map_or(0, |host| host.failures) + 1;
    let until = now + verdict::rest(failures, asked);
    let (_, days) = db::hosts::failed(conn, host, error, until, now).await?;
    if failures == 1 {
        tracing::info!(host, error, "a host failed and rests; that it fails again is not told");
    }
    let given_up = days >= DAYS;
    let dropped = if given_up {
        db::hosts::give_up(conn, host, now).await?;
        db::deliveries::drop_host(conn, host, None).await?
    } else {
        db::deliveries::rest_host(conn, host, until).await?;
        db::deliveries::drop_host(conn, host, Some(now - LONGEST)).await?
    };
    if dropped > 0 {
        tracing::info!(host, dropped, error, "gave up on deliveries that waited for a host");
        metrics::counter!("ferrodon_deliveries_given_up").increment(dropped as u64);
    }
    Ok(given_up)
}

/// Keeps Mastodon's own note of failing hosts, for the day it takes over again.
async fn tell_redis(app: &App, failing: &[&Arc<str>], well: &[String], now: DateTime<Utc>) {
    let Some(mut redis) = app.redis.clone() else { return };
    let day = now.format("%Y%m%d").to_string();
    for host in failing {
        let key = format!("exhausted_deliveries:{host}");
        let noted: redis::RedisResult<()> = redis.sadd(key, &day).await;
        if let Err(error) = noted {
            tracing::debug!(%error, "Redis does not answer");
            return;
        }
    }
    if !well.is_empty() {
        let keys: Vec<String> =
            well.iter().map(|host| format!("exhausted_deliveries:{host}")).collect();
        let noted: redis::RedisResult<()> = redis.del(keys).await;
        if let Err(error) = noted {
            tracing::debug!(%error, "Redis does not answer");
        }
    }
}
