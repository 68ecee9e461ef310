//! WebFinger: from a handle to the actor behind it.

use serde::{Deserialize, Serialize};

use crate::signature::Refused;

/// Media types under which an actor's own document is linked.
const ACTOR_TYPES: [&str; 2] = [
    "application/activity+json",
    "application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"",
];

/// A handle: `acct:alice@example.org`, `alice@example.org` or `@alice@example.org`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acct {
    /// As written.
    pub username: String,
    /// In lower case.
    pub domain: String,
}

impl Acct {
    /// Reads any of the three forms; none if either part is missing.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix("acct:").unwrap_or(text);
        let (username, domain) = text.strip_prefix('@').unwrap_or(text).split_once('@')?;
        let is_fit = |part: &str| !part.is_empty() && !part.contains(['@', '/', ' ']);
        (is_fit(username) && is_fit(domain))
            .then(|| Self { username: username.to_owned(), domain: domain.to_lowercase() })
    }

    /// `acct:alice@example.org`.
    #[must_use]
    pub fn uri(&self) -> String {
        format!("acct:{}@{}", self.username, self.domain)
    }

    /// Whether both mean the same account; upper and lower case are the same.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.username.eq_ignore_ascii_case(&other.username) && self.domain == other.domain
    }
}

/// A JSON Resource Descriptor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Descriptor {
    #[serde(default)]
    pub subject: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    #[serde(default)]
    pub links: Vec<Link>,
}

/// A link of a [`Descriptor`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    #[serde(default)]
    pub rel: String,
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub href: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
}

impl Descriptor {
    /// Reads an answer, whatever its media type said.
    pub fn parse(body: &[u8]) -> Result<Self, Refused> {
        serde_json::from_slice(body).map_err(|_| Refused::new("Invalid WebFinger answer"))
    }

    /// The handle it is about.
    #[must_use]
    pub fn acct(&self) -> Option<Acct> {
        Acct::parse(&self.subject)
    }

    /// The id of the actor it points to.
    #[must_use]
    pub fn actor(&self) -> Option<&str> {
        let is_actor = |link: &&Link| {
            link.rel == "self"
                && link.media_type.as_deref().is_some_and(|kind| ACTOR_TYPES.contains(&kind))
        };
        self.links.iter().find(is_actor)?.href.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_are_read_in_each_form() {
        for text in ["acct:Alice@Example.org", "Alice@example.org", "@Alice@example.ORG"] {
            let acct = Acct::parse(text).unwrap();
            assert_eq!(acct.uri(), "acct:Alice@example.org");
            assert!(acct.is_same(&Acct::parse("alice@example.org").unwrap()));
        }
        for text in ["", "alice", "@alice", "a@", "@@b", "a@b@c", "acct:@b", "https://b/@a"] {
            assert_eq!(Acct::parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_actor_is_the_self_link_of_a_known_type() {
        let body = br#"{"subject":"acct:a@b.example","links":[
            {"rel":"self","type":"text/html","href":"https://b.example/no"},
            {"rel":"http://ostatus.org/schema/1.0/subscribe","template":"https://b.example/{uri}"},
            {"rel":"self","type":"application/activity+json","href":"https://b.example/a"}]}"#;
        let descriptor = Descriptor::parse(body).unwrap();
        assert_eq!(descriptor.actor(), Some("https://b.example/a"));
        assert_eq!(descriptor.acct().unwrap().username, "a");
        assert!(Descriptor::parse(b"<xml/>").is_err());
        assert_eq!(Descriptor::parse(b"{}").unwrap().actor(), None);
    }
}
