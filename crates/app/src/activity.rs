//! How busy the server is, by day: Mastodon's counters in Redis. Without Redis only what
//! PostgreSQL knows is told.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use ferrodon_core::UserId;
use ferrodon_db as db;
use redis::RedisResult;

use crate::{App, Result};

/// How long a day's counters are kept, in seconds (half a year).
const KEPT: i64 = 15_778_476;

/// The key of a counter for the day that `at` lies in.
#[must_use]
pub fn key(name: &str, at: DateTime<Utc>) -> String {
    let day = at.date_naive().and_time(NaiveTime::MIN).and_utc();
    format!("activity:{name}:{}", day.timestamp())
}

/// Counts a person among those who were here today.
pub async fn record_login(app: &App, user_id: UserId) {
    let Some(redis) = &app.redis else { return };
    let key = key("logins", app.clock.now());
    let done: RedisResult<()> = redis::pipe()
        .cmd("PFADD")
        .arg(&key)
        .arg(user_id.0)
        .ignore()
        .cmd("EXPIRE")
        .arg(&key)
        .arg(KEPT)
        .ignore()
        .query_async(&mut redis.clone())
        .await;
    if let Err(error) = done {
        tracing::warn!(error.kind = ?error.kind(), "a login was not counted");
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
