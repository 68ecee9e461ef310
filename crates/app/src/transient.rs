//! Small things with a life: counters of throttles, keys of repeated requests, short locks. In
//! Redis under Mastodon's keys where there is one, else in this process. Any of it may vanish at
//! any time; when Redis does not answer, callers go on as if nothing were there.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use ferrodon_core::Clock;
use redis::AsyncCommands as _;
use redis::aio::ConnectionManager;

/// The store of small things. Cheap to clone.
#[derive(Clone)]
pub enum Transient {
    /// Shared by all processes of this server.
    Redis(ConnectionManager),
    /// This process only.
    Memory(Memory),
}

impl std::fmt::Debug for Transient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Redis(_) => "Transient::Redis",
            Self::Memory(_) => "Transient::Memory",
        })
    }
}

/// The store of one process.
#[derive(Clone, Debug)]
pub struct Memory {
    clock: Clock,
    entries: Arc<Mutex<Entries>>,
}

#[derive(Debug, Default)]
struct Entries {
    by_key: HashMap<String, (String, DateTime<Utc>)>,
    /// Sweep when this many are kept; doubles with what is alive, so that sweeping stays cheap.
    sweep_at: usize,
}

impl Transient {
    /// In Redis, or in this process without one.
    #[must_use]
    pub fn new(redis: Option<ConnectionManager>, clock: Clock) -> Self {
        match redis {
            Some(manager) => Self::Redis(manager),
            None => Self::Memory(Memory { clock, entries: Arc::default() }),
        }
    }

    /// Counts up and returns the new count; a new counter lives for `life`. Zero when Redis does
    /// not answer, so that no throttle closes the door because of it.
    pub async fn increment(&self, key: &str, life: TimeDelta) -> i64 {
        match self {
            Self::Redis(manager) => {
                let mut manager = manager.clone();
                let counted: redis::RedisResult<(i64,)> = redis::pipe()
                    .incr(key, 1)
                    .cmd("EXPIRE")
                    .arg(key)
                    .arg(life.num_seconds().max(1))
                    .arg("NX")
                    .ignore()
                    .query_async(&mut manager)
                    .await;
                or_nothing(counted.map(|(count,)| count))
            }
            Self::Memory(memory) => {
                let now = memory.clock.now();
                let mut entries = memory.lock(key, now);
                let entry = entries.by_key.entry(key.to_owned());
                let entry = entry.or_insert_with(|| ("0".to_owned(), now + life));
                let count = entry.0.parse::<i64>().unwrap_or(0) + 1;
                entry.0 = count.to_string();
                count
            }
        }
    }

    /// What is kept under `key`.
    pub async fn get(&self, key: &str) -> Option<String> {
        match self {
            Self::Redis(manager) => or_nothing(manager.clone().get(key).await),
            Self::Memory(memory) => {
                let now = memory.clock.now();
                memory.lock(key, now).by_key.get(key).map(|(value, _)| value.clone())
            }
        }
    }

    /// Keeps `value` under `key` for `life`.
    pub async fn set(&self, key: &str, value: &str, life: TimeDelta) {
        match self {
            Self::Redis(manager) => {
                let seconds = life.num_seconds().max(1).cast_unsigned();
                or_nothing(manager.clone().set_ex::<_, _, ()>(key, value, seconds).await);
            }
            Self::Memory(memory) => {
                let now = memory.clock.now();
                memory.lock(key, now).by_key.insert(key.to_owned(), (value.to_owned(), now + life));
            }
        }
    }

    /// Keeps `value` under `key` for `life` unless something is there; whether it did. True when
    /// Redis does not answer: callers must be harmless when two of them go ahead.
    pub async fn set_if_absent(&self, key: &str, value: &str, life: TimeDelta) -> bool {
        match self {
            Self::Redis(manager) => {
                let mut command = redis::cmd("SET");
                command.arg(key).arg(value).arg("NX").arg("PX");
                command.arg(life.num_milliseconds().max(1));
                let answer: redis::RedisResult<Option<String>> =
                    command.query_async(&mut manager.clone()).await;
                match answer {
                    Ok(set) => set.is_some(),
                    Err(error) => {
                        complain(&error);
                        true
                    }
                }
            }
            Self::Memory(memory) => {
                let now = memory.clock.now();
                let mut entries = memory.lock(key, now);
                if entries.by_key.contains_key(key) {
                    return false;
                }
                entries.by_key.insert(key.to_owned(), (value.to_owned(), now + life));
                true
            }
        }
    }

    /// Forgets `key`.
    pub async fn remove(&self, key: &str) {
        match self {
            Self::Redis(manager) => or_nothing(manager.clone().del::<_, ()>(key).await),
            Self::Memory(memory) => {
                let now = memory.clock.now();
                memory.lock(key, now).by_key.remove(key);
            }
        }
    }
}

impl Memory {
    /// The entries, without `key` if its life is over.
    fn lock(&self, key: &str, now: DateTime<Utc>) -> MutexGuard<'_, Entries> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.by_key.len() >= entries.sweep_at.max(64) {
            entries.by_key.retain(|_, (_, end)| *end > now);
            entries.sweep_at = entries.by_key.len() * 2;
        }
        if entries.by_key.get(key).is_some_and(|(_, end)| *end <= now) {
            entries.by_key.remove(key);
        }
        entries
    }
}

fn or_nothing<T: Default>(answer: redis::RedisResult<T>) -> T {
    answer.unwrap_or_else(|error| {
        complain(&error);
        T::default()
    })
}

fn complain(error: &redis::RedisError) {
    crate::redis_link::complain(error, "going on without it");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_past_its_life_is_gone() {
        let clock = Clock::stopped_at(DateTime::UNIX_EPOCH);
        let store = Transient::new(None, clock.clone());
        let minute = TimeDelta::minutes(1);
        assert_eq!(store.increment("count", minute).await, 1);
        assert_eq!(store.increment("count", minute).await, 2);
        store.set("key", "value", minute).await;
        assert!(!store.set_if_absent("key", "other", minute).await);
        clock.advance(minute);
        assert_eq!(store.increment("count", minute).await, 1);
        assert_eq!(store.get("key").await, None);
        assert!(store.set_if_absent("key", "other", minute).await);
        store.remove("key").await;
        assert_eq!(store.get("key").await, None);
    }
}
