//! A post's document, read into the fields we keep of it.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::actor::{Emoji, emojis};
use crate::value::{self, audience, cut, first, first_of_map, href, id, is_a, many, text};

/// Posts as we know them.
pub const SUPPORTED: [&str; 2] = ["Note", "Question"];
/// Other things that are shown as a post: title, summary and link.
pub const CONVERTED: [&str; 6] = ["Image", "Audio", "Video", "Article", "Page", "Event"];

/// Attachments kept of one post.
pub const ATTACHMENTS: usize = 4;
const POLL_OPTIONS: usize = 500;
const DESCRIPTION: usize = 10_000;
/// Characters kept of one post: what is longer only costs everybody who is shown it.
const TEXT: usize = 200_000;
/// Hashtags, mentions and addressees that are looked at, of each so many.
const NAMES: usize = 1000;
const MOST_TRUSTED: i64 = 100_000_000;

/// What a post's document says.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    pub uri: String,
    pub url: String,
    pub attributed_to: Option<String>,
    pub text: String,
    pub spoiler_text: String,
    pub language: Option<String>,
    pub published: Option<DateTime<Utc>>,
    /// When it was last changed, if that differs from when it was made.
    pub updated: Option<DateTime<Utc>>,
    /// Whether it answers something, known or not.
    pub reply: bool,
    pub in_reply_to: Option<String>,
    /// The parent's older id.
    pub in_reply_to_atom: Option<String>,
    pub atom_uri: Option<String>,
    pub sensitive: bool,
    pub conversation: Option<String>,
    pub can_quote: Value,
    pub likes: Option<i64>,
    pub shares: Option<i64>,
    pub poll: Option<Poll>,
    pub attachments: Vec<Attachment>,
    pub hashtags: Vec<String>,
    /// Addresses of the actors it mentions.
    pub mentions: Vec<String>,
    pub emojis: Vec<Emoji>,
    pub to: Vec<String>,
    pub cc: Vec<String>,
    pub quote: Option<Quote>,
    /// The option chosen, if this is a vote.
    pub name: Option<String>,
    pub replies: Replies,
}

/// A poll's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poll {
    pub options: Vec<String>,
    pub tallies: Vec<i64>,
    pub multiple: bool,
    pub expires_at: Option<DateTime<Utc>>,
    /// Closed although it does not say when.
    pub closed: bool,
    pub voters_count: Option<i64>,
}

/// A file.
#[derive(Clone, Debug, PartialEq)]
pub struct Attachment {
    pub url: String,
    pub media_type: Option<String>,
    pub description: Option<String>,
    pub thumbnail_url: Option<String>,
    pub focus: Option<(f64, f64)>,
    pub blurhash: Option<String>,
}

/// What it quotes.
#[derive(Clone, Debug, PartialEq)]
pub struct Quote {
    /// The address of the quoted post; none if that was deleted.
    pub uri: Option<String>,
    /// The quoted post itself, where it is enclosed.
    pub inlined: Option<Value>,
    /// Written in one of the older ways.
    pub legacy: bool,
    pub authorization: Option<String>,
}

/// Where its replies are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Replies {
    #[default]
    Unknown,
    /// The first few.
    Listed(Vec<String>),
    /// A collection to fetch.
    Collection(String),
}

impl Note {
    /// Reads the object of an activity, or a document of its own (then `activity` is null). None if
    /// it is not something shown as a post.
    #[must_use]
    pub fn read(object: &Value, activity: &Value) -> Option<Self> {
        let converted = is_a(object, &CONVERTED);
        if !converted && !is_a(object, &SUPPORTED) {
            return None;
        }
        let (uri, _) = value::bearcap(id(object)?);
        let published = value::time(&object["published"]);
        let url = href(&object["url"], "text/html")
            .filter(|url| value::is_web(url))
            .unwrap_or(&uri)
            .to_owned();
        let owned = |addresses: Vec<&str>| -> Vec<String> {
            addresses.into_iter().take(NAMES).map(str::to_owned).collect()
        };
        let tagged =
            |kind: &'static str| many(&object["tag"]).iter().filter(move |tag| is_a(tag, &[kind]));

        Some(Self {
            attributed_to: id(first(&object["attributedTo"])).map(str::to_owned),
            text: match converted {
                true => cut(&converted_text(object, &url), TEXT),
                false => cut(content(object), TEXT),
            },
            spoiler_text: if converted { String::new() } else { summary(object) },
            language: language(object),
            published,
            updated: value::time(&object["updated"]).filter(|updated| Some(*updated) != published),
            reply: !object["inReplyTo"].is_null(),
            in_reply_to: id(first(&object["inReplyTo"])).map(str::to_owned),
            in_reply_to_atom: text(&object["inReplyToAtomUri"]).map(str::to_owned),
            atom_uri: text(&object["atomUri"]).map(str::to_owned),
            sensitive: object["sensitive"].as_bool().unwrap_or(false),
            conversation: text(&object["conversation"]).map(str::to_owned),
            can_quote: object["interactionPolicy"]["canQuote"].clone(),
            likes: total(&object["likes"]),
            shares: total(&object["shares"]),
            poll: poll(object),
            attachments: attachments(&object["attachment"]),
            hashtags: tagged("Hashtag")
                .filter_map(|tag| text(&tag["name"]))
                .take(NAMES)
                .map(str::to_owned)
                .collect(),
            mentions: tagged("Mention")
                .filter_map(|tag| text(&tag["href"]))
                .take(NAMES)
                .map(str::to_owned)
                .collect(),
            emojis: emojis(&object["tag"]),
            to: owned(audience(object, activity, "to")),
            cc: owned(audience(object, activity, "cc")),
            quote: quote(object),
            name: object["name"].as_str().map(str::to_owned),
            replies: replies(&object["replies"], &uri),
            uri,
            url,
        })
    }
}

