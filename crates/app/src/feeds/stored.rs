//! Feeds in Redis, in Mastodon's own form: a sorted set of ids, a sorted set of what stands for
//! which boosted status, and a set of hidden boosts for each. Scripts make each change whole.

use std::sync::LazyLock;

use chrono::TimeDelta;
use ferrodon_core::{Page, StatusId};
use redis::aio::ConnectionManager;
use redis::{AsyncCommands as _, RedisResult, Script};

use super::Key;
use super::feed::{Entry, Feed, MAX_ITEMS, REBLOG_FALLOFF};

/// How many feeds one request to Redis changes.
const BATCH: usize = 500;
/// How long a feed may be in the making.
const BUILDING: TimeDelta = TimeDelta::minutes(5);

/// Keys: the feed, its reblogs, the hidden boosts of the boosted status, the mark of a feed in
/// the making. Arguments: id, boosted id or nothing, whether to aggregate, size, falloff.
static INSERT: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local feed, reblogs, hidden = KEYS[1], KEYS[2], KEYS[3]
        local id, original = ARGV[1], ARGV[2]
        local size, falloff = tonumber(ARGV[4]), tonumber(ARGV[5])
        if redis.call('EXISTS', feed, KEYS[4]) == 0 then
            return 1
        end
        if original ~= '' then
            if ARGV[3] == '1' then
                local rank = redis.call('ZREVRANK', feed, original)
                if rank and rank < falloff then
                    return 0
                end
                local shown = redis.call('ZSCORE', reblogs, original)
                if shown then
                    if tonumber(shown) ~= tonumber(id) then
                        redis.call('SADD', hidden, id)
                    end
                    return 0
                end
                redis.call('ZADD', reblogs, id, original)
            end
        elseif redis.call('ZSCORE', reblogs, id) then
            return 0
        end
        local added = redis.call('ZADD', feed, id, id)
        redis.call('ZREMRANGEBYRANK', feed, 0, -(size + 1))
        local limit = redis.call('ZREVRANGE', feed, falloff, falloff, 'WITHSCORES')[2]
        if limit then
            for _, old in ipairs(redis.call('ZRANGEBYSCORE', reblogs, '-inf', limit)) do
                redis.call('DEL', reblogs .. ':' .. old)
            end
            redis.call('ZREMRANGEBYSCORE', reblogs, '-inf', limit)
        end
        if added == 1 and redis.call('ZSCORE', feed, id) then
            return 1
        end
        return 0
        ",
    )
});

/// Keys: the feed, its reblogs, the hidden boosts of the boosted status (or of this one).
/// Arguments: id, boosted id or nothing.
static REMOVE: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local feed, reblogs, hidden = KEYS[1], KEYS[2], KEYS[3]
        local id, original = ARGV[1], ARGV[2]
        if redis.call('EXISTS', feed) == 0 then
            return 1
        end
        if original ~= '' then
            redis.call('SREM', hidden, id)
            local shown = redis.call('ZSCORE', reblogs, original)
            if shown and tonumber(shown) == tonumber(id) then
                redis.call('ZREM', reblogs, original)
                local next
                for _, other in ipairs(redis.call('SMEMBERS', hidden)) do
                    if not next or #other < #next or (#other == #next and other < next) then
                        next = other
                    end
                end
                if next then
                    redis.call('SREM', hidden, next)
                    redis.call('ZADD', feed, next, next)
                    redis.call('ZADD', reblogs, next, original)
                end
            end
        else
            redis.call('DEL', hidden)
            redis.call('ZREM', reblogs, id)
        end
        return redis.call('ZREM', feed, id)
        ",
    )
});

/// A key that marks a feed in the making. Mastodon does not know it.
fn building(key: Key) -> String {
    format!("ferrodon:building:{key}")
}

pub(super) async fn insert(
    manager: &ConnectionManager,
    entry: Entry,
    into: &[(Key, bool)],
) -> Vec<Key> {
    let id = entry.id.to_string();
    let original = entry.reblog_of_id.map(|id| id.to_string()).unwrap_or_default();
    let mut shown = Vec::new();
    for batch in into.chunks(BATCH) {
        let mut pipe = redis::pipe();
        pipe.load_script(&INSERT).ignore();
        for (key, aggregate) in batch {
            pipe.invoke_script(
                INSERT
                    .key(key.to_string())
                    .key(format!("{key}:reblogs"))
                    .key(format!("{key}:reblogs:{original}"))
                    .key(building(*key))
                    .arg(&id)
                    .arg(&original)
                    .arg(i32::from(*aggregate))
                    .arg(MAX_ITEMS)
                    .arg(REBLOG_FALLOFF),
            );
        }
        let answer: RedisResult<Vec<i64>> = pipe.query_async(&mut manager.clone()).await;
        match answer {
            Ok(added) => shown.extend(
                batch.iter().zip(added).filter(|(_, added)| *added == 1).map(|((key, _), _)| *key),
            ),
            Err(error) => complain(&error),
        }
    }
    shown
}

