//! The words of the pages, in the languages we have, and which one a visitor gets.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use serde::Deserialize;

/// The words in one language. Every key stands in every file of `locales/`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Texts {
    /// The language as HTML names it.
    #[serde(skip)]
    pub(crate) lang: &'static str,
    pub(crate) about: String,
    pub(crate) about_this_server: String,
    pub(crate) address_or_password_wrong: String,
    pub(crate) administered_by: String,
    pub(crate) allow: String,
    pub(crate) app_wants: String,
    pub(crate) app_website: String,
    pub(crate) authorization_code: String,
    pub(crate) authorization_code_hint: String,
    pub(crate) authorization_failed: String,
    pub(crate) back_to_start: String,
    pub(crate) boosted_by: String,
    pub(crate) boosts: String,
    pub(crate) code: String,
    pub(crate) code_hint: String,
    pub(crate) code_needed: String,
    pub(crate) code_wrong: String,
    pub(crate) connect_app: String,
    pub(crate) connect_app_hint: String,
    pub(crate) contact: String,
    pub(crate) content_warning: String,
    pub(crate) deny: String,
    pub(crate) edited: String,
    pub(crate) elsewhere: String,
    pub(crate) elsewhere_hint: String,
    pub(crate) email: String,
    pub(crate) error_400: String,
    pub(crate) error_401: String,
    pub(crate) error_403: String,
    pub(crate) error_404: String,
    pub(crate) error_404_hint: String,
    pub(crate) error_406: String,
    pub(crate) error_410: String,
    pub(crate) error_413: String,
    pub(crate) error_422: String,
    pub(crate) error_422_hint: String,
    pub(crate) error_429: String,
    pub(crate) error_429_hint: String,
    pub(crate) error_500: String,
    pub(crate) error_500_hint: String,
    pub(crate) error_503: String,
    pub(crate) favourites: String,
    pub(crate) followers: String,
    pub(crate) following: String,
    pub(crate) joined: String,
    pub(crate) media: String,
    pub(crate) moved_to: String,
    pub(crate) no_posts: String,
    pub(crate) password: String,
    pub(crate) poll: String,
    pub(crate) poll_closed: String,
    pub(crate) poll_hidden: String,
    pub(crate) poll_open_until: String,
    pub(crate) post_title: String,
    pub(crate) posts: String,
    pub(crate) read_source: String,
    pub(crate) rules: String,
    pub(crate) sensitive_media: String,
    pub(crate) show_more: String,
    pub(crate) sign_in: String,
    pub(crate) sign_in_to_continue: String,
    pub(crate) sign_out: String,
    pub(crate) signed_in_as: String,
    pub(crate) skip_to_content: String,
    pub(crate) start: String,
    pub(crate) this_server: String,
    pub(crate) too_many_attempts: String,
    pub(crate) unconfirmed: String,
    pub(crate) undescribed: String,
    pub(crate) user_not_functional: String,
    pub(crate) verified: String,
    pub(crate) votes: String,
    pub(crate) will_be_able: String,
    pub(crate) scope_read: String,
    pub(crate) scope_write: String,
    pub(crate) scope_follow: String,
    pub(crate) scope_push: String,
    pub(crate) scope_profile: String,
    pub(crate) scope_admin_read: String,
    pub(crate) scope_admin_write: String,
    pub(crate) scope_read_part: String,
    pub(crate) scope_write_part: String,
    pub(crate) scope_admin_read_part: String,
    pub(crate) scope_admin_write_part: String,
    /// What parts of scopes are about, by their names in the API.
    pub(crate) scope_parts: BTreeMap<String, String>,
}

/// A language's words, read from its file.
type Language = LazyLock<Texts>;

static EN: Language = LazyLock::new(|| read("en", include_str!("../locales/en.toml")));
static DE: Language = LazyLock::new(|| read("de", include_str!("../locales/de.toml")));
static ZH_CN: Language = LazyLock::new(|| read("zh-CN", include_str!("../locales/zh-CN.toml")));

fn read(lang: &'static str, file: &str) -> Texts {
    let texts: Texts = toml::from_str(file).expect("the files have every key, as a test checks");
    Texts { lang, ..texts }
}

/// A sentence of ours with these values for the names in its braces.
pub(crate) fn fill(sentence: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(sentence.len());
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        out.push_str(before);
        out.push_str(values.iter().find(|(known, _)| *known == name).map_or("", |(_, to)| to));
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The first of `wanted` that we have, else English.
pub(crate) fn choose<'a>(wanted: impl IntoIterator<Item = &'a str>) -> &'static Texts {
    wanted.into_iter().find_map(by_tag).unwrap_or(&EN)
}

/// What a visitor gets: the `lang` parameter, the person's own setting, the browser's wishes in
/// their order, the server's default.
pub(crate) fn for_request(
    lang: Option<&str>,
    own: Option<&str>,
    headers: &HeaderMap,
    default: &str,
) -> &'static Texts {
    let accepted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let accepted = by_preference(accepted.unwrap_or_default());
    let wanted = lang.into_iter().chain(own).chain(accepted).chain([default]);
    choose(wanted)
}

fn by_tag(tag: &str) -> Option<&'static Texts> {
    let tag = tag.trim().to_ascii_lowercase();
    match tag.split(['-', '_']).next()? {
        "en" => Some(&EN),
        "de" => Some(&DE),
        "zh" => Some(&ZH_CN),
        _ => None,
    }
}

/// The tags of an `Accept-Language` header (RFC 9110, 12.5.4), the most wanted first.
fn by_preference(header: &str) -> Vec<&str> {
    let mut tags: Vec<(&str, f32)> = header
        .split(',')
        .take(20)
        .filter_map(|part| {
            let (tag, quality) = part.split_once(";q=").unwrap_or((part, "1"));
            let quality = quality.trim().parse::<f32>().ok().filter(|q| *q > 0.0)?;
            Some((tag.trim(), quality))
        })
        .collect();
    tags.sort_by(|a, b| b.1.total_cmp(&a.1));
    tags.into_iter().map(|(tag, _)| tag).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_every_word() {
        for texts in [&EN, &DE, &ZH_CN] {
            assert!(!texts.sign_in.is_empty(), "{}", texts.lang);
            assert!(texts.scope_parts.keys().eq(EN.scope_parts.keys()), "{}", texts.lang);
        }
    }

    #[test]
    fn every_part_of_a_scope_has_words() {
        for scope in ferrodon_app::oauth::scopes::ALL {
            let Some((_, part)) = scope.rsplit_once(':') else { continue };
            let whole = matches!(part, "read" | "write");
            assert!(whole || EN.scope_parts.contains_key(part), "{scope}");
        }
    }

    #[test]
    fn values_stand_where_their_names_are() {
        let values = [("name", "{text}"), ("text", "hi")];
        assert_eq!(fill("{name}: “{text}”", &values), "{text}: “hi”");
        assert_eq!(fill("{nobody}.", &values), ".");
    }

    #[test]
    fn a_visitor_gets_the_language_they_want_most() {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_LANGUAGE, "fr, en;q=0.5, de-AT;q=0.8".parse().unwrap());
        assert_eq!(for_request(None, None, &headers, "en").lang, "de");
        assert_eq!(for_request(Some("zh-CN"), None, &headers, "en").lang, "zh-CN");
        assert_eq!(for_request(None, Some("en"), &headers, "de").lang, "en");
        assert_eq!(for_request(None, None, &HeaderMap::new(), "de").lang, "de");
        assert_eq!(for_request(Some("xx"), None, &HeaderMap::new(), "yy").lang, "en");
    }
}