fn content(object: &Value) -> &str {
    let own = object["content"].as_str();
    own.or_else(|| Some(first_of_map(&object["contentMap"])?.1)).unwrap_or_default()
}

fn summary(object: &Value) -> String {
    let own = object["summary"].as_str();
    own.or_else(|| Some(first_of_map(&object["summaryMap"])?.1)).unwrap_or_default().to_owned()
}

/// Title, summary and link of something that is no post where it comes from.
fn converted_text(object: &Value, url: &str) -> String {
    let name = text(&object["name"]).or_else(|| Some(first_of_map(&object["nameMap"])?.1));
    let summary = Some(summary(object)).filter(|summary| !summary.trim().is_empty());
    let address = html_escaped(url);
    let parts = [
        name.map(|name| format!("<h2>{name}</h2>")),
        summary,
        Some(format!("<a href=\"{address}\">{address}</a>")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("\n\n")
}

fn html_escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn language(object: &Value) -> Option<String> {
    let maps = ["contentMap", "nameMap", "summaryMap"];
    let (language, _) = maps.iter().find_map(|map| first_of_map(&object[*map]))?;
    // `pt-br` and `PT-BR` are `pt-BR`; scripts have a capital.
    let mut parts = language.split(['-', '_']);
    let mut code = parts.next()?.to_ascii_lowercase();
    for part in parts {
        let part = match part.len() {
            2 => part.to_ascii_uppercase(),
            _ => capitalized(part),
        };
        code = code + "-" + &part;
    }
    (code.is_ascii() && code.len() <= 35).then_some(code)
}

fn capitalized(word: &str) -> String {
    let mut rest = word.chars();
    rest.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(rest).collect()
}

fn total(collection: &Value) -> Option<i64> {
    Some(collection["totalItems"].as_i64()?.clamp(0, MOST_TRUSTED))
}

fn poll(object: &Value) -> Option<Poll> {
    if !is_a(object, &["Question"]) {
        return None;
    }
    let (given, multiple) = match (object["anyOf"].as_array(), object["oneOf"].as_array()) {
        (Some(options), _) => (options, true),
        (None, Some(options)) => (options, false),
        (None, None) => return None,
    };
    let (options, tallies) = given
        .iter()
        .take(POLL_OPTIONS)
        .filter_map(|option| {
            let label = text(&option["name"]).or(text(&option["content"]))?;
            let tally = option["replies"]["totalItems"].as_i64().unwrap_or(0).max(0);
            Some((label.to_owned(), tally))
        })
        .unzip::<_, _, Vec<_>, Vec<_>>();
    if options.is_empty() {
        return None;
    }
    let closed = &object["closed"];
    Some(Poll {
        options,
        tallies,
        multiple,
        expires_at: value::time(closed).or_else(|| value::time(&object["endTime"])),
        closed: !matches!(closed, Value::Null | Value::Bool(false) | Value::String(_)),
        voters_count: object["votersCount"].as_i64().map(|count| count.max(0)),
    })
}

fn attachments(value: &Value) -> Vec<Attachment> {
    let read = |file: &Value| {
        let link = first(&file["url"]);
        let url = link.as_str().or(link["href"].as_str()).filter(|url| value::is_web(url))?;
        let media_type = text(&file["mediaType"]).or(text(&link["mediaType"]));
        let description = text(&file["summary"]).or(text(&file["name"])).map(str::trim);
        let icon = &file["icon"];
        let thumbnail = icon.as_str().or(first(icon)["url"].as_str());
        let focus = file["focalPoint"].as_array().map(Vec::as_slice);
        let focus = match focus {
            Some([x, y]) => x.as_f64().zip(y.as_f64()),
            _ => None,
        };
        Some(Attachment {
            url: url.to_owned(),
            media_type: media_type.map(str::to_owned),
            description: description.map(|text| cut(text, DESCRIPTION)),
            thumbnail_url: thumbnail.filter(|url| value::is_web(url)).map(str::to_owned),
            focus: focus.filter(|(x, y)| x.abs() <= 1.0 && y.abs() <= 1.0),
            blurhash: text(&file["blurhash"]).filter(|hash| is_blurhash(hash)).map(str::to_owned),
        })
    };
    many(value).iter().filter_map(read).take(ATTACHMENTS).collect()
}

/// Whether this is a blurhash of at most five components each way.
fn is_blurhash(hash: &str) -> bool {
    const DIGITS: &str =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~";
    let digit = |c: char| DIGITS.find(c);
    let Some(size) = hash.chars().next().and_then(digit) else { return false };
    let (x, y) = (size % 9 + 1, size / 9 + 1);
    x <= 5 && y <= 5 && hash.len() == 4 + 2 * x * y && hash.chars().all(|c| digit(c).is_some())
}

fn quote(object: &Value) -> Option<Quote> {
    let fields = ["quote", "_misskey_quote", "quoteUrl", "quoteUri"];
    let field = fields.into_iter().find(|field| !object[*field].is_null())?;
    let given = first(&object[field]);
    let authorization = id(first(&object["quoteAuthorization"]));
    let deleted = is_a(given, &["Tombstone"]);
    let uri = id(given).filter(|uri| value::is_web(uri)).filter(|_| !deleted).map(str::to_owned);
    if uri.is_none() && !deleted {
        return None;
    }
    Some(Quote {
        uri,
        inlined: (given.is_object() && !deleted && given["type"] != Value::Null)
            .then(|| given.clone()),
        legacy: field != "quote",
        authorization: authorization.filter(|at| value::is_web(at)).map(str::to_owned),
    })
}

fn replies(value: &Value, uri: &str) -> Replies {
    if let Some(address) = value.as_str() {
        return Replies::Collection(address.to_owned());
    }
    if !value.is_object() {
        return Replies::Unknown;
    }
    let page = if value["first"].is_null() { value } else { &value["first"] };
    let items = if page["items"].is_null() { &page["orderedItems"] } else { &page["items"] };
    if page.is_object() && !items.is_null() {
        let on_host =
            many(items).iter().filter_map(id).filter(|reply| value::same_host(reply, uri));
        return Replies::Listed(on_host.take(5).map(str::to_owned).collect());
    }
    match id(page).or(id(value)) {
        Some(address) => Replies::Collection(address.to_owned()),
        None => Replies::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(object: Value) -> Note {
        Note::read(&object, &Value::Null).unwrap()
    }

    #[test]
    fn a_note_as_mastodon_writes_it() {
        let note = read(json!({
            "id": "https://p.test/1", "type": "Note", "attributedTo": "https://p.test/u",
            "content": "<p>x</p>", "contentMap": {"DE": "<p>x</p>"}, "summary": "cw",
            "to": [value::PUBLIC], "cc": "https://p.test/f", "published": "2026-01-02T10:00:01Z",
            "updated": "2026-01-02T10:00:01Z", "url": "https://p.test/@u/1", "inReplyTo": null,
            "tag": [{"type": "Mention", "href": "https://f.test/a"}, {"type": "Hashtag", "name": "#Rust"}],
            "attachment": {"type": "Document", "mediaType": "image/png", "url": "https://p.test/m.png",
                "name": " circles ", "focalPoint": [0.1, -0.2], "blurhash": "UBL_:rOpGG-oBUNG,qRj2so|=eE1w^n4S5NH"},
            "likes": {"totalItems": 3}, "replies": {"first": {"items": ["https://p.test/2", "https://q.test/3"]}}
        }));
        assert_eq!((note.text.as_str(), note.spoiler_text.as_str()), ("<p>x</p>", "cw"));
        assert_eq!((note.language.as_deref(), note.updated, note.reply), (Some("de"), None, false));
        assert_eq!(note.mentions, ["https://f.test/a"]);
        assert_eq!(note.hashtags, ["#Rust"]);
        let file = &note.attachments[0];
        assert_eq!((file.description.as_deref(), file.focus), (Some("circles"), Some((0.1, -0.2))));
        assert!(file.blurhash.is_some());
        assert_eq!((note.likes, note.shares), (Some(3), None));
        assert_eq!(note.replies, Replies::Listed(vec!["https://p.test/2".into()]));
    }

    #[test]
    fn what_is_no_post_is_shown_as_title_summary_and_link() {
        let note = read(json!({
            "id": "https://p.test/v", "type": "Video", "name": "A film", "content": "markdown",
            "summary": "about it", "url": [{"type": "Link", "href": "https://p.test/w?a=1&b=2", "mediaType": "text/html"}]
        }));
        assert_eq!(
            note.text,
            "<h2>A film</h2>\n\nabout it\n\n<a href=\"https://p.test/w?a=1&amp;b=2\">https://p.test/w?a=1&amp;b=2</a>"
        );
        assert_eq!(note.spoiler_text, "");
    }

    #[test]
    fn a_language_of_any_letters_is_read() {
        let note = |language: &str| {
            read(json!({"id": "https://p.test/1", "type": "Note", "contentMap": {language: "x"}}))
        };
        for (given, kept) in [
            ("pt-br", Some("pt-BR")),
            ("zh-hant-TW", Some("zh-Hant-TW")),
            ("en-日本", None),
            ("é-é", None),
            ("en-", Some("en-")),
        ] {
            assert_eq!(note(given).language.as_deref(), kept, "{given}");
        }
    }

    #[test]
    fn what_is_listed_has_an_end() {
        let tags: Vec<Value> = (0..1500)
            .map(|n| json!({"type": "Mention", "href": format!("https://p.test/{n}")}))
            .collect();
        let note = read(json!({
            "id": "https://p.test/1", "type": "Note", "content": "é".repeat(300_000), "tag": tags,
            "to": (0..1500).map(|n| format!("https://p.test/{n}")).collect::<Vec<_>>()
        }));
        assert_eq!((note.mentions.len(), note.to.len()), (NAMES, NAMES));
        assert_eq!(note.text.chars().count(), TEXT);
    }

    #[test]
    fn polls() {
        let note = read(json!({
            "id": "https://p.test/q", "type": ["Question"], "endTime": "2030-01-01T00:00:00Z", "votersCount": 3,
            "oneOf": [{"name": "tea", "replies": {"totalItems": 2}}, {"content": "coffee"}]
        }));
        let poll = note.poll.unwrap();
        assert_eq!(
            (poll.options, poll.tallies),
            (vec!["tea".to_owned(), "coffee".to_owned()], vec![2, 0])
        );
        assert!(!poll.multiple && !poll.closed && poll.expires_at.is_some());
        assert_eq!(read(json!({"id": "https://p.test/q", "type": "Question"})).poll, None);
    }

    #[test]
    fn quotes_in_their_notations() {
        let quote = |fields: Value| {
            let mut note = json!({"id": "https://p.test/1", "type": "Note"});
            note.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            read(note).quote
        };
        let new =
            quote(json!({"quote": "https://q.test/1", "quoteUrl": "https://q.test/2"})).unwrap();
        assert_eq!((new.uri.as_deref(), new.legacy), (Some("https://q.test/1"), false));
        let old = quote(json!({"_misskey_quote": "https://q.test/2"})).unwrap();
        assert!(old.legacy);
        let gone = quote(json!({"quote": {"type": "Tombstone"}})).unwrap();
        assert_eq!(gone.uri, None);
        assert_eq!(quote(json!({"quote": null})), None);
    }

    #[test]
    fn languages_are_spelled_alike() {
        let cases = [
            ("pt-br", "pt-BR"),
            ("EN", "en"),
            ("zh-hant", "zh-Hant"),
            ("ca_valencia", "ca-Valencia"),
        ];
        for (given, expected) in cases {
            let note =
                read(json!({"id": "https://p.test/1", "type": "Note", "contentMap": {given: "x"}}));
            assert_eq!(note.language.as_deref(), Some(expected));
        }
    }

    #[test]
    fn odd_input_is_skipped() {
        let note = read(json!({
            "id": "https://p.test/1", "type": "Note", "tag": ["x", 1, {"type": "Mention"}], "attachment": ["x", null, {"url": 3}],
            "to": [null, {"id": "https://p.test/f"}], "replies": 7, "url": {"x": 1}, "content": 5
        }));
        assert_eq!((note.text.as_str(), note.url.as_str()), ("", "https://p.test/1"));
        assert_eq!(note.to, ["https://p.test/f"]);
        assert!(note.attachments.is_empty() && note.mentions.is_empty());
    }
}
