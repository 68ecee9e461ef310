//! HTML that other servers send, made safe to show, and turned into plain text.
//!
//! Two steps: the first rewrites what people can still use of elements we do not show (headings,
//! formulas, links of unknown kinds), the second, ammonia, lets through only what is on the list
//! and is all that safety rests on.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};

use super::tokens::{self, Tag, Token};

const ELEMENTS: [&str; 20] = [
    "p",
    "br",
    "span",
    "a",
    "del",
    "s",
    "pre",
    "blockquote",
    "code",
    "b",
    "strong",
    "u",
    "i",
    "em",
    "ul",
    "ol",
    "li",
    "ruby",
    "rt",
    "rp",
];
const SCHEMES: [&str; 11] =
    ["http", "https", "dat", "dweb", "ipfs", "ipns", "ssb", "gopher", "xmpp", "magnet", "gemini"];
const CLASSES: [&str; 5] = ["mention", "hashtag", "ellipsis", "invisible", "quote-inline"];
const CLASS_PREFIXES: [&str; 5] = ["h-", "p-", "u-", "dt-", "e-"];
const REL: &str = "nofollow noopener";
const TARGET: &str = "_blank";

/// Elements that go with all that is in them.
const REMOVED: [&str; 10] = [
    "iframe",
    "math",
    "noembed",
    "noframes",
    "noscript",
    "plaintext",
    "script",
    "style",
    "svg",
    "xmp",
];
/// Elements that go but leave a space, so that words do not run together.
const SPACED: [&str; 13] = [
    "address", "article", "aside", "dd", "div", "dl", "dt", "footer", "header", "hgroup", "hr",
    "nav", "section",
];

/// Elements that HTML opens anew in each paragraph that follows, if they are not closed.
const FORMATTING: [&str; 8] = ["a", "b", "strong", "u", "i", "em", "s", "code"];
/// Elements within one another. Few hundred thousand bytes of them would keep a reader busy for
/// minutes.
const MAX_OPEN: usize = 100;
/// The same of formatting elements: with each paragraph, all of them multiply.
const MAX_FORMATTING: usize = 10;

static LIST: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let attributes = HashMap::from([
        ("a", HashSet::from(["href", "rel", "class", "translate", "target"])),
        ("span", HashSet::from(["class", "translate"])),
        ("p", HashSet::from(["class"])),
        ("ol", HashSet::from(["start", "reversed"])),
        ("li", HashSet::from(["value"])),
    ]);
    let forced = HashMap::from([("a", HashMap::from([("rel", REL), ("target", TARGET)]))]);
    let mut list = Builder::empty();
    list.tags(HashSet::from(ELEMENTS))
        .clean_content_tags(HashSet::from(REMOVED))
        .generic_attributes(HashSet::from(["lang"]))
        .tag_attributes(attributes)
        .set_tag_attribute_values(forced)
        .url_schemes(HashSet::from(SCHEMES))
        .url_relative(UrlRelative::Deny)
        .link_rel(None)
        .strip_comments(true)
        .attribute_filter(|_, name, value| match name {
            "class" => Some(Cow::Owned(kept_classes(value))),
            "translate" if value != "no" => None,
            _ => Some(value.into()),
        });
    list
});

/// `html` with only what may be shown.
#[must_use]
pub fn sanitize(html: &str) -> String {
    let mut rewriter = Rewriter::default();
    tokens::read(html, |token| rewriter.take(token));
    LIST.clean(&rewriter.out).to_string()
}

/// `html` as plain text: paragraphs and breaks become line ends.
#[must_use]
pub fn to_plain(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut skipping: Option<(String, usize)> = None;
    // A run of breaks and paragraph ends is one line end.
    let mut broke = false;
    tokens::read(html, |token| {
        if skip(&mut skipping, &token) {
            return;
        }
        match token {
            Token::Text(text) => {
                out.push_str(text);
                broke = false;
            }
            Token::Start(tag) if tag.name == "br" => {
                if !broke {
                    out.push('\n');
                }
                broke = true;
            }
            Token::End("p") => {
                if !broke {
                    out.push('\n');
                }
                broke = true;
            }
            Token::Start(_) | Token::End(_) => broke = false,
        }
    });
    if out.ends_with('\n') {
        out.pop();
    }
    out
}

