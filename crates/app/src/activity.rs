//! How busy the server is, by day: Mastodon's counters in Redis, for statistics and trends. Without
//! Redis only what PostgreSQL knows is told.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use ferrodon_core::{AccountId, StatusId, TagId, UserId};
use ferrodon_db as db;
use redis::RedisResult;

use crate::{App, Result};

/// How long a day's counters are kept, in seconds (half a year).
const KEPT: i64 = 15_778_476;
/// How long uses of a hashtag are kept, in seconds (two weeks).
const TAGS_KEPT: i64 = 1_209_600;
/// How long it is kept which things were used on a day, in seconds.
const USED_KEPT: i64 = 86_400;

/// The key of a counter for the day that `at` lies in.
#[must_use]
pub fn key(name: &str, at: DateTime<Utc>) -> String {
    format!("activity:{name}:{}", midnight(at.date_naive()).and_utc().timestamp())
}

/// Counts a person among those who were here today.
pub async fn record_login(app: &App, user_id: UserId) {
    let key = key("logins", app.clock.now());
    let mut pipe = redis::pipe();
    pipe.pfadd(&key, user_id.0).ignore().expire(&key, KEPT).ignore();
    send(app, &pipe).await;
}

/// Counts a favourite, boost, follow, vote or reply.
pub async fn record_interaction(app: &App) {
    count_one(app, "interactions").await;
}

/// Counts a local post that is public or unlisted.
pub async fn record_local_status(app: &App) {
    count_one(app, "statuses:local").await;
}

/// Counts the hashtags of a public post by an account in good standing.
pub async fn record_tags(app: &App, account_id: AccountId, tags: &[TagId]) {
    if tags.is_empty() {
        return;
    }
    let now = app.clock.now();
    let used = used("tags", now);
    let mut pipe = redis::pipe();
    for tag in tags {
        let key = key(&format!("tags:{tag}"), now);
        let accounts = format!("{key}:accounts");
        pipe.incr(&key, 1).ignore().expire(&key, TAGS_KEPT).ignore();
        pipe.pfadd(&accounts, account_id.0).ignore().expire(&accounts, TAGS_KEPT).ignore();
        pipe.sadd(&used, tag.0).ignore();
    }
    pipe.expire(&used, USED_KEPT).ignore();
    send(app, &pipe).await;
}

/// Notes a post that was favourited or boosted.
pub async fn record_used_status(app: &App, status_id: StatusId) {
    let used = used("statuses", app.clock.now());
    let mut pipe = redis::pipe();
    pipe.sadd(&used, status_id.0).ignore().expire(&used, USED_KEPT).ignore();
    send(app, &pipe).await;
}

async fn count_one(app: &App, name: &str) {
    let key = key(name, app.clock.now());
    let mut pipe = redis::pipe();
    pipe.incr(&key, 1).ignore().expire(&key, KEPT).ignore();
    send(app, &pipe).await;
}

/// The key of the set of things that were used on the day of `at`.
fn used(kind: &str, at: DateTime<Utc>) -> String {
    format!("trending_{kind}:used:{}", midnight(at.date_naive()).and_utc().timestamp())
}

async fn send(app: &App, pipe: &redis::Pipeline) {
    if let Some(redis) = &app.redis {
        let sent: RedisResult<()> = pipe.query_async(&mut redis.clone()).await;
        if let Err(error) = sent {
            tracing::warn!(error.kind = ?error.kind(), "a daily counter was lost");
        }
    }
}

/// The sum of a counter over the days from `first` to `last`.
pub async fn sum(app: &App, name: &str, first: NaiveDate, last: NaiveDate) -> i64 {
    let mut total = 0;
    for key in keys(name, first, last) {
        let count = app.transient.get(&key).await.and_then(|count| count.parse::<i64>().ok());
        total += count.unwrap_or(0);
    }
    total
}

/// How many people were here from `first` to `last`.
pub async fn logins(app: &App, first: NaiveDate, last: NaiveDate) -> Result<i64> {
    if let Some(redis) = &app.redis {
        let mut command = redis::cmd("PFCOUNT");
        for key in keys("logins", first, last) {
            command.arg(key);
        }
        let count: RedisResult<i64> = command.query_async(&mut redis.clone()).await;
        if let Ok(count) = count {
            return Ok(count);
        }
    }
    let mut conn = app.db.acquire().await?;
    let end = last.checked_add_days(Days::new(1)).unwrap_or(last);
    Ok(db::users::signed_in_between(&mut conn, midnight(first), midnight(end)).await?)
}

/// How many accounts used a thing (`tags:ID`, `links:ID`) how often on each of these days, which
/// are named by their first second. None without Redis.
pub async fn uses(app: &App, name: &str, days: &[i64]) -> Option<Vec<(i64, i64)>> {
    let redis = app.redis.as_ref()?;
    let mut pipe = redis::pipe();
    for day in days {
        pipe.cmd("PFCOUNT").arg(format!("activity:{name}:{day}:accounts"));
        pipe.cmd("GET").arg(format!("activity:{name}:{day}"));
    }
    let counts: RedisResult<Vec<Option<i64>>> = pipe.query_async(&mut redis.clone()).await;
    let counts = counts.ok()?;
    Some(
        counts
            .chunks(2)
            .map(|pair| (pair[0].unwrap_or(0), pair.get(1).copied().flatten().unwrap_or(0)))
            .collect(),
    )
}

fn keys(name: &str, first: NaiveDate, last: NaiveDate) -> impl Iterator<Item = String> {
    let days = first.iter_days().take_while(move |day| *day <= last).take(400);
    days.map(move |day| key(name, midnight(day).and_utc()))
}

fn midnight(day: NaiveDate) -> NaiveDateTime {
    day.and_time(NaiveTime::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_named_by_its_first_second() {
        let at = "2026-11-24T14:38:00Z".parse().unwrap();
        assert_eq!(key("logins", at), "activity:logins:1795478400");
    }
}
