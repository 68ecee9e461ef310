//! Paging by id, the way Mastodon clients ask for it.

use serde::{Deserialize, Deserializer};

/// The `max_id`, `since_id`, `min_id` and `limit` of a list request. Numbers are read as
/// leniently as Mastodon reads them: leading digits count, anything else is nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Page {
    /// Only items older than this.
    #[serde(default, deserialize_with = "lenient")]
    pub max_id: Option<i64>,
    /// Only items newer than this, the newest first.
    #[serde(default, deserialize_with = "lenient")]
    pub since_id: Option<i64>,
    /// Only items newer than this, those next to it first.
    #[serde(default, deserialize_with = "lenient")]
    pub min_id: Option<i64>,
    /// How many were asked for; see [`Page::limit`].
    #[serde(default, deserialize_with = "lenient")]
    pub limit: Option<i64>,
}

impl Page {
    /// How many items to return: the absolute value of what was asked for, at most `most`.
    #[must_use]
    pub fn limit(&self, default: i64, most: i64) -> i64 {
        self.limit.map_or(default, i64::saturating_abs).min(most)
    }
}

/// Reads an integer from a string or number: leading digits, garbage is 0, empty is none.
pub fn lenient<'de, D: Deserializer<'de>>(d: D) -> Result<Option<i64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Given {
        Number(i64),
        Text(String),
        Other(serde::de::IgnoredAny),
    }
    Ok(match Option::<Given>::deserialize(d)? {
        None => None,
        Some(Given::Number(number)) => Some(number),
        Some(Given::Text(text)) if text.trim().is_empty() => None,
        Some(Given::Text(text)) => Some(leading_digits(&text)),
        Some(Given::Other(_)) => None,
    })
}

/// The number at the start of `text`, 0 without one, saturating at the ends of `i64`.
#[must_use]
pub fn leading_digits(text: &str) -> i64 {
    let text = text.trim_start();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut number: i64 = 0;
    for digit in digits.chars().map_while(|c| c.to_digit(10)) {
        number = number.saturating_mul(10).saturating_add(i64::from(digit));
    }
    if negative { -number } else { number }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_leniently() {
        let page: Page =
            serde_json::from_str(r#"{"max_id":"12abc","min_id":"x","limit":-3}"#).unwrap();
        assert_eq!((page.max_id, page.min_id, page.limit(20, 40)), (Some(12), Some(0), 3));
        assert_eq!(leading_digits("99999999999999999999"), i64::MAX);
        assert_eq!(Page::default().limit(20, 40), 20);
    }
}
