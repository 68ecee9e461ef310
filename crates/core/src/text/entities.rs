//! Finds what is a link, a hashtag or a mention in text that a person typed.
//!
//! The grammar is the one Mastodon's users are used to: an address needs its scheme and a domain
//! below a real top-level domain, a hashtag begins at the start or after a space, and a mention
//! is `@user` or `@user@domain`.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// Something in the text that stands for more than its letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entity {
    /// Where it is, in bytes.
    pub at: Range<usize>,
    /// What it is.
    pub kind: EntityKind,
}

/// The kinds of entities. Names and addresses are as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntityKind {
    /// An address with a scheme we link and a domain.
    Url,
    /// An `xmpp:` or `magnet:` address.
    OtherUri,
    /// `#name`.
    Hashtag(String),
    /// `@username` or `@username@domain`.
    Mention { username: String, domain: Option<String> },
}

/// Schemes of addresses with a domain.
const SCHEMES: [&str; 9] = [
    "https://",
    "http://",
    "dat://",
    "dweb://",
    "ipfs://",
    "ipns://",
    "ssb://",
    "gopher://",
    "gemini://",
];
/// Longest domain name.
const MAX_DOMAIN: usize = 253;
/// Longest address we look at.
const MAX_URL: usize = 4096;

/// All entities of `text`, in order and not overlapping: the earlier one wins.
#[must_use]
pub fn entities(text: &str) -> Vec<Entity> {
    let mut found = urls(text);
    found.extend(other_uris(text));
    found.extend(hashtags(text));
    found.extend(mentions(text));
    found.sort_by_key(|entity| entity.at.start);
    let mut end = 0;
    found.retain(|entity| {
        let fits = entity.at.start >= end;
        if fits {
            end = entity.at.end;
        }
        fits
    });
    found
}

/// The names after `#`, as typed, each spelling once.
#[must_use]
pub fn hashtag_names(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for entity in entities(text) {
        if let EntityKind::Hashtag(name) = entity.kind
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    names
}

/// The last `char` before `at`.
fn before(text: &str, at: usize) -> Option<char> {
    text[..at].chars().next_back()
}

fn urls(text: &str) -> Vec<Entity> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(colon) = text[from..].find("://").map(|i| from + i) {
        from = colon + 3;
        let Some(scheme) = SCHEMES.iter().find(|s| ends_with_ignoring_case(&text[..from], s))
        else {
            continue;
        };
        let start = from - scheme.len();
        if found.last().is_some_and(|last: &Entity| last.at.end > start)
            || !may_precede_url(before(text, start))
        {
            continue;
        }
        if let Some(length) = url_after_scheme(&text[from..])
            && length + scheme.len() <= MAX_URL
        {
            from += length;
            found.push(Entity { at: start..from, kind: EntityKind::Url });
        }
    }
    found
}

fn ends_with_ignoring_case(text: &str, end: &str) -> bool {
    let (text, end) = (text.as_bytes(), end.as_bytes());
    text.len() >= end.len() && text[text.len() - end.len()..].eq_ignore_ascii_case(end)
}

/// An address glued to a word is none.
fn may_precede_url(c: Option<char>) -> bool {
    c.is_none_or(|c| !c.is_ascii_alphanumeric() && !"@＠$#＃\u{fffe}\u{feff}\u{ffff}".contains(c))
}

/// How many bytes of `rest` (what follows `://`) belong to the address.
fn url_after_scheme(rest: &str) -> Option<usize> {
    let mut end = domain_length(rest)?;
    if let Some(port) = rest[end..].strip_prefix(':') {
        let digits = port.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 {
            end += 1 + digits;
        }
    }
    if rest[end..].starts_with('/') {
        end += path_length(&rest[end..]);
    }
    if rest[end..].starts_with('?') {
        end += query_length(&rest[end..]);
    }
    Some(end)
}

/// The length of the longest domain at the start of `rest` that ends in a top-level domain.
fn domain_length(rest: &str) -> Option<usize> {
    let host_end = rest
        .char_indices()
        .find(|&(_, c)| !(is_domain_char(c) || matches!(c, '-' | '_' | '.')))
        .map_or(rest.len(), |(i, _)| i);
    let host = &rest[..host_end];
    let mut best = None;
    let mut start = 0;
    for (before, label) in host.split('.').enumerate() {
        let end = start + label.len();
        let followed_by_name = rest[end..]
            .chars()
            .next()
            .is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '@' | '+' | '-'));
        if before > 0 && !followed_by_name && is_top_level(label) {
            best = Some(end);
        }
        let well_formed = label.chars().next().is_some_and(is_domain_char)
            && label.chars().next_back().is_some_and(is_domain_char);
        if !well_formed {
            break;
        }
        start = end + 1;
    }
    best.filter(|&end| {
        idna::domain_to_ascii(&host[..end]).is_ok_and(|ascii| ascii.len() <= MAX_DOMAIN)
    })
}

