//! Drafts that are sent again, because the answer did not arrive: the same key, the same status.

use std::time::Duration;

use chrono::TimeDelta;
use ferrodon_core::{AccountId, StatusId};

use crate::App;

/// How long a key is remembered.
const REMEMBERED: TimeDelta = TimeDelta::hours(1);
/// How long a draft may take to become a status.
const LOCKED: TimeDelta = TimeDelta::minutes(1);
/// How often and how long to wait for a draft that is being posted at this moment.
const WAIT: Duration = Duration::from_millis(100);
const WAITS: usize = 100;

/// A draft with a key.
#[derive(Debug)]
pub(super) struct Repeat {
    key: String,
    lock: String,
    earlier: Option<StatusId>,
}

/// Finds what the draft with this key became. If it is being posted just now, waits for that.
pub(super) async fn begin(app: &App, author: AccountId, key: &str) -> Repeat {
    let name = format!("idempotency:status:{author}:{key}");
    let mut repeat = Repeat {
        lock: format!("lock:idempotency:lock:status:{author}:{key}"),
        key: name,
        earlier: None,
    };
    for _ in 0..WAITS {
        let kept = app.transient.get(&repeat.key).await;
        repeat.earlier = kept.and_then(|id| id.parse().ok());
        if repeat.earlier.is_some() || app.transient.set_if_absent(&repeat.lock, "1", LOCKED).await
        {
            break;
        }
        tokio::time::sleep(WAIT).await;
    }
    repeat
}

impl Repeat {
    /// What the draft became before.
    pub(super) fn earlier(&self) -> Option<StatusId> {
        self.earlier
    }

    /// Remembers what the draft became, if anything.
    pub(super) async fn end(self, app: &App, posted: Option<StatusId>) {
        if let Some(id) = posted {
            app.transient.set(&self.key, &id.to_string(), REMEMBERED).await;
        }
        app.transient.remove(&self.lock).await;
    }
}
