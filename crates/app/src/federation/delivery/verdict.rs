//! What an answer means for a delivery, and when the next try is.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use http::{HeaderMap, StatusCode, header};
use rand::Rng as _;

/// Longest rest that an answer can ask for.
const LONGEST_ASKED: TimeDelta = TimeDelta::days(1);
/// Longest rest of a host that fails: when it is back, it is told within this time.
const LONGEST_REST: TimeDelta = TimeDelta::hours(1);

/// What becomes of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The receiver has it.
    Delivered,
    /// There is no use in trying again; the reason says why.
    GiveUp(String),
    /// It may succeed later.
    TryLater { error: String, rest: Rest },
    /// It was not tried: this machine has run out of something. Says nothing of the receiver.
    NotTried(String),
}

/// Who rests until the next try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// All deliveries to the host; for as long as it asks for.
    Host(Option<TimeDelta>),
    /// Only those of this sender to it.
    Lane,
    /// The same, and nothing is held against the host: it was never asked.
    Ours,
}

/// Reads an answer. `gone` says that the sender itself is no longer there.
pub(super) fn of_answer(
    status: StatusCode,
    headers: &HeaderMap,
    gone: bool,
    now: DateTime<Utc>,
) -> Verdict {
    let error = status.to_string();
    match status.as_u16() {
        200..=299 => Verdict::Delivered,
        // It may not have read our key yet. Nobody can read that of a deleted account.
        401 if !gone => Verdict::TryLater { error, rest: Rest::Lane },
        429 | 503 => Verdict::TryLater { error, rest: Rest::Host(retry_after(headers, now)) },
        408 => Verdict::TryLater { error, rest: Rest::Host(None) },
        400..=499 | 501 => Verdict::GiveUp(error),
        _ => Verdict::TryLater { error, rest: Rest::Host(None) },
    }
}

/// There is no answer.
pub(super) fn of_silence(error: String) -> Verdict {
    Verdict::TryLater { error, rest: Rest::Host(None) }
}

/// Whether a connection failed for want of something on this machine: files, memory, ports.
pub(super) fn is_ours(error: &std::io::Error) -> bool {
    // ENFILE, EMFILE, ENOMEM, ENOBUFS, EADDRNOTAVAIL as Linux numbers them.
    matches!(error.raw_os_error(), Some(23 | 24 | 12 | 105 | 99))
}

/// We could not even ask.
pub(super) fn of_trouble(error: String) -> Verdict {
    Verdict::TryLater { error, rest: Rest::Ours }
}

/// `Retry-After`: seconds, or a date.
fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<TimeDelta> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match text.parse::<i64>() {
        Ok(seconds) => TimeDelta::try_seconds(seconds)?,
        Err(_) => {
            let at = NaiveDateTime::parse_from_str(text, "%a, %d %b %Y %H:%M:%S GMT").ok()?;
            at.and_utc().signed_duration_since(now)
        }
    };
    (wait > TimeDelta::zero()).then(|| wait.min(LONGEST_ASKED))
}

/// How long the wait is before try number `tries` + 1, as Mastodon has it.
pub(super) fn backoff(tries: i32) -> TimeDelta {
    let c = i64::from(tries.clamp(1, 20)) - 1;
    let power = c.pow(4);
    let mut rng = rand::rng();
    let spread = if power >= 2 { rng.random_range(0..power / 2) } else { 0 };
    TimeDelta::seconds(power + 15 + spread + rng.random_range(0..10 * (c + 1)))
}

/// How long a host rests after so many failures in a row.
pub(super) fn rest(failures: i32, asked: Option<TimeDelta>) -> TimeDelta {
    let own = backoff(failures).min(LONGEST_REST);
    asked.map_or(own, |asked| asked.max(own))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, headers: &[(&str, &str)]) -> Verdict {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name: http::HeaderName = name.parse().unwrap();
            map.insert(name, value.parse().unwrap());
        }
        of_answer(StatusCode::from_u16(status).unwrap(), &map, false, DateTime::UNIX_EPOCH)
    }

    #[test]
    fn a_refusal_is_final_but_trouble_is_not() {
        assert_eq!(of(202, &[]), Verdict::Delivered);
        for status in [400, 403, 404, 410, 422, 501] {
            assert!(matches!(of(status, &[]), Verdict::GiveUp(_)), "{status}");
        }
        for status in [302, 408, 429, 500, 502, 503] {
            let verdict = of(status, &[]);
            assert!(
                matches!(verdict, Verdict::TryLater { rest: Rest::Host(None), .. }),
                "{status}"
            );
        }
        assert!(matches!(of(401, &[]), Verdict::TryLater { rest: Rest::Lane, .. }));
    }

    #[test]
    fn a_deleted_sender_gives_up_on_401() {
        let none = HeaderMap::new();
        let verdict = of_answer(StatusCode::UNAUTHORIZED, &none, true, DateTime::UNIX_EPOCH);
        assert!(matches!(verdict, Verdict::GiveUp(_)));
    }

    #[test]
    fn a_host_says_how_long_it_rests() {
        let asked = |value: &str| match of(503, &[("retry-after", value)]) {
            Verdict::TryLater { rest: Rest::Host(asked), .. } => asked,
            other => panic!("{other:?}"),
        };
        assert_eq!(asked("120"), Some(TimeDelta::minutes(2)));
        assert_eq!(asked("Thu, 01 Jan 1970 00:01:00 GMT"), Some(TimeDelta::minutes(1)));
        assert_eq!(asked("99999999"), Some(TimeDelta::days(1)));
        assert_eq!(asked("99999999999999999999"), None);
        assert_eq!(asked("-5"), None);
        assert_eq!(asked("soon"), None);
    }

    #[test]
    fn a_lack_of_files_is_not_the_receivers_fault() {
        assert!(is_ours(&std::io::Error::from_raw_os_error(24)));
        assert!(!is_ours(&std::io::Error::from(std::io::ErrorKind::ConnectionRefused)));
    }

    #[test]
    fn the_waits_are_mastodons() {
        for (tries, least, most) in
            [(1, 15, 24), (2, 16, 35), (3, 31, 67), (8, 2416, 3694), (16, 50640, 76110)]
        {
            for _ in 0..50 {
                let wait = backoff(tries).num_seconds();
                assert!((least..=most).contains(&wait), "{tries}: {wait}");
            }
        }
        assert!(rest(100, None) <= LONGEST_REST);
        assert_eq!(rest(1, Some(TimeDelta::hours(5))), TimeDelta::hours(5));
    }
}
