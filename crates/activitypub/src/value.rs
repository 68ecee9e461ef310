//! The many forms in which servers write the same thing, read as Mastodon reads them.

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime, Utc};
use serde_json::Value;
use url::Url;

/// What every document of ours and theirs names as its context.
pub const CONTEXT: &str = "https://www.w3.org/ns/activitystreams";
/// The address of everyone.
pub const PUBLIC: &str = "https://www.w3.org/ns/activitystreams#Public";

static NULL: Value = Value::Null;

/// The id of what stands here as an address or as an object.
#[must_use]
pub fn id(value: &Value) -> Option<&str> {
    match value {
        Value::String(id) => Some(id.as_str()),
        Value::Object(object) => object.get("id").and_then(Value::as_str),
        _ => None,
    }
    .filter(|id| !id.is_empty())
}

/// The first of an array, or the value itself.
#[must_use]
pub fn first(value: &Value) -> &Value {
    match value {
        Value::Array(values) => values.first().unwrap_or(&NULL),
        value => value,
    }
}

/// The elements of an array, or the value as the only one; nothing for null.
#[must_use]
pub fn many(value: &Value) -> &[Value] {
    match value {
        Value::Null => &[],
        Value::Array(values) => values,
        value => std::slice::from_ref(value),
    }
}

/// A text that is there and not empty.
#[must_use]
pub fn text(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.trim().is_empty())
}

/// Whether `object` is of one of these types; `type` may be an array.
#[must_use]
pub fn is_a(object: &Value, names: &[&str]) -> bool {
    kind(object, names).is_some()
}

/// The first of its types that is among `names`.
#[must_use]
pub fn kind<'a>(object: &'a Value, names: &[&str]) -> Option<&'a str> {
    many(&object["type"]).iter().filter_map(Value::as_str).find(|name| names.contains(name))
}

/// Whether an address means everyone, in any of its spellings.
#[must_use]
pub fn is_public(address: &str) -> bool {
    matches!(address, PUBLIC | "as:Public" | "Public")
}

/// The addresses in `to` (or `cc`, …) of the object, or of the activity when it has none itself.
#[must_use]
pub fn audience<'a>(object: &'a Value, activity: &'a Value, field: &str) -> Vec<&'a str> {
    let own = &object[field];
    let given = if own.is_null() { &activity[field] } else { own };
    many(given).iter().filter_map(id).collect()
}

/// The address a link leads to: a string, a Link, or the first Link of an array whose type is
/// `wanted` (as Mastodon does, one without a type counts as a page).
#[must_use]
pub fn href<'a>(value: &'a Value, wanted: &str) -> Option<&'a str> {
    match value {
        Value::String(address) => Some(address),
        Value::Object(link) => link.get("href").and_then(Value::as_str),
        Value::Array(links) => match links.first() {
            Some(Value::String(address)) => Some(address),
            _ => links
                .iter()
                .find(|link| link["mimeType"].as_str().unwrap_or("text/html") == wanted)
                .and_then(|link| link["href"].as_str()),
        },
        _ => None,
    }
}

/// The first language and text of a map like `contentMap`.
#[must_use]
pub fn first_of_map(value: &Value) -> Option<(&str, &str)> {
    let (language, text) = value.as_object()?.iter().next()?;
    Some((language, text.as_str()?))
}

/// An instant; none for what cannot be read or lies outside the years 0 to 9999.
#[must_use]
pub fn time(value: &Value) -> Option<DateTime<Utc>> {
    let text = value.as_str()?.trim();
    let at = DateTime::parse_from_rfc3339(text)
        .map(|at| at.to_utc())
        .or_else(|_| DateTime::parse_from_rfc2822(text).map(|at| at.to_utc()))
        .or_else(|_| {
            NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").map(|at| at.and_utc())
        })
        .or_else(|_| {
            NaiveDate::parse_from_str(text, "%Y-%m-%d")
                .map(|day| day.and_time(Default::default()).and_utc())
        })
        .ok()?;
    (0..=9999).contains(&at.year()).then_some(at)
}

/// Whether this is an address on the web.
#[must_use]
pub fn is_web(address: &str) -> bool {
    web(address).is_some()
}

/// An address on the web, parsed.
#[must_use]
pub fn web(address: &str) -> Option<Url> {
    let url = Url::parse(address).ok()?;
    (matches!(url.scheme(), "http" | "https")
        && url.host_str().is_some_and(|host| !host.is_empty()))
    .then_some(url)
}

/// Whether two addresses are on one host. Scheme and port do not matter; what is not on the web
/// is on no host at all.
#[must_use]
pub fn same_host(a: &str, b: &str) -> bool {
    match (web(a), web(b)) {
        (Some(a), Some(b)) => a.host_str() == b.host_str(),
        _ => false,
    }
}

