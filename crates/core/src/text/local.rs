//! What people here write, as HTML.

use std::borrow::Cow;

use super::entities::{EntityKind, entities};
use crate::Config;

/// How many characters of a link are shown.
const SHOWN_OF_LINK: usize = 30;

/// The names and addresses of this server that HTML depends on.
#[derive(Clone, Copy, Debug)]
pub struct Site<'a> {
    /// `https://` and the domain of pages, without a slash at its end.
    pub base_url: &'a str,
    /// Domains that mean this server in a handle.
    pub local_domains: &'a [String],
}

/// An account that the text may link to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mentioned {
    /// Its name.
    pub username: String,
    /// Its domain; none if it is local.
    pub domain: Option<String>,
    /// Its profile page.
    pub url: String,
}

/// The domains that mean this server, for [`Site`].
#[must_use]
pub fn local_domains(config: &Config) -> Vec<String> {
    let mut domains = vec![config.local_domain.clone(), config.web_domain.clone()];
    domains.extend(config.alternate_domains.iter().cloned());
    domains
}

/// A status, or what an account says of itself, as paragraphs. Handles of accounts that are not in
/// `mentioned` stay text.
#[must_use]
pub fn to_html(site: &Site<'_>, text: &str, mentioned: &[Mentioned]) -> String {
    if text.trim().is_empty() {
        return String::new();
    }
    paragraphs(&linked(site, text, mentioned, false))
}

/// The value of a profile field: one line, links that claim to be the author's, full handles.
#[must_use]
pub fn field_to_html(site: &Site<'_>, text: &str, mentioned: &[Mentioned]) -> String {
    if text.trim().is_empty() {
        return String::new();
    }
    linked(site, text, mentioned, true)
}

/// The text of a status with what it quotes, for clients and servers that show no quotes: a link
/// goes first unless the text has one already.
#[must_use]
pub fn with_quote_fallback(html: String, quoted_url: &str) -> String {
    if html.contains(&*escape(quoted_url)) {
        return html;
    }
    format!(r#"<p class="quote-inline">RE: {}</p>{html}"#, link(quoted_url, "nofollow noopener"))
}

/// A link whose text is shortened to what matters.
#[must_use]
pub fn link(url: &str, rel: &str) -> String {
    let prefix = prefix_length(url);
    let rest = &url[prefix..];
    let split = |at: usize| rest.char_indices().nth(at).map_or(rest.len(), |(i, _)| i);
    let mut shown = split(SHOWN_OF_LINK);
    // Hiding a single character would save nothing.
    if rest[shown..].chars().count() <= 1 {
        shown = rest.len();
    }
    let class = if shown < rest.len() { "ellipsis" } else { "" };
    format!(
        concat!(
            r#"<a href="{}" target="_blank" rel="{}" translate="no">"#,
            r#"<span class="invisible">{}</span><span class="{}">{}</span>"#,
            r#"<span class="invisible">{}</span></a>"#
        ),
        escape(url),
        rel,
        escape(&url[..prefix]),
        class,
        escape(&rest[..shown]),
        escape(&rest[shown..]),
    )
}

/// The five characters that mean something in HTML, made harmless.
#[must_use]
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    Cow::Owned(escaped)
}

/// The page of a hashtag.
#[must_use]
pub fn hashtag_url(base_url: &str, name: &str) -> String {
    let mut url = format!("{base_url}/tags/");
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'~') {
            url.push(char::from(byte));
        } else {
            url.push_str(&format!("%{byte:02X}"));
        }
    }
    url
}

/// Escapes everything but links what the text refers to.
fn linked(site: &Site<'_>, text: &str, mentioned: &[Mentioned], in_field: bool) -> String {
    let rel = if in_field { "nofollow noopener me" } else { "nofollow noopener" };
    let mut html = String::with_capacity(text.len() * 2);
    let mut from = 0;
    for entity in entities(text) {
        html.push_str(&escape(&text[from..entity.at.start]));
        let typed = &text[entity.at.clone()];
        match entity.kind {
            EntityKind::Url => match url::Url::parse(typed) {
                Ok(_) => html.push_str(&link(typed, rel)),
                Err(_) => html.push_str(&escape(typed)),
            },
            EntityKind::OtherUri => html.push_str(&link(typed, rel)),
            EntityKind::Hashtag(name) => html.push_str(&hashtag(site, &name)),
            EntityKind::Mention { username, domain } => {
                match find(site, mentioned, &username, domain.as_deref()) {
                    Some(account) => html.push_str(&mention(account, mentioned, in_field)),
                    None => html.push_str(&escape(typed)),
                }
            }
        }
        from = entity.at.end;
    }
    html.push_str(&escape(&text[from..]));
    html
}

fn hashtag(site: &Site<'_>, name: &str) -> String {
    format!(
        r##"<a href="{}" class="mention hashtag" rel="tag">#<span>{}</span></a>"##,
        hashtag_url(site.base_url, name),
        escape(name),
    )
}