/// Letters, digits and symbols: what a label of a domain is made of, apart from `-` and `_`.
fn is_domain_char(c: char) -> bool {
    static PUNCTUATION: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^[\p{P}\p{Z}\p{C}<>|~^`$+=]$").expect("a valid pattern"));
    if c.is_ascii() {
        c.is_ascii_alphanumeric()
    } else {
        !PUNCTUATION.is_match(c.encode_utf8(&mut [0; 4]))
    }
}

fn is_top_level(label: &str) -> bool {
    static KNOWN: LazyLock<HashSet<&str>> =
        LazyLock::new(|| include_str!("tlds.txt").lines().collect());
    let label = label.to_lowercase();
    KNOWN.contains(label.as_str())
        || label.strip_prefix("xn--").is_some_and(|rest| !rest.is_empty())
}

fn is_path_char(c: char) -> bool {
    !c.is_whitespace() && !matches!(c, '<' | '>' | '(' | ')' | '?')
}

fn may_end_path(c: char) -> bool {
    is_path_char(c) && !"!*\"'「」;:=,.$%[]~&|@".contains(c)
}

/// The length of the path at the start of `rest`, which begins with `/`: trailing punctuation
/// and parentheses that do not match are left out.
fn path_length(rest: &str) -> usize {
    let mut end = 1;
    let mut at = 0;
    while let Some(c) = rest[at..].chars().next() {
        if c == '(' {
            let Some(length) = balanced(&rest[at..], true) else { break };
            at += length;
            end = at;
        } else if is_path_char(c) {
            at += c.len_utf8();
            if may_end_path(c) {
                end = at;
            }
        } else {
            break;
        }
    }
    end
}

/// The length of a pair of parentheses that holds something, with at most one pair inside.
fn balanced(rest: &str, may_nest: bool) -> Option<usize> {
    let mut at = 1;
    let mut nested = false;
    while let Some(c) = rest[at..].chars().next() {
        match c {
            ')' => return (at > 1).then_some(at + 1),
            '(' if may_nest && !nested => {
                at += balanced(&rest[at..], false)?;
                nested = true;
            }
            c if is_path_char(c) => at += c.len_utf8(),
            _ => return None,
        }
    }
    None
}

/// The length of the query at the start of `rest`, which begins with `?`; 0 if it holds nothing.
fn query_length(rest: &str) -> usize {
    let mut end = 0;
    for (i, c) in rest.char_indices().skip(1) {
        let is_word = c.is_ascii_alphanumeric() || (!c.is_ascii() && !c.is_whitespace());
        if is_word || "_&=#/-".contains(c) {
            end = i + c.len_utf8();
        } else if !"!?*'();:+$%[].,~|@^".contains(c) {
            break;
        }
    }
    end
}

fn other_uris(text: &str) -> Vec<Entity> {
    static XMPP: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"(?i)^xmpp:(?://[^\s@"&'/:<>]+@[^\s/?#<>"]+/)?[^\s@"&'/:<>]+@"#)
            .expect("a valid pattern")
    });
    let mut found: Vec<Entity> = Vec::new();
    for (scheme, prefix) in [("xmpp:", "xmpp:"), ("magnet:", "magnet:?")] {
        for start in find_ignoring_case(text, prefix) {
            if !may_precede_url(before(text, start)) {
                continue;
            }
            let rest = &text[start..];
            let length = if scheme == "xmpp:" {
                XMPP.find(rest).and_then(|node| {
                    let mut end = node.end() + domain_length(&rest[node.end()..])?;
                    if rest[end..].starts_with('/') {
                        end += path_length(&rest[end..]);
                    }
                    if rest[end..].starts_with('?') {
                        end += query_length(&rest[end..]);
                    }
                    Some(end)
                })
            } else {
                match query_length(&rest[scheme.len()..]) {
                    0 => None,
                    length => Some(scheme.len() + length),
                }
            };
            if let Some(length) = length {
                found.push(Entity { at: start..start + length, kind: EntityKind::OtherUri });
            }
        }
    }
    found
}

fn find_ignoring_case(text: &str, what: &str) -> Vec<usize> {
    let (text, what) = (text.as_bytes(), what.as_bytes());
    if text.len() < what.len() {
        return Vec::new();
    }
    (0..=text.len() - what.len())
        .filter(|&i| text[i..i + what.len()].eq_ignore_ascii_case(what))
        .collect()
}

/// Characters that join the words of one hashtag.
fn is_separator(c: char) -> bool {
    matches!(c, '_' | '\u{b7}' | '\u{30fb}' | '\u{200c}')
}

fn hashtags(text: &str) -> Vec<Entity> {
    static BODY: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\u{b7}\u{30fb}\u{200c}]+")
            .expect("a valid pattern")
    });
    let mut found = Vec::new();
    for (start, sign) in text.char_indices().filter(|(_, c)| matches!(c, '#' | '＃')) {
        if before(text, start).is_some_and(|c| !c.is_whitespace()) {
            continue;
        }
        let body_at = start + sign.len_utf8();
        let Some(body) = BODY.find(&text[body_at..]) else { continue };
        let Some(mut name) = hashtag_name(body.as_str()) else { continue };
        if text[body_at + name.len()..].starts_with("://") {
            // `#tagshttps://…`: the scheme is the address's, not the tag's.
            let lower = name.to_ascii_lowercase();
            match lower.strip_suffix("https").or_else(|| lower.strip_suffix("http")) {
                Some(rest) if !rest.is_empty() => name = &name[..rest.len()],
                _ => {}
            }
        }
        found.push(Entity {
            at: start..body_at + name.len(),
            kind: EntityKind::Hashtag(name.to_owned()),
        });
    }
    found
}

