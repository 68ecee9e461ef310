//! The only source of "now".

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};

/// A clock that is real in production, stands still in tests, and can be set to an instant and
/// run on from there for replays of recorded requests.
#[derive(Clone, Debug, Default)]
pub struct Clock(Kind);

#[derive(Clone, Debug, Default)]
enum Kind {
    #[default]
    Real,
    Stopped(Arc<AtomicI64>),
    Shifted(TimeDelta),
}

impl Clock {
    /// A clock that shows `at` until [`Clock::advance`] moves it.
    #[must_use]
    pub fn stopped_at(at: DateTime<Utc>) -> Self {
        Self(Kind::Stopped(Arc::new(AtomicI64::new(at.timestamp_micros()))))
    }

    /// A clock that shows `at` now and runs on from there.
    #[must_use]
    pub fn running_from(at: DateTime<Utc>) -> Self {
        Self(Kind::Shifted(at - system_now()))
    }

    /// The current time, to the microsecond, which is what PostgreSQL keeps.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        let micros = match &self.0 {
            Kind::Real => system_now().timestamp_micros(),
            Kind::Stopped(micros) => micros.load(Ordering::Relaxed),
            Kind::Shifted(by) => (system_now() + *by).timestamp_micros(),
        };
        DateTime::from_timestamp_micros(micros).unwrap_or(DateTime::UNIX_EPOCH)
    }

    /// Moves a stopped clock forward; every clone of it moves too. Other clocks stay as they are.
    pub fn advance(&self, by: TimeDelta) {
        if let Kind::Stopped(micros) = &self.0 {
            micros.fetch_add(by.num_microseconds().unwrap_or(0), Ordering::Relaxed);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
fn system_now() -> DateTime<Utc> {
    Utc::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_move_together() {
        let clock = Clock::stopped_at(DateTime::UNIX_EPOCH);
        let seen_by_server = clock.clone();
        clock.advance(TimeDelta::minutes(5));
        assert_eq!(seen_by_server.now(), DateTime::UNIX_EPOCH + TimeDelta::minutes(5));
    }

    #[test]
    fn a_running_clock_starts_where_it_is_told() {
        let at = DateTime::UNIX_EPOCH + TimeDelta::days(3);
        let now = Clock::running_from(at).now();
        assert!(now >= at && now < at + TimeDelta::minutes(1), "{now}");
    }
}
