//! `@context`: which words a document uses, and what they mean.

use serde_json::{Map, Value, json};

/// A group of words that one part of a document asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Terms {
    ManuallyApprovesFollowers,
    Sensitive,
    Hashtag,
    MovedTo,
    AlsoKnownAs,
    Emoji,
    Featured,
    PropertyValue,
    AtomUri,
    Conversation,
    FocalPoint,
    Blurhash,
    Discoverable,
    Indexable,
    Memorial,
    Suspended,
    VotersCount,
    AttributionDomains,
    ProfileSettings,
    QuoteRequests,
    Quotes,
    InteractionPolicies,
    QuoteAuthorizations,
    FeatureRequests,
    FeaturedCollections,
    FeatureAuthorizations,
}

impl Terms {
    fn define(self, words: &mut Map<String, Value>) {
        let mut id = |name: &str, meaning: &str| {
            words.insert(name.to_owned(), Value::from(meaning));
        };
        match self {
            Self::ManuallyApprovesFollowers => {
                id("manuallyApprovesFollowers", "as:manuallyApprovesFollowers");
            }
            Self::Sensitive => id("sensitive", "as:sensitive"),
            Self::Hashtag => id("Hashtag", "as:Hashtag"),
            Self::MovedTo => link(words, "movedTo", "as:movedTo"),
            Self::AlsoKnownAs => link(words, "alsoKnownAs", "as:alsoKnownAs"),
            Self::Emoji => {
                id("toot", TOOT);
                id("Emoji", "toot:Emoji");
            }
            Self::Featured => {
                id("toot", TOOT);
                link(words, "featured", "toot:featured");
                link(words, "featuredTags", "toot:featuredTags");
            }
            Self::PropertyValue => {
                id("schema", "http://schema.org#");
                id("PropertyValue", "schema:PropertyValue");
                id("value", "schema:value");
            }
            Self::AtomUri => {
                id("ostatus", OSTATUS);
                id("atomUri", "ostatus:atomUri");
            }
            Self::Conversation => {
                id("ostatus", OSTATUS);
                id("inReplyToAtomUri", "ostatus:inReplyToAtomUri");
                id("conversation", "ostatus:conversation");
            }
            Self::FocalPoint => {
                id("toot", TOOT);
                words.insert(
                    "focalPoint".to_owned(),
                    json!({ "@container": "@list", "@id": "toot:focalPoint" }),
                );
            }
            Self::Blurhash => toot(words, &["blurhash"]),
            Self::Discoverable => toot(words, &["discoverable"]),
            Self::Indexable => toot(words, &["indexable"]),
            Self::Memorial => toot(words, &["memorial"]),
            Self::Suspended => toot(words, &["suspended"]),
            Self::VotersCount => toot(words, &["votersCount"]),
            Self::AttributionDomains => {
                id("toot", TOOT);
                words.insert(
                    "attributionDomains".to_owned(),
                    json!({ "@id": "toot:attributionDomains", "@container": "@set" }),
                );
            }
            Self::ProfileSettings => {
                toot(words, &["showFeatured", "showMedia", "showRepliesInMedia"]);
            }
            Self::QuoteRequests => id("QuoteRequest", "https://w3id.org/fep/044f#QuoteRequest"),
            Self::Quotes => {
                link(words, "quote", "https://w3id.org/fep/044f#quote");
                words.insert("quoteUri".to_owned(), "http://fedibird.com/ns#quoteUri".into());
                words.insert(
                    "_misskey_quote".to_owned(),
                    "https://misskey-hub.net/ns#_misskey_quote".into(),
                );
                link(words, "quoteAuthorization", "https://w3id.org/fep/044f#quoteAuthorization");
            }
            Self::InteractionPolicies => {
                id("gts", GTS);
                link(words, "interactionPolicy", "gts:interactionPolicy");
                link(words, "canFeature", "https://w3id.org/fep/7aa9#canFeature");
                link(words, "canQuote", "gts:canQuote");
                link(words, "automaticApproval", "gts:automaticApproval");
                link(words, "manualApproval", "gts:manualApproval");
            }
            Self::QuoteAuthorizations => {
                id("gts", GTS);
                id("QuoteAuthorization", "https://w3id.org/fep/044f#QuoteAuthorization");
                link(words, "interactingObject", "gts:interactingObject");
                link(words, "interactionTarget", "gts:interactionTarget");
            }
            Self::FeatureRequests => {
                id("FeatureRequest", "https://w3id.org/fep/7aa9#FeatureRequest");
            }
            Self::FeaturedCollections => {
                for name in
                    ["FeaturedCollection", "FeaturedItem", "FeatureRequest", "FeatureAuthorization"]
                {
                    id(name, &format!("https://w3id.org/fep/7aa9#{name}"));
                }
                for name in ["topic", "featuredObject", "featureAuthorization"] {
                    link(words, name, &format!("https://w3id.org/fep/7aa9#{name}"));
                }
            }
            Self::FeatureAuthorizations => {
                id("gts", GTS);
                id("FeatureAuthorization", "https://w3id.org/fep/7aa9#FeatureAuthorization");
                link(words, "interactingObject", "gts:interactingObject");
                link(words, "interactionTarget", "gts:interactionTarget");
            }
        }
    }
}

const TOOT: &str = "http://joinmastodon.org/ns#";
const OSTATUS: &str = "http://ostatus.org#";
const GTS: &str = "https://gotosocial.org/ns#";

/// A word whose value is an address.
fn link(words: &mut Map<String, Value>, name: &str, meaning: &str) {
    words.insert(name.to_owned(), json!({ "@id": meaning, "@type": "@id" }));
}

fn toot(words: &mut Map<String, Value>, names: &[&str]) {
    words.insert("toot".to_owned(), TOOT.into());
    for name in names {
        words.insert((*name).to_owned(), format!("toot:{name}").into());
    }
}

/// What a document has asked for so far.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// Keys: actors, and what holds one.
    pub security: bool,
    /// Handles: actors, and what holds one.
    pub webfinger: bool,
    terms: Vec<Terms>,
}

impl Context {
    /// Asks for groups of words.
    pub fn need(&mut self, terms: &[Terms]) {
        for group in terms {
            if !self.terms.contains(group) {
                self.terms.push(*group);
            }
        }
    }

    /// Asks for all that a part of the document asked for.
    pub fn absorb(&mut self, other: &Context) {
        self.security |= other.security;
        self.webfinger |= other.webfinger;
        self.need(&other.terms);
    }

    /// The value of `@context`: one string when nothing was asked for.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut list = vec![Value::from("https://www.w3.org/ns/activitystreams")];
        if self.security {
            list.push("https://w3id.org/security/v1".into());
        }
        if self.webfinger {
            list.push("https://purl.archive.org/socialweb/webfinger".into());
        }
        let mut words = Map::new();
        for group in &self.terms {
            group.define(&mut words);
        }
        if !words.is_empty() {
            list.push(words.into());
        }
        if list.len() == 1 { list.remove(0) } else { list.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_document_has_a_plain_context() {
        let value = Context::default().to_value();
        assert_eq!(value, json!("https://www.w3.org/ns/activitystreams"));
    }

    #[test]
    fn a_group_is_defined_once_however_often_it_is_asked_for() {
        let mut context = Context::default();
        context.need(&[Terms::Hashtag, Terms::Hashtag]);
        let mut again = Context::default();
        again.need(&[Terms::Hashtag]);
        context.absorb(&again);
        assert_eq!(
            context.to_value(),
            json!(["https://www.w3.org/ns/activitystreams", { "Hashtag": "as:Hashtag" }])
        );
    }
}
