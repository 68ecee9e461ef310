//! An actor's document, read into the fields we keep of it.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::value::{self, cut, first, href, id, is_a, many, text};

/// The types of actors.
pub const TYPES: [&str; 5] = ["Application", "Group", "Organization", "Person", "Service"];

const KEYS: usize = 10;
const FIELDS: usize = 50;
const FIELD_PART: usize = 2047;
const ALIASES: usize = 256;
const EMOJIS: usize = 500;

/// What an actor says of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Actor {
    pub uri: String,
    pub kind: String,
    pub inbox: String,
    pub outbox: String,
    pub followers: String,
    pub following: String,
    pub shared_inbox: String,
    pub url: String,
    pub preferred_username: Option<String>,
    /// The handle it claims itself (FEP-2c59), name and domain.
    pub webfinger: Option<(String, String)>,
    pub published: Option<DateTime<Utc>>,
    pub suspended: bool,
    pub name: String,
    pub summary: String,
    pub locked: bool,
    /// Names and values; none if there is no list of them.
    pub fields: Option<Vec<(String, String)>>,
    pub also_known_as: Vec<String>,
    pub discoverable: bool,
    pub indexable: bool,
    pub memorial: bool,
    pub show_featured: Option<bool>,
    pub show_media: Option<bool>,
    pub show_media_replies: Option<bool>,
    pub attribution_domains: Vec<String>,
    pub feature_policy: i32,
    pub collections: Option<String>,
    pub featured: Option<String>,
    pub icon: Picture,
    pub image: Picture,
    pub moved_to: Option<String>,
    pub keys: Vec<Key>,
    pub emojis: Vec<Emoji>,
}

/// An avatar or header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Picture {
    pub url: String,
    pub description: String,
}

/// A public key, or where to find it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// Stands in the actor's document, under the actor's own address.
    Own { id: String, pem: String },
    /// Must be fetched and name the actor as its owner.
    Elsewhere(String),
}

/// A custom emoji that a document uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emoji {
    pub shortcode: String,
    pub image_url: String,
    pub uri: Option<String>,
    pub updated: Option<DateTime<Utc>>,
}

impl Actor {
    /// Reads a document. None if it is not an actor or cannot be delivered to.
    #[must_use]
    pub fn read(document: &Value) -> Option<Self> {
        let kind = value::kind(document, &TYPES)?.to_owned();
        let uri = id(document).filter(|uri| value::is_web(uri))?.to_owned();
        let address = |field: &str| {
            id(first(&document[field]))
                .filter(|at| value::is_web(at))
                .unwrap_or_default()
                .to_owned()
        };
        let inbox = Some(address("inbox")).filter(|inbox| !inbox.is_empty())?;
        let shared_inbox = match document["endpoints"].as_object() {
            Some(endpoints) => endpoints.get("sharedInbox").and_then(|at| id(first(at))),
            None => id(first(&document["sharedInbox"])),
        };
        let url = href(&document["url"], "text/html")
            .filter(|url| value::same_host(url, &uri))
            .unwrap_or(&uri)
            .to_owned();
        let (followers, following) = (address("followers"), address("following"));
        let flag = |field: &str| document[field].as_bool().unwrap_or(false);
        let can_feature = &document["interactionPolicy"]["canFeature"];
        let feature_policy = feature_policy(can_feature, &uri, &followers, &following);

        Some(Self {
            kind,
            inbox,
            outbox: address("outbox"),
            shared_inbox: shared_inbox
                .filter(|at| value::is_web(at))
                .unwrap_or_default()
                .to_owned(),
            url,
            preferred_username: text(&document["preferredUsername"]).map(str::to_owned),
            webfinger: document["webfinger"].as_str().and_then(split_handle),
            published: value::time(&document["published"]),
            suspended: flag("suspended"),
            name: cut(text(&document["name"]).unwrap_or_default(), 2048),
            summary: cut(text(&document["summary"]).unwrap_or_default(), 20480),
            locked: flag("manuallyApprovesFollowers"),
            fields: fields(&document["attachment"]),
            also_known_as: many(&document["alsoKnownAs"])
                .iter()
                .filter_map(id)
                .take(ALIASES)
                .map(str::to_owned)
                .collect(),
            discoverable: flag("discoverable"),
            indexable: flag("indexable"),
            memorial: flag("memorial"),
            show_featured: document["showFeatured"].as_bool(),
            show_media: document["showMedia"].as_bool(),
            show_media_replies: document["showRepliesInMedia"].as_bool(),
            attribution_domains: many(&document["attributionDomains"])
                .iter()
                .filter_map(Value::as_str)
                .take(ALIASES)
                .map(str::to_owned)
                .collect(),
            feature_policy,
            collections: id(&document["featuredCollections"]).map(str::to_owned),
            featured: id(&document["featured"]).map(str::to_owned),
            icon: picture(&document["icon"]),
            image: picture(&document["image"]),
            moved_to: id(&document["movedTo"]).map(str::to_owned),
            keys: keys(&document["publicKey"], &uri),
            emojis: emojis(&document["tag"]),
            uri,
            followers,
            following,
        })
    }
}