/// Whether `token` belongs to an element that goes with its content.
fn skip(skipping: &mut Option<(String, usize)>, token: &Token<'_>) -> bool {
    match (skipping.as_mut(), token) {
        (Some((name, depth)), Token::Start(tag)) => {
            if tag.name == name && !tag.self_closing {
                *depth += 1;
            }
            true
        }
        (Some((name, depth)), Token::End(end)) => {
            if end == name {
                *depth -= 1;
                if *depth == 0 {
                    *skipping = None;
                }
            }
            true
        }
        (Some(_), Token::Text(_)) => true,
        (None, Token::Start(tag)) if REMOVED.contains(&tag.name) => {
            let empty = tag.self_closing && matches!(tag.name, "svg" | "math");
            if !empty {
                *skipping = Some((tag.name.to_owned(), 1));
            }
            true
        }
        (None, _) => false,
    }
}

/// The classes that mean something to clients.
fn kept_classes(classes: &str) -> String {
    let kept: Vec<&str> = classes
        .split([' ', '\t', '\n', '\x0c', '\r'])
        .filter(|class| {
            CLASSES.contains(class) || CLASS_PREFIXES.iter().any(|start| class.starts_with(start))
        })
        .collect();
    kept.join(" ")
}

/// Writes tokens out again, changed where we show something in another way than it was sent.
#[derive(Default)]
struct Rewriter {
    out: String,
    skipping: Option<(String, usize)>,
    formula: Option<Formula>,
    /// Inside a link that leads nowhere we know: only its text is kept.
    bare_link: bool,
    /// The elements written and not yet closed.
    open: Vec<&'static str>,
}

/// What a `<math>` element says of itself in other words.
#[derive(Default)]
struct Formula {
    block: bool,
    depth: usize,
    /// Whose text is being read.
    reading: Option<Encoding>,
    tex: Option<String>,
    plain: Option<String>,
}

#[derive(Clone, Copy)]
enum Encoding {
    Tex,
    Plain,
}

impl Rewriter {
    fn take(&mut self, token: Token<'_>) {
        if self.formula.is_some() {
            self.take_formula(&token);
            return;
        }
        if let Token::Start(tag) = &token
            && tag.name == "math"
            && self.skipping.is_none()
        {
            if !tag.self_closing {
                let block = tag.attribute("display") == Some("block");
                self.formula = Some(Formula { block, depth: 1, ..Formula::default() });
            }
            return;
        }
        if skip(&mut self.skipping, &token) {
            return;
        }
        match token {
            Token::Text(text) => self.text(text),
            Token::Start(tag) if tag.name == "a" => self.link(&tag),
            Token::End("a") if self.bare_link => self.bare_link = false,
            Token::Start(_) | Token::End(_) if self.bare_link => {}
            Token::Start(tag) if is_heading(tag.name) => self.out.push_str("<p><strong>"),
            Token::End(name) if is_heading(name) => self.out.push_str("</strong></p>"),
            Token::Start(tag) if SPACED.contains(&tag.name) => self.out.push(' '),
            Token::End(name) if SPACED.contains(&name) => self.out.push(' '),
            Token::Start(tag) if ELEMENTS.contains(&tag.name) => self.start(&tag),
            Token::End(name) if ELEMENTS.contains(&name) => {
                if let Some(at) = self.open.iter().rposition(|open| *open == name) {
                    self.open.remove(at);
                }
                self.out.push_str("</");
                self.out.push_str(name);
                self.out.push('>');
            }
            Token::Start(_) | Token::End(_) => {}
        }
    }

    fn text(&mut self, text: &str) {
        self.out.push_str(&html_escape::encode_text(text));
    }

    fn link(&mut self, tag: &Tag<'_>) {
        self.bare_link = !tag.attribute("href").is_some_and(has_known_scheme);
        if !self.bare_link {
            self.start(tag);
        }
    }

    /// Takes note of a start tag; false if so many are open that it is left out.
    fn opens(&mut self, name: &str) -> bool {
        let Some(name) = ELEMENTS.iter().copied().find(|element| *element == name) else {
            return false;
        };
        if name == "br" {
            return true;
        }
        self.close_implied(name);
        let formatting = |open: &&&str| FORMATTING.contains(*open);
        let is_full = self.open.len() >= MAX_OPEN
            || FORMATTING.contains(&name)
                && self.open.iter().filter(formatting).count() >= MAX_FORMATTING;
        if !is_full {
            self.open.push(name);
        }
        !is_full
    }

    /// Forgets the elements that a start tag closes without a word.
    fn close_implied(&mut self, name: &str) {
        let closed: &[&str] = match name {
            "p" => &["p"],
            "li" => &["p", "li"],
            "rt" | "rp" => &["rt", "rp"],
            _ => return,
        };
        let last = |open: &[&str]| open.iter().rposition(|open| !FORMATTING.contains(open));
        while let Some(at) = last(&self.open)
            && closed.contains(&self.open[at])
        {
            self.open.remove(at);
        }
    }