pub(super) async fn remove(manager: &ConnectionManager, entry: Entry, from: &[Key]) -> Vec<Key> {
    let id = entry.id.to_string();
    let original = entry.reblog_of_id.map(|id| id.to_string()).unwrap_or_default();
    let hidden_of = if original.is_empty() { &id } else { &original };
    let mut removed = Vec::new();
    for batch in from.chunks(BATCH) {
        let mut pipe = redis::pipe();
        pipe.load_script(&REMOVE).ignore();
        for key in batch {
            pipe.invoke_script(
                REMOVE
                    .key(key.to_string())
                    .key(format!("{key}:reblogs"))
                    .key(format!("{key}:reblogs:{hidden_of}"))
                    .arg(&id)
                    .arg(&original),
            );
        }
        let answer: RedisResult<Vec<i64>> = pipe.query_async(&mut manager.clone()).await;
        match answer {
            Ok(shown) => removed.extend(
                batch.iter().zip(shown).filter(|(_, shown)| *shown == 1).map(|(key, _)| *key),
            ),
            Err(error) => complain(&error),
        }
    }
    removed
}

pub(super) async fn page(
    manager: &ConnectionManager,
    key: Key,
    page: &Page,
    limit: usize,
) -> Option<Vec<StatusId>> {
    // Scores are floating-point and lose the last bits of an id: ask for a little more and look
    // at the members, which are exact.
    const BLUR: i64 = 32;
    let newest = page.max_id.map_or("+inf".to_owned(), |id| id.saturating_add(BLUR).to_string());
    let newer_than = page.min_id.or(page.since_id);
    let oldest = newer_than.map_or("-inf".to_owned(), |id| id.saturating_sub(BLUR).to_string());
    let wanted = isize::try_from(limit).unwrap_or(isize::MAX).saturating_add(64);
    let name = key.to_string();
    let mut pipe = redis::pipe();
    pipe.exists(&name);
    if page.min_id.is_some() {
        pipe.zrangebyscore_limit(&name, oldest, newest, 0, wanted);
    } else {
        pipe.zrevrangebyscore_limit(&name, newest, oldest, 0, wanted);
    }
    let answer: RedisResult<(bool, Vec<String>)> = pipe.query_async(&mut manager.clone()).await;
    match answer {
        Ok((false, _)) => None,
        Ok((true, members)) => {
            let mut ids: Vec<StatusId> = members
                .iter()
                .filter_map(|member| member.parse().ok())
                .filter(|id: &StatusId| page.max_id.is_none_or(|max| id.0 < max))
                .filter(|id| newer_than.is_none_or(|min| id.0 > min))
                .collect();
            ids.sort_unstable();
            if page.min_id.is_some() {
                ids.truncate(limit);
                ids.reverse();
            } else {
                ids.reverse();
                ids.truncate(limit);
            }
            Some(ids)
        }
        Err(error) => {
            complain(&error);
            None
        }
    }
}

pub(super) async fn forget(manager: &ConnectionManager, key: Key) {
    let reblogs = format!("{key}:reblogs");
    let mut manager = manager.clone();
    let forgotten: RedisResult<()> = async {
        let originals: Vec<String> = manager.zrange(&reblogs, 0, -1).await?;
        let mut keys = vec![key.to_string(), reblogs.clone()];
        keys.extend(originals.iter().map(|original| format!("{reblogs}:{original}")));
        manager.del(keys).await
    }
    .await;
    if let Err(error) = forgotten {
        complain(&error);
    }
}

pub(super) async fn begin(manager: &ConnectionManager, key: Key) {
    let seconds = BUILDING.num_seconds().cast_unsigned();
    let mut manager = manager.clone();
    let begun: RedisResult<()> = manager.set_ex(building(key), "1", seconds).await;
    if let Err(error) = begun {
        complain(&error);
    }
}

pub(super) async fn store(manager: &ConnectionManager, key: Key, feed: &Feed) {
    let (name, reblogs) = (key.to_string(), format!("{key}:reblogs"));
    let mut pipe = redis::pipe();
    pipe.atomic();
    if !feed.ids.is_empty() {
        let items: Vec<(i64, String)> = feed.ids.iter().map(|id| (id.0, id.to_string())).collect();
        pipe.zadd_multiple(&name, &items).ignore();
    }
    if !feed.reblogs.is_empty() {
        let items: Vec<(i64, String)> =
            feed.reblogs.iter().map(|(original, shown)| (shown.0, original.to_string())).collect();
        pipe.zadd_multiple(&reblogs, &items).ignore();
    }
    for (original, others) in &feed.hidden {
        let others: Vec<String> = others.iter().map(ToString::to_string).collect();
        pipe.sadd(format!("{reblogs}:{original}"), others).ignore();
    }
    pipe.del(building(key)).ignore();
    let stored: RedisResult<()> = pipe.query_async(&mut manager.clone()).await;
    if let Err(error) = stored {
        complain(&error);
    }
}

fn complain(error: &redis::RedisError) {
    crate::redis_link::complain(error, "a feed will be built again");
}
