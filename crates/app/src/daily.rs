//! Counters of what happens on this server each day, for its statistics and trends. They live in
//! Redis only: without one, statistics count what PostgreSQL holds.

use ferrodon_core::{AccountId, StatusId, TagId};
use redis::RedisResult;

use crate::App;

/// How long daily counters are kept, in seconds: half a year.
const KEPT: i64 = 15_778_476;
/// How long uses of a hashtag are kept, in seconds: two weeks.
const TAGS_KEPT: i64 = 1_209_600;
/// How long it is kept which things were used on a day, in seconds.
const USED_KEPT: i64 = 86_400;

/// The start of the day, as the keys have it.
fn day(app: &App) -> i64 {
    let now = app.clock.now().timestamp();
    now - now.rem_euclid(86_400)
}

async fn send(app: &App, pipe: &redis::Pipeline) {
    if let Some(manager) = &app.redis {
        let sent: RedisResult<()> = pipe.query_async(&mut manager.clone()).await;
        if let Err(error) = sent {
            tracing::warn!(error.kind = ?error.kind(), "a daily counter was lost");
        }
    }
}

/// A favourite, boost, follow, vote or reply.
pub async fn interaction(app: &App) {
    if app.redis.is_some() {
        let key = format!("activity:interactions:{}", day(app));
        let mut pipe = redis::pipe();
        pipe.incr(&key, 1).ignore().expire(&key, KEPT).ignore();
        send(app, &pipe).await;
    }
}

/// A local post that is public or unlisted.
pub async fn local_status(app: &App) {
    if app.redis.is_some() {
        let key = format!("activity:statuses:local:{}", day(app));
        let mut pipe = redis::pipe();
        pipe.incr(&key, 1).ignore().expire(&key, KEPT).ignore();
        send(app, &pipe).await;
    }
}

/// A public post with hashtags by an account in good standing.
pub async fn tags_used(app: &App, account_id: AccountId, tags: &[TagId]) {
    if app.redis.is_none() || tags.is_empty() {
        return;
    }
    let day = day(app);
    let used = format!("trending_tags:used:{day}");
    let mut pipe = redis::pipe();
    for tag in tags {
        let key = format!("activity:tags:{tag}:{day}");
        let accounts = format!("{key}:accounts");
        pipe.incr(&key, 1).ignore().expire(&key, TAGS_KEPT).ignore();
        pipe.pfadd(&accounts, account_id.0).ignore().expire(&accounts, TAGS_KEPT).ignore();
        pipe.sadd(&used, tag.0).ignore();
    }
    pipe.expire(&used, USED_KEPT).ignore();
    send(app, &pipe).await;
}

/// A post that was favourited or boosted.
pub async fn status_used(app: &App, status_id: StatusId) {
    if app.redis.is_some() {
        let used = format!("trending_statuses:used:{}", day(app));
        let mut pipe = redis::pipe();
        pipe.sadd(&used, status_id.0).ignore().expire(&used, USED_KEPT).ignore();
        send(app, &pipe).await;
    }
}
