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
mod tests;