/// `user@domain`, with or without `acct:` and a leading `@`, in two parts.
#[must_use]
pub fn split_handle(handle: &str) -> Option<(String, String)> {
    let handle = handle.strip_prefix("acct:").unwrap_or(handle);
    let (name, domain) = handle.strip_prefix('@').unwrap_or(handle).split_once('@')?;
    let whole = !name.is_empty() && !domain.is_empty() && !domain.contains('@');
    whole.then(|| (name.to_owned(), domain.to_owned()))
}

/// Whether `name` is a name accounts can have: letters, digits and underscores, with dots and
/// dashes between them.
#[must_use]
pub fn is_username(name: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.len() <= 2048
        && name.starts_with(word)
        && name.ends_with(word)
        && name.chars().all(|c| word(c) || c == '.' || c == '-')
}

fn feature_policy(value: &Value, uri: &str, followers: &str, following: &str) -> i32 {
    let bits = value::policy(value, uri, followers, following);
    // Nobody but the author is said by naming the author alone.
    let only_author = |part: &Value| {
        let named = many(part);
        !named.is_empty() && named.iter().all(|who| who.as_str() == Some(uri))
    };
    let half = |part: &Value| if only_author(part) { 16 } else { 0 };
    bits | half(&value["automaticApproval"]) << 16 | half(&value["manualApproval"])
}

fn fields(attachment: &Value) -> Option<Vec<(String, String)>> {
    let fields = attachment.as_array()?.iter();
    let part = |value: &Value| cut(value.as_str().unwrap_or_default(), FIELD_PART);
    Some(
        fields
            .filter(|field| field["type"].as_str() == Some("PropertyValue"))
            .take(FIELDS)
            .map(|field| (part(&field["name"]), part(&field["value"])))
            .collect(),
    )
}

fn picture(value: &Value) -> Picture {
    let given = first(value);
    let Some(object) = given.as_object() else { return Picture::default() };
    let url = if is_a(given, &["Image"]) {
        object.get("url").map(first).and_then(|url| url.as_str().or(url["href"].as_str()))
    } else {
        object.get("href").and_then(Value::as_str)
    };
    let Some(url) = url.filter(|url| value::is_web(url)) else { return Picture::default() };
    let description = text(&given["summary"]).or(text(&given["name"])).unwrap_or_default().trim();
    Picture { url: url.to_owned(), description: cut(description, 10_000) }
}

fn keys(value: &Value, actor: &str) -> Vec<Key> {
    let read = |key: &Value| {
        let key_id = id(key)?;
        if key.is_string() {
            return Some(Key::Elsewhere(key_id.to_owned()));
        }
        if id(&key["owner"]) != Some(actor) {
            return None;
        }
        let document = key_id.split('#').next().unwrap_or(key_id);
        if document != actor {
            return Some(Key::Elsewhere(key_id.to_owned()));
        }
        let pem = text(&key["publicKeyPem"])?.to_owned();
        Some(Key::Own { id: key_id.to_owned(), pem })
    };
    many(value).iter().take(KEYS).filter_map(read).collect()
}

