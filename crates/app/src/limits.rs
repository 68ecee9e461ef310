//! How much one account may do in a while: posts, follows, reports. Fixed windows, as Mastodon
//! counts them.

use chrono::TimeDelta;
use ferrodon_core::AccountId;

use crate::{App, Error, Result};

/// What is counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Posts, boosts and edits.
    Statuses,
    /// Follows, requests to follow and followed hashtags.
    Follows,
    /// Reports.
    Reports,
}

impl Family {
    /// How many, and in how many seconds.
    #[must_use]
    pub fn limit(self) -> (i64, i64) {
        match self {
            Self::Statuses => (300, 3 * 3600),
            Self::Follows | Self::Reports => (400, 24 * 3600),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Statuses => "statuses",
            Self::Follows => "follows",
            Self::Reports => "reports",
        }
    }
}

fn key(account_id: AccountId, family: Family, now: i64) -> String {
    let (_, period) = family.limit();
    format!("rate_limit:{account_id}:{}:{}", family.name(), now.div_euclid(period))
}

/// Counts one more; refuses what is too much.
pub async fn count(app: &App, account_id: AccountId, family: Family) -> Result<()> {
    let now = app.clock.now().timestamp();
    let (limit, period) = family.limit();
    let rest = TimeDelta::seconds(period - now.rem_euclid(period) + 1);
    let used = app.transient.increment(&key(account_id, family, now), rest).await;
    if used > limit { Err(Error::TooManyRequests) } else { Ok(()) }
}

/// What is left of a family, and when all of it is there again.
pub async fn left(
    app: &App,
    account_id: AccountId,
    family: Family,
) -> (i64, chrono::DateTime<chrono::Utc>) {
    let now = app.clock.now();
    let (limit, period) = family.limit();
    let kept = app.transient.get(&key(account_id, family, now.timestamp())).await;
    let used: i64 = kept.and_then(|count| count.parse().ok()).unwrap_or(0);
    let rest = period - now.timestamp().rem_euclid(period);
    let ends = now.timestamp() + rest;
    let ends = chrono::DateTime::from_timestamp(ends, 0).unwrap_or(now);
    ((limit - used).max(0), ends)
}