    /// A start tag with the attributes we keep, those we force in their place or at the end.
    fn start(&mut self, tag: &Tag<'_>) {
        if !self.opens(tag.name) {
            return;
        }
        self.out.push('<');
        self.out.push_str(tag.name);
        let is_link = tag.name == "a";
        let mut has_rel = false;
        for (name, value) in tag.attributes() {
            match name {
                "target" if is_link => {}
                "rel" if is_link => {
                    has_rel = true;
                    self.attribute("rel", REL);
                }
                "translate" if value != "no" => {}
                _ if name.bytes().all(|byte| byte.is_ascii_lowercase()) => {
                    self.attribute(name, value);
                }
                _ => {}
            }
        }
        if is_link && !has_rel {
            self.attribute("rel", REL);
        }
        if is_link {
            self.attribute("target", TARGET);
        }
        self.out.push('>');
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
        self.out.push_str(&html_escape::encode_double_quoted_attribute(value));
        self.out.push('"');
    }

    fn take_formula(&mut self, token: &Token<'_>) {
        let Some(formula) = &mut self.formula else { return };
        match token {
            Token::Start(tag) if tag.name == "math" && !tag.self_closing => formula.depth += 1,
            Token::End("math") => {
                formula.depth -= 1;
                if formula.depth == 0 {
                    self.end_formula();
                }
            }
            Token::Start(tag) if tag.name == "annotation" => {
                formula.reading = match tag.attribute("encoding") {
                    Some("application/x-tex") if formula.tex.is_none() => Some(Encoding::Tex),
                    Some("text/plain") if formula.plain.is_none() => Some(Encoding::Plain),
                    _ => None,
                };
            }
            Token::End("annotation") => formula.reading = None,
            Token::Text(text) => match formula.reading {
                Some(Encoding::Tex) => formula.tex.get_or_insert_default().push_str(text),
                Some(Encoding::Plain) => formula.plain.get_or_insert_default().push_str(text),
                None => {}
            },
            Token::Start(_) | Token::End(_) => {}
        }
    }

    fn end_formula(&mut self) {
        let Some(formula) = self.formula.take() else { return };
        let fence = if formula.block { "$$" } else { "$" };
        let text = match (formula.tex, formula.plain) {
            (Some(tex), _) => format!("{fence}{tex}{fence}"),
            (None, Some(plain)) => plain,
            (None, None) => return,
        };
        self.text(&text);
    }
}

fn is_heading(name: &str) -> bool {
    matches!(name, "h1" | "h2" | "h3" | "h4" | "h5" | "h6")
}