/// The emoji among the tags of an actor or post.
#[must_use]
pub fn emojis(tag: &Value) -> Vec<Emoji> {
    let read = |tag: &Value| {
        let shortcode = text(&tag["name"])?.replace(':', "");
        let image_url = first(&tag["icon"])["url"].as_str().filter(|url| value::is_web(url))?;
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let good = (2..=2048).contains(&shortcode.len()) && shortcode.chars().all(word);
        good.then(|| Emoji {
            shortcode,
            image_url: image_url.to_owned(),
            uri: id(&tag["id"]).map(str::to_owned),
            updated: value::time(&tag["updated"]),
        })
    };
    let tags = many(tag).iter().filter(|tag| is_a(tag, &["Emoji"]));
    tags.filter_map(read).take(EMOJIS).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_actor_as_mastodon_writes_it() {
        let actor = Actor::read(&json!({
            "id": "https://peer.test/users/rita", "type": "Person", "preferredUsername": "rita",
            "name": "Rita", "summary": "<p>x</p>", "url": "https://peer.test/@rita",
            "inbox": "https://peer.test/users/rita/inbox", "followers": "https://peer.test/users/rita/followers",
            "endpoints": {"sharedInbox": "https://peer.test/inbox"}, "manuallyApprovesFollowers": true,
            "published": "2020-01-02T00:00:00Z",
            "icon": {"type": "Image", "url": "https://peer.test/a.png", "summary": "me"},
            "attachment": [{"type": "PropertyValue", "name": "a", "value": "b"}, {"type": "Other"}],
            "publicKey": {"id": "https://peer.test/users/rita#main-key",
                "owner": "https://peer.test/users/rita", "publicKeyPem": "PEM"}
        }))
        .unwrap();
        assert_eq!(actor.shared_inbox, "https://peer.test/inbox");
        assert_eq!(
            actor.icon,
            Picture { url: "https://peer.test/a.png".into(), description: "me".into() }
        );
        assert_eq!(actor.fields, Some(vec![("a".into(), "b".into())]));
        assert!(actor.locked && !actor.discoverable);
        let key =
            Key::Own { id: "https://peer.test/users/rita#main-key".into(), pem: "PEM".into() };
        assert_eq!(actor.keys, [key]);
        assert_eq!(actor.outbox, "");
    }

    #[test]
    fn foreign_parts_are_not_believed() {
        let actor = Actor::read(&json!({
            "id": "https://a.test/1", "type": ["x", "Group"], "inbox": {"id": "https://a.test/in"},
            "url": "https://b.test/page", "outbox": "ftp://a.test/",
            "publicKey": [
                {"id": "https://a.test/1#k", "owner": "https://b.test/2", "publicKeyPem": "P"},
                {"id": "https://a.test/key", "owner": "https://a.test/1", "publicKeyPem": "P"},
                "https://a.test/other"
            ]
        }))
        .unwrap();
        assert_eq!((actor.url.as_str(), actor.outbox.as_str()), ("https://a.test/1", ""));
        let elsewhere = |at: &str| Key::Elsewhere(at.to_owned());
        assert_eq!(
            actor.keys,
            [elsewhere("https://a.test/key"), elsewhere("https://a.test/other")]
        );
        assert_eq!(Actor::read(&json!({"id": "https://a.test/1", "type": "Person"})), None);
        assert_eq!(
            Actor::read(
                &json!({"id": "https://a.test/1", "type": "Note", "inbox": "https://a.test/i"})
            ),
            None
        );
    }

    #[test]
    fn names_and_handles() {
        for good in ["alice", "a.b-c_d", "A1", "_"] {
            assert!(is_username(good), "{good}");
        }
        for bad in ["", ".a", "a-", "a b", "ä", "a@b"] {
            assert!(!is_username(bad), "{bad}");
        }
        let pair = Some(("a".to_owned(), "b.test".to_owned()));
        for handle in ["a@b.test", "acct:a@b.test", "@a@b.test"] {
            assert_eq!(split_handle(handle), pair, "{handle}");
        }
        for handle in ["a", "@a", "a@", "@@b", "a@b@c"] {
            assert_eq!(split_handle(handle), None, "{handle}");
        }
    }
}