fn mention(account: &Mentioned, mentioned: &[Mentioned], in_field: bool) -> String {
    let shares_name = || {
        mentioned
            .iter()
            .filter(|other| other.username.eq_ignore_ascii_case(&account.username))
            .count()
            > 1
    };
    let name = match &account.domain {
        Some(domain) if in_field || shares_name() => {
            Cow::Owned(format!("{}@{}", account.username, unicode_domain(domain)))
        }
        _ => Cow::Borrowed(account.username.as_str()),
    };
    format!(
        concat!(
            r#"<span class="h-card" translate="no"><a href="{}" class="u-url mention">"#,
            r#"@<span>{}</span></a></span>"#
        ),
        escape(&account.url),
        escape(&name),
    )
}

/// The account a handle means, if it is one of `mentioned`.
fn find<'m>(
    site: &Site<'_>,
    mentioned: &'m [Mentioned],
    username: &str,
    domain: Option<&str>,
) -> Option<&'m Mentioned> {
    let domain = domain.map(ascii_domain).filter(|domain| {
        !site.local_domains.iter().any(|local| local.eq_ignore_ascii_case(domain))
    });
    mentioned.iter().find(|account| {
        account.username.eq_ignore_ascii_case(username)
            && match (&account.domain, &domain) {
                (None, None) => true,
                (Some(of_account), Some(typed)) => of_account.eq_ignore_ascii_case(typed),
                _ => false,
            }
    })
}

/// The form in which domains are stored.
#[must_use]
pub fn ascii_domain(domain: &str) -> String {
    let domain = domain.trim().trim_end_matches('/');
    idna::domain_to_ascii(domain).unwrap_or_else(|_| domain.to_lowercase())
}

/// The form in which people read a domain.
#[must_use]
pub fn unicode_domain(domain: &str) -> String {
    let (unicode, valid) = idna::domain_to_unicode(domain);
    if valid.is_ok() { unicode } else { domain.to_owned() }
}