fn has_known_scheme(address: &str) -> bool {
    let end = address.find([':', '/', '#']);
    let Some(scheme) = end.filter(|&at| address.as_bytes()[at] == b':') else { return false };
    SCHEMES.iter().any(|known| address[..scheme].trim().eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_made_to_be_hard_is_not() {
        let each = |start: &str, end: &str, times: usize| -> String {
            (0..times).map(|n| format!("{start}{n}{end}")).collect()
        };
        // Each paragraph would open all of them again.
        let multiplied =
            format!("<p>{}</p>{}", each("<b lang=x", ">", 2000), "<p>x</p>".repeat(2000));
        assert!(sanitize(&multiplied).len() < 1_000_000);
        let deep = sanitize(&"<blockquote>".repeat(16_000));
        assert_eq!(deep.matches("<blockquote>").count(), MAX_OPEN);
    }

    #[test]
    fn long_lists_without_end_tags_stay_whole() {
        let html = format!("<ul>{}</ul>{}", "<li>a<p>b".repeat(300), "<p>c".repeat(300));
        let shown = sanitize(&html);
        assert_eq!(shown.matches("<li>").count(), 300);
        assert_eq!(shown.matches("<p>").count(), 600);
    }

    #[test]
    fn what_is_shown_and_how() {
        let link = |inner: &str| {
            format!(
                r#"<a href="https://x.test/" rel="nofollow noopener" target="_blank">{inner}</a>"#
            )
        };
        let cases = [
            ("<p>a <b>b</b><br>c</p>", "<p>a <b>b</b><br>c</p>".to_owned()),
            ("a & b < c", "a &amp; b &lt; c".into()),
            ("<h2>Title</h2><p>x</p>", "<p><strong>Title</strong></p><p>x</p>".into()),
            ("<div>one</div><div>two</div>", " one  two ".into()),
            ("<table><tr><td>x</td></tr></table>", "x".into()),
            ("<script>alert(1)</script>x<style>p{}</style>", "x".into()),
            ("<svg><p>in</p></svg>out", "out".into()),
            ("<iframe src=x>y</iframe>z", "z".into()),
            ("<img src=x onerror=alert(1)>text", "text".into()),
            ("<!-- hidden -->seen", "seen".into()),
            (r#"<a href="https://x.test/">y</a>"#, link("y")),
            (r#"<a href="https://x.test/" target="_top" onclick="x()">y</a>"#, link("y")),
            (
                r#"<a rel="tag" class="mention hashtag big" href="https://x.test/">#<span>x</span></a>"#,
                concat!(
                    r#"<a rel="nofollow noopener" class="mention hashtag" href="https://x.test/" "#,
                    r##"target="_blank">#<span>x</span></a>"##
                )
                .into(),
            ),
            (r#"<a href="javascript:alert(1)">a <b>b</b></a> c"#, "a b c".into()),
            (r#"<a href="/relative">a</a>"#, "a".into()),
            (r#"<a href=" JaVaScRiPt:x">a</a>"#, "a".into()),
            ("<a name=x>a</a>", "a".into()),
            (
                r#"<a href="gemini://x.test/">g</a>"#,
                r#"<a href="gemini://x.test/" rel="nofollow noopener" target="_blank">g</a>"#
                    .into(),
            ),
            (
                r#"<span class="h-card evil u-url">x</span>"#,
                r#"<span class="h-card u-url">x</span>"#.into(),
            ),
            (r#"<span class="evil">x</span>"#, r#"<span class="">x</span>"#.into()),
            (r#"<span translate="no">x</span>"#, r#"<span translate="no">x</span>"#.into()),
            (r#"<span translate="yes">x</span>"#, "<span>x</span>".into()),
            (
                r#"<p lang="de" class="quote-inline" id="x">x</p>"#,
                r#"<p lang="de" class="quote-inline">x</p>"#.into(),
            ),
            (
                r#"<ol start="3" reversed=""><li value="2">x</li></ol>"#,
                r#"<ol start="3" reversed=""><li value="2">x</li></ol>"#.into(),
            ),
            (r#"<ul class="x"><li>x</li></ul>"#, "<ul><li>x</li></ul>".into()),
            (
                "<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>",
                "<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>".into(),
            ),
            (
                r#"<math><semantics><mi>x</mi><annotation encoding="application/x-tex">x^2 < 3</annotation></semantics></math>!"#,
                "$x^2 &lt; 3$!".into(),
            ),
            (
                r#"<math display="block"><semantics><mi>x</mi><annotation encoding="application/x-tex">x</annotation></semantics></math>"#,
                "$$x$$".into(),
            ),
            (
                r#"<math><semantics><mi>x</mi><annotation encoding="text/plain">ex</annotation></semantics></math>"#,
                "ex".into(),
            ),
            ("<math><mi>x</mi></math>y", "y".into()),
        ];
        for (given, expected) in cases {
            assert_eq!(sanitize(given), expected, "{given}");
        }
    }

    #[test]
    fn nothing_that_runs_gets_through() {
        let cases = [
            "<p onclick=alert(1)>x",
            "<a href=\"jav\tascript:alert(1)\">x</a>",
            "<a href=\"data:text/html,<script>alert(1)</script>\">x</a>",
            "<svg><style><a title=\"</style><img src onerror=alert(1)>\">",
            "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
            "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
            "<scr<script>ipt>alert(1)</scr</script>ipt>",
            "&lt;script&gt;alert(1)&lt;/script&gt;",
            "<span style=\"background:url(javascript:x)\">x</span>",
            "<plaintext><img src=x onerror=alert(1)>",
            "<textarea><img src=x onerror=alert(1)></textarea>",
        ];
        for case in cases {
            let shown = sanitize(case);
            for sign in
                ["<img", "<script", "<svg", "<style", "<math", "onclick=", "style=", "javascript:x"]
            {
                assert!(!shown.contains(sign), "{case} gave {shown}");
            }
            assert!(!shown.contains("href=\"j") && !shown.contains("href=\"data"), "{shown}");
        }
    }

    #[test]
    fn sanitising_twice_changes_nothing_more() {
        let html = r#"<h1>a</h1><p>x <a href="https://x.test/?a=1&amp;b=2" class="u-url x">y</a> &amp; z</p>"#;
        assert_eq!(sanitize(&sanitize(html)), sanitize(html));
    }

    #[test]
    fn plain_text_keeps_line_ends_and_drops_the_rest() {
        let cases = [
            ("<p>one</p><p>two<br>three</p>", "one\ntwo\nthree"),
            ("<p>a</p>", "a"),
            ("a<br /><br />b", "a\nb"),
            ("x &amp; y &lt;z&gt;", "x & y <z>"),
            ("<script>no</script>yes<style>no</style>", "yes"),
            ("no html at all", "no html at all"),
        ];
        for (given, expected) in cases {
            assert_eq!(to_plain(given), expected, "{given}");
        }
    }
}