/// The host of an address in the form accounts' domains have: with its port when unusual.
#[must_use]
pub fn domain_of(address: &str) -> Option<String> {
    let url = web(address)?;
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

/// Whether a document says that it is ActivityStreams, by the one spelling that counts.
#[must_use]
pub fn has_context(document: &Value) -> bool {
    many(&document["@context"]).iter().any(|context| context.as_str() == Some(CONTEXT))
}

/// The real address and the token of a `bear:` address; other addresses as they are.
#[must_use]
pub fn bearcap(address: &str) -> (String, Option<String>) {
    if let Ok(url) = Url::parse(address)
        && url.scheme() == "bear"
    {
        let find =
            |name| url.query_pairs().find(|(key, _)| key == name).map(|(_, v)| v.into_owned());
        return (find("u").unwrap_or_default(), find("t"));
    }
    (address.to_owned(), None)
}

/// At most `most` characters of `text`.
#[must_use]
pub fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => text[..end].to_owned(),
        None => text.to_owned(),
    }
}

/// Whether a key that would change what the document says to a JSON-LD reader stands anywhere in
/// it.
#[must_use]
pub fn has_graph_keywords(document: &Value) -> bool {
    let mut stack = vec![document];
    while let Some(value) = stack.pop() {
        match value {
            Value::Object(object) => {
                if ["@graph", "@included", "@reverse"].iter().any(|key| object.contains_key(*key)) {
                    return true;
                }
                stack.extend(object.values());
            }
            Value::Array(values) => stack.extend(values),
            _ => {}
        }
    }
    false
}

/// The bits of an interaction policy (`canQuote`, `canFeature`): the upper half what is approved
/// by itself, the lower half what the author decides on.
#[must_use]
pub fn policy(value: &Value, author: &str, followers: &str, following: &str) -> i32 {
    let half = |part: &Value| {
        many(part).iter().filter_map(Value::as_str).fold(0, |bits, who| {
            bits | match who {
                who if is_public(who) => 2,
                who if !followers.is_empty() && who == followers => 4,
                who if !following.is_empty() && who == following => 8,
                // The author may always.
                who if who == author => 0,
                _ => 1,
            }
        })
    };
    half(&value["automaticApproval"]) << 16 | half(&value["manualApproval"])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn hosts_are_compared_without_port_and_scheme() {
        assert!(same_host("https://A.test/1", "http://a.test:8080/2"));
        assert!(!same_host("https://a.test/", "https://b.test/"));
        assert!(!same_host("https://1.2.3.4/", "https://5.6.7.8/"));
        assert!(!same_host("urn:x", "urn:x"));
        assert!(!same_host("", ""));
    }

    #[test]
    fn links_come_in_many_forms() {
        let cases = [
            (json!("https://a.test/"), Some("https://a.test/")),
            (json!({"type": "Link", "href": "https://a.test/"}), Some("https://a.test/")),
            (json!(["https://a.test/", "https://b.test/"]), Some("https://a.test/")),
            (
                json!([{"href": "https://v.test/", "mimeType": "video/mp4"}, {"href": "https://p.test/"}]),
                Some("https://p.test/"),
            ),
            (json!(null), None),
            (json!([]), None),
        ];
        for (value, expected) in cases {
            assert_eq!(href(&value, "text/html"), expected, "{value}");
        }
    }

    #[test]
    fn times_are_read_leniently() {
        let cases = [
            ("2026-01-02T10:00:01Z", Some(1_767_348_001)),
            ("2026-01-02T10:00:01.123456+00:00", Some(1_767_348_001)),
            ("2026-01-02T12:00:01+02:00", Some(1_767_348_001)),
            ("2026-01-02T10:00:01", Some(1_767_348_001)),
            ("2026-01-02", Some(1_767_312_000)),
            ("+99999-01-02T10:00:01Z", None),
            ("yesterday", None),
        ];
        for (text, expected) in cases {
            assert_eq!(time(&json!(text)).map(|at| at.timestamp()), expected, "{text}");
        }
        assert_eq!(time(&json!(12)), None);
    }

    #[test]
    fn the_context_must_be_spelled_exactly() {
        assert!(has_context(&json!({"@context": CONTEXT})));
        assert!(has_context(&json!({"@context": [{"a": "b"}, CONTEXT]})));
        assert!(!has_context(&json!({"@context": "http://www.w3.org/ns/activitystreams"})));
        assert!(!has_context(&json!({})));
    }

    #[test]
    fn bearcaps_are_taken_apart() {
        let (address, token) = bearcap("bear:?t=abc&u=https://a.test/1?x=2");
        assert_eq!((address.as_str(), token.as_deref()), ("https://a.test/1?x=2", Some("abc")));
        assert_eq!(bearcap("https://a.test/"), ("https://a.test/".to_owned(), None));
    }

    #[test]
    fn policies_become_bits() {
        let given = json!({"automaticApproval": ["as:Public"], "manualApproval": "f"});
        assert_eq!(policy(&given, "me", "f", "g"), 2 << 16 | 4);
        let given = json!({"automaticApproval": ["me", "g"], "manualApproval": ["x"]});
        assert_eq!(policy(&given, "me", "f", "g"), 8 << 16 | 1);
        assert_eq!(policy(&json!(null), "me", "f", "g"), 0);
    }

    #[test]
    fn graph_keywords_are_found_at_any_depth() {
        assert!(has_graph_keywords(&json!({"a": [{"b": {"@graph": []}}]})));
        assert!(!has_graph_keywords(&json!({"a": "@graph"})));
    }
}
