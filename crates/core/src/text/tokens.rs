//! HTML as a row of tokens, read the way browsers read it.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag as RawTag, TagKind, Token as RawToken, TokenSink, TokenSinkResult, Tokenizer,
    TokenizerOpts,
};

/// One piece of HTML.
#[derive(Debug)]
pub enum Token<'a> {
    /// Text, its escapes resolved.
    Text(&'a str),
    /// `<name …>`
    Start(Tag<'a>),
    /// `</name>`
    End(&'a str),
}

/// A start tag.
#[derive(Debug)]
pub struct Tag<'a> {
    pub name: &'a str,
    pub self_closing: bool,
    raw: &'a RawTag,
}

impl<'a> Tag<'a> {
    /// Names and values of the attributes, in order, escapes resolved.
    pub fn attributes(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        self.raw.attrs.iter().map(|attribute| (&*attribute.name.local, &*attribute.value))
    }

    /// The value of one attribute.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&'a str> {
        self.attributes().find(|(other, _)| *other == name).map(|(_, value)| value)
    }
}

/// Calls `each` with every token of `html`. Comments and declarations are left out.
pub fn read(html: &str, each: impl FnMut(Token<'_>)) {
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(html));
    let sink = Sink { each: RefCell::new(each) };
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    while !input.is_empty() {
        let _ = tokenizer.feed(&input);
    }
    tokenizer.end();
}

struct Sink<F> {
    each: RefCell<F>,
}

impl<F: FnMut(Token<'_>)> TokenSink for Sink<F> {
    type Handle = ();

    fn process_token(&self, token: RawToken, _line: u64) -> TokenSinkResult<()> {
        let mut each = self.each.borrow_mut();
        match token {
            RawToken::CharacterTokens(text) => each(Token::Text(&text)),
            RawToken::TagToken(tag) if tag.kind == TagKind::EndTag => each(Token::End(&tag.name)),
            RawToken::TagToken(tag) => {
                let name = &*tag.name;
                each(Token::Start(Tag { name, self_closing: tag.self_closing, raw: &tag }));
                return content_of(name);
            }
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

/// How to read what stands inside an element.
fn content_of(name: &str) -> TokenSinkResult<()> {
    match name {
        "title" | "textarea" => TokenSinkResult::RawData(RawKind::Rcdata),
        "style" | "xmp" | "iframe" | "noembed" | "noframes" => {
            TokenSinkResult::RawData(RawKind::Rawtext)
        }
        "script" => TokenSinkResult::RawData(RawKind::ScriptData),
        "plaintext" => TokenSinkResult::Plaintext,
        _ => TokenSinkResult::Continue,
    }
}