/// The length of the part of a link that is never worth showing.
fn prefix_length(url: &str) -> usize {
    let starts = |prefix: &str| {
        url.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    ["https://www.", "http://www.", "https://", "http://", "xmpp:"]
        .into_iter()
        .find(|prefix| starts(prefix))
        .map_or(0, str::len)
}

/// Blank lines part paragraphs, other line ends are `<br />`.
fn paragraphs(html: &str) -> String {
    let html = html.replace("\r\n", "\n").replace('\r', "\n");
    let mut out = String::with_capacity(html.len() + 32);
    let mut rest = html.as_str();
    loop {
        let end = rest.find("\n\n");
        let paragraph = &rest[..end.unwrap_or(rest.len())];
        out.push_str("<p>");
        let mut lines = paragraph.strip_prefix('\n').unwrap_or(paragraph).split('\n').peekable();
        while let Some(line) = lines.next() {
            out.push_str(line);
            if lines.peek().is_some_and(|next| !next.is_empty()) {
                out.push_str("<br />");
            }
        }
        out.push_str("</p>");
        rest = match end {
            Some(end) => rest[end..].trim_start_matches('\n'),
            None => return out,
        };
        if rest.is_empty() {
            return out;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(username: &str, domain: Option<&str>) -> Mentioned {
        let host = domain.unwrap_or("ferro.test");
        Mentioned {
            username: username.into(),
            domain: domain.map(Into::into),
            url: format!("https://{host}/@{username}"),
        }
    }

    fn html(text: &str, mentioned: &[Mentioned]) -> String {
        let local_domains = ["ferro.test".to_owned()];
        let site = Site { base_url: "https://ferro.test", local_domains: &local_domains };
        to_html(&site, text, mentioned)
    }

    #[test]
    fn a_post_with_links_and_tags() {
        assert_eq!(
            html(
                "Hello world! This is #Rust on the #Fediverse :blobcat: \
                 https://example.com/some/long/path?with=query&and=more#frag",
                &[]
            ),
            concat!(
                r#"<p>Hello world! This is <a href="https://ferro.test/tags/Rust" "#,
                r##"class="mention hashtag" rel="tag">#<span>Rust</span></a> on the "##,
                r#"<a href="https://ferro.test/tags/Fediverse" class="mention hashtag" "#,
                r##"rel="tag">#<span>Fediverse</span></a> :blobcat: "##,
                r#"<a href="https://example.com/some/long/path?with=query&amp;and=more#frag" "#,
                r#"target="_blank" rel="nofollow noopener" translate="no">"#,
                r#"<span class="invisible">https://</span>"#,
                r#"<span class="ellipsis">example.com/some/long/path?wit</span>"#,
                r#"<span class="invisible">h=query&amp;and=more#frag</span></a></p>"#
            )
        );
    }

    #[test]
    fn only_people_really_mentioned_are_linked() {
        let mentioned = [person("bob", None), person("rita", Some("peer.test"))];
        assert_eq!(
            html(
                "Hi @bob and @nobody and @rita@peer.test, see https://ferro.test/@bob",
                &mentioned
            ),
            concat!(
                r#"<p>Hi <span class="h-card" translate="no"><a href="https://ferro.test/@bob" "#,
                r#"class="u-url mention">@<span>bob</span></a></span> and @nobody and "#,
                r#"<span class="h-card" translate="no"><a href="https://peer.test/@rita" "#,
                r#"class="u-url mention">@<span>rita</span></a></span>, "#,
                r#"see https://ferro.test/@bob</p>"#
            )
        );
        assert_eq!(html("@BOB@Ferro.test", &mentioned), html("@bob", &mentioned));
        assert_eq!(html("@bob@peer.test", &mentioned), "<p>@bob@peer.test</p>");
    }

    #[test]
    fn two_of_the_same_name_are_told_apart_by_their_domains() {
        let mentioned = [person("bob", None), person("bob", Some("xn--mnchen-3ya.test"))];
        let html = html("@bob @bob@münchen.test", &mentioned);
        assert!(html.contains("@<span>bob</span>"), "{html}");
        assert!(html.contains("@<span>bob@münchen.test</span>"), "{html}");
    }

    #[test]
    fn blank_lines_part_paragraphs() {
        assert_eq!(
            html("a private word\n\nsecond paragraph\nnew line", &[]),
            concat!("<p>a private word</p>", "<p>second paragraph<br />new line</p>")
        );
        assert_eq!(html("a\r\n\r\n\r\nb\rc", &[]), "<p>a</p><p>b<br />c</p>");
        assert_eq!(html("a\nb\nc", &[]), "<p>a<br />b<br />c</p>");
        assert_eq!(html("", &[]), "");
        assert_eq!(html(" \n ", &[]), "");
    }

    #[test]
    fn what_means_something_in_html_is_escaped() {
        assert_eq!(
            html("Bob's <b>bold</b> & \"x\"", &[]),
            "<p>Bob&#39;s &lt;b&gt;bold&lt;/b&gt; &amp; &quot;x&quot;</p>"
        );
    }

    #[test]
    fn links_show_what_matters() {
        let spans = |url: &str| {
            let html = link(url, "nofollow noopener");
            let (_, spans) = html.split_once("\">").unwrap();
            spans.strip_suffix("</a>").unwrap().to_owned()
        };
        assert_eq!(
            spans("https://www.example.com/"),
            concat!(
                r#"translate="no"><span class="invisible">https://www.</span>"#,
                r#"<span class="">example.com/</span><span class="invisible"></span>"#
            )
            .strip_prefix(r#"translate="no">"#)
            .unwrap()
        );
        // 31 characters after the prefix: the last one is shown too.
        let thirty_one = format!("https://example.com/{}", "x".repeat(19));
        assert!(
            spans(&thirty_one).contains(r#"<span class="">example.com/xxxxxxxxxxxxxxxxxxx</span>"#)
        );
        let thirty_two = format!("https://example.com/{}", "x".repeat(20));
        assert!(spans(&thirty_two).contains(r#"<span class="invisible">xx</span>"#));
        assert!(spans("xmpp:a@example.com").starts_with(r#"<span class="invisible">xmpp:</span>"#));
    }

    #[test]
    fn hashtags_of_any_script_have_an_address() {
        assert!(
            html("#日本", &[]).contains(r#"href="https://ferro.test/tags/%E6%97%A5%E6%9C%AC""#)
        );
        assert!(html("＃日本", &[]).contains("#<span>日本</span>"));
    }

    #[test]
    fn a_quote_is_a_link_for_those_who_show_no_quotes() {
        let url = "https://ferro.test/@alice/117671902552958386";
        let with = with_quote_fallback(html("What she said", &[]), url);
        assert_eq!(
            with,
            concat!(
                r#"<p class="quote-inline">RE: <a href="https://ferro.test/@alice/117671902552958386" "#,
                r#"target="_blank" rel="nofollow noopener" translate="no">"#,
                r#"<span class="invisible">https://</span>"#,
                r#"<span class="ellipsis">ferro.test/@alice/117671902552</span>"#,
                r#"<span class="invisible">958386</span></a></p><p>What she said</p>"#
            )
        );
        assert_eq!(with_quote_fallback(with.clone(), url), with);
    }

    #[test]
    fn fields_are_one_line_and_links_claim_to_be_the_authors() {
        let local_domains = ["ferro.test".to_owned()];
        let site = Site { base_url: "https://ferro.test", local_domains: &local_domains };
        let field = |text: &str| {
            field_to_html(&site, text, &[person("rita", Some("peer.test")), person("bob", None)])
        };
        assert_eq!(field("she/her"), "she/her");
        assert!(field("https://alice.dev").contains(r#"rel="nofollow noopener me""#));
        assert!(field("@rita@peer.test").contains("@<span>rita@peer.test</span>"));
        assert!(field("@bob").contains("@<span>bob</span>"));
    }
}
