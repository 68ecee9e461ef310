//! The connection to Redis, where one is set. It connects when first used, again when it was
//! lost, and never makes a caller wait long: what Redis holds may vanish at any time.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use ferrodon_core::Config;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};

/// How long nothing more is said of a Redis that does not answer.
const QUIET: Duration = Duration::from_secs(10);

/// Says that Redis did not answer and what comes of it. A busy server would say so many times a
/// second, so it is said now and then.
pub(crate) fn complain(error: &redis::RedisError, consequence: &'static str) {
    static LAST: Mutex<Option<Instant>> = Mutex::new(None);
    let mut last = LAST.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if last.is_none_or(|last| last.elapsed() >= QUIET) {
        *last = Some(Instant::now());
        tracing::warn!(
            error.kind = ?error.kind(),
            error.code = error.code().unwrap_or_default(),
            "Redis did not answer (REDIS_URL or REDIS_HOST, …): {consequence}"
        );
    }
}

/// What opens connections of their own, for subscriptions.
pub fn client(config: &Config) -> anyhow::Result<Option<redis::Client>> {
    let Some(url) = &config.redis_url else { return Ok(None) };
    redis::Client::open(url.0.as_str())
        .context("REDIS_URL is not an address of Redis, such as redis://localhost:6379/0")
        .map(Some)
}

/// Connects (later, when first used) to `REDIS_URL`; none without one.
pub fn connect(config: &Config) -> anyhow::Result<Option<ConnectionManager>> {
    let Some(client) = client(config)? else { return Ok(None) };
    let settings = ConnectionManagerConfig::new()
        .set_connection_timeout(Some(Duration::from_secs(2)))
        .set_response_timeout(Some(Duration::from_secs(2)))
        .set_number_of_retries(1)
        .set_max_delay(Duration::from_secs(5));
    let manager = ConnectionManager::new_lazy_with_config(client, settings)
        .context("preparing the connection to Redis")?;
    Ok(Some(manager))
}