/// The part of a run of word characters and separators that is a hashtag's name: it begins and
/// ends with a word character and holds a letter or an inner separator.
fn hashtag_name(run: &str) -> Option<&str> {
    let joins_only = |c: char| is_separator(c) && c != '_';
    let name = run.trim_end_matches(joins_only);
    if !name.starts_with(joins_only) {
        let inner = {
            let mut chars = name.chars();
            chars.next();
            chars.next_back();
            chars
        };
        if inner.clone().any(|c| c.is_alphabetic() || is_separator(c)) {
            return Some(name);
        }
    }
    let word = name.split(joins_only).next().unwrap_or_default();
    word.chars().any(char::is_alphabetic).then_some(word)
}

fn mentions(text: &str) -> Vec<Entity> {
    static HANDLE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?i)^([a-z0-9_]+(?:[a-z0-9_.-]*[a-z0-9_])?)(?:@([\p{Alphabetic}\p{M}\p{Nd}\p{Pc}](?:[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}.-]*[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}])?))?",
        )
        .expect("a valid pattern")
    });
    static WORD: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}=/]$").expect("a valid pattern")
    });
    let mut found = Vec::new();
    let mut from = 0;
    for (start, _) in text.match_indices('@') {
        if start < from
            || before(text, start).is_some_and(|c| WORD.is_match(c.encode_utf8(&mut [0; 4])))
        {
            continue;
        }
        let Some(handle) = HANDLE.captures(&text[start + 1..]) else { continue };
        let end = start + 1 + handle[0].len();
        let rest = &text[end..];
        from = end;
        if rest.starts_with(['@', '＠']) || rest.starts_with("://") {
            continue;
        }
        let domain = handle.get(2).map(|domain| domain.as_str().to_owned());
        if domain.as_ref().is_some_and(|domain| domain.len() > MAX_DOMAIN) {
            continue;
        }
        found.push(Entity {
            at: start..end,
            kind: EntityKind::Mention { username: handle[1].to_owned(), domain },
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        entities(text).into_iter().map(|entity| &text[entity.at]).collect()
    }

    #[test]
    fn addresses_need_a_scheme_and_a_real_top_level_domain() {
        assert_eq!(
            found("see https://example.com/a and http://b.co.uk"),
            ["https://example.com/a", "http://b.co.uk"]
        );
        assert_eq!(found("example.com or www.example.com"), [""; 0]);
        assert_eq!(found("https://alice.example https://ferro.test/x https://localhost/"), [""; 0]);
        assert_eq!(found("HTTPS://Example.COM/Path"), ["HTTPS://Example.COM/Path"]);
        assert_eq!(found("gemini://example.org/ ftp://example.org/"), ["gemini://example.org/"]);
        assert_eq!(found("https://example.com:8080/x"), ["https://example.com:8080/x"]);
        assert_eq!(found("https://example.com.zzz/x"), ["https://example.com"]);
    }

    #[test]
    fn addresses_may_be_in_any_script() {
        assert_eq!(found("https://みんな.みんな/道?名=値"), ["https://みんな.みんな/道?名=値"]);
        assert_eq!(found("https://xn--q9jyb4c.xn--q9jyb4c/"), ["https://xn--q9jyb4c.xn--q9jyb4c/"]);
        assert_eq!(found("見てhttps://example.jp/道。"), ["https://example.jp/道。"]);
        assert_eq!(found("https://президент.рф/"), ["https://президент.рф/"]);
        assert_eq!(found("https://☃.net/"), ["https://☃.net/"]);
    }

    #[test]
    fn punctuation_around_an_address_is_left_out() {
        assert_eq!(found("(https://example.com/a)"), ["https://example.com/a"]);
        assert_eq!(found("https://example.com/a, b"), ["https://example.com/a"]);
        assert_eq!(found("https://example.com/a_(b)"), ["https://example.com/a_(b)"]);
        assert_eq!(found("https://example.com/a_(b_(c))"), ["https://example.com/a_(b_(c))"]);
        assert_eq!(found("https://example.com/a_(b"), ["https://example.com/a_"]);
        assert_eq!(found("\"https://example.com/a\""), ["https://example.com/a"]);
        assert_eq!(found("https://example.com/?q=a!"), ["https://example.com/?q=a"]);
        assert_eq!(found("https://example.com?q=a&b=c."), ["https://example.com?q=a&b=c"]);
        assert_eq!(found("<https://example.com/>"), ["https://example.com/"]);
        assert_eq!(found("xhttps://example.com/"), [""; 0]);
        assert_eq!(found("@https://example.com/"), [""; 0]);
        assert_eq!(found("https://example.com/#a/b"), ["https://example.com/#a/b"]);
    }

    #[test]
    fn some_addresses_have_no_domain_of_their_own() {
        assert_eq!(found("xmpp:user@example.com?join now"), ["xmpp:user@example.com?join"]);
        assert_eq!(found("magnet:?xt=urn:btih:c12f, x"), ["magnet:?xt=urn:btih:c12f"]);
    }

    #[test]
    fn hashtags_begin_after_a_space_and_hold_a_letter() {
        assert_eq!(found("#rust #Rust2024 a#no /#no #123 #1a"), ["#rust", "#Rust2024", "#1a"]);
        assert_eq!(found("＃全角 #日本語"), ["＃全角", "#日本語"]);
        assert_eq!(found("#a·b· #一・二・ #1_2 #_x_"), ["#a·b", "#一・二", "#1_2", "#_x_"]);
        assert_eq!(found("#tag.\n#line"), ["#tag", "#line"]);
        assert_eq!(found("#สวัสดี #हिन्दी"), ["#สวัสดี", "#हिन्दी"]);
        assert_eq!(found("#foohttps://example.com/"), ["#foo"]);
        assert_eq!(found("# #· #_"), [""; 0]);
    }

    #[test]
    fn mentions_have_a_name_and_perhaps_a_domain() {
        let names = |text: &str| -> Vec<(String, Option<String>)> {
            entities(text)
                .into_iter()
                .filter_map(|entity| match entity.kind {
                    EntityKind::Mention { username, domain } => Some((username, domain)),
                    _ => None,
                })
                .collect()
        };
        let handle =
            |name: &str, domain: Option<&str>| (name.to_owned(), domain.map(str::to_owned));
        assert_eq!(names("@alice, hi"), [handle("alice", None)]);
        assert_eq!(names("@a.b-c@example.com."), [handle("a.b-c", Some("example.com"))]);
        assert_eq!(names("(@bob) @carol-"), [handle("bob", None), handle("carol", None)]);
        assert_eq!(names("@dave@münchen.example"), [handle("dave", Some("münchen.example"))]);
        assert_eq!(names("x@alice =@alice /@alice @ alice @@"), []);
        assert_eq!(names("@a@b@c @a://"), []);
        assert_eq!(names(&format!("@a@{}.com", "x".repeat(260))), []);
    }

    #[test]
    fn the_earlier_of_two_that_overlap_wins() {
        assert_eq!(found("https://example.com/@alice/#tag"), ["https://example.com/@alice/#tag"]);
        assert_eq!(found("https://ferro.test/@bob"), [""; 0]);
    }

    #[test]
    fn names_of_hashtags_are_listed_once() {
        assert_eq!(hashtag_names("#a #b #a #A"), ["a", "b", "A"]);
    }
}
