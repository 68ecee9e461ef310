//! Active contexts: which address each term of a document stands for.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{Error, contexts};

/// Terms a document may define, built-in contexts included.
const MAX_TERMS: usize = 2_000;

/// Definitions that rest on one another; more would only be there to exhaust the stack.
const MAX_DEPTH: usize = 16;

/// Contexts in one list.
const MAX_LISTED: usize = 32;

/// What the terms of a document mean at one place in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Context {
    vocab: Option<String>,
    language: Option<String>,
    terms: HashMap<String, Term>,
}

/// What one term means.
#[derive(Clone, Debug, Default)]
pub(super) struct Term {
    /// None: declared to mean nothing.
    pub(super) iri: Option<String>,
    pub(super) coercion: Coercion,
    pub(super) container: Container,
    /// `Some(None)` turns the default language off.
    pub(super) language: Option<Option<String>>,
    prefix: bool,
}

/// What a plain string under a term is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Coercion {
    #[default]
    None,
    Id,
    Vocab,
    Datatype(String),
}

/// How the values of a term are wrapped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Container {
    #[default]
    None,
    Set,
    List,
    Language,
    /// Legal, but nothing that the fediverse signs uses it: using the term is refused.
    Unsupported,
}

/// The terms of one context so far.
#[derive(Default)]
struct Defined {
    /// False while a definition is under way.
    terms: HashMap<String, bool>,
    under_way: usize,
}

impl Context {
    pub(super) fn term(&self, name: &str) -> Option<&Term> {
        self.terms.get(name)
    }

    pub(super) fn terms(&self) -> impl Iterator<Item = (&String, &Term)> {
        self.terms.iter()
    }

    /// The language of a plain string under this term.
    pub(super) fn language_of(&self, term: Option<&Term>) -> Option<String> {
        match term.and_then(|term| term.language.as_ref()) {
            Some(language) => language.clone(),
            None => self.language.clone(),
        }
    }

    /// Adds what an `@context` says.
    pub(super) fn add(&mut self, local: &Value) -> Result<(), Error> {
        match local {
            Value::Null => *self = Self::default(),
            Value::String(url) => {
                let known = contexts::built_in(url).ok_or(Error::UnknownContext)?;
                self.add(&known)?;
            }
            Value::Array(all) if all.len() > MAX_LISTED => return Err(Error::TooLarge),
            Value::Array(all) if all.iter().any(Value::is_array) => return Err(Error::Malformed),
            Value::Array(all) => all.iter().try_for_each(|one| self.add(one))?,
            Value::Object(definitions) => self.define_all(definitions)?,
            _ => return Err(Error::Malformed),
        }
        if self.terms.len() > MAX_TERMS { Err(Error::TooLarge) } else { Ok(()) }
    }

    fn define_all(&mut self, definitions: &Map<String, Value>) -> Result<(), Error> {
        for (key, value) in definitions {
            match (key.as_str(), value) {
                (
                    "@version" | "@protected" | "@propagate",
                    Value::Number(_) | Value::Bool(true),
                ) => {}
                ("@protected", Value::Bool(false)) | ("@base", Value::Null) => {}
                ("@vocab", Value::Null) => self.vocab = None,
                ("@vocab", Value::String(vocab)) => {
                    let vocab = self.expand(vocab, true).ok_or(Error::Malformed)?;
                    self.vocab = Some(vocab);
                }
                ("@language", Value::Null) => self.language = None,
                ("@language", Value::String(language)) => {
                    self.language = Some(language.to_lowercase());
                }
                (keyword, _) if keyword.starts_with('@') => return Err(Error::Unsupported),
                _ => {}
            }
        }
        if definitions.len() > MAX_TERMS {
            return Err(Error::TooLarge);
        }
        let mut defined = Defined::default();
        for term in definitions.keys().filter(|key| !key.starts_with('@')) {
            self.define(term, definitions, &mut defined)?;
        }
        Ok(())
    }

    /// Defines one term, after those its own definition needs.
    fn define(
        &mut self,
        name: &str,
        definitions: &Map<String, Value>,
        defined: &mut Defined,
    ) -> Result<(), Error> {
        match defined.terms.get(name) {
            Some(true) => return Ok(()),
            Some(false) => return Err(Error::Malformed),
            None => {}
        }
        if name.is_empty() {
            return Err(Error::Malformed);
        }
        defined.terms.insert(name.to_owned(), false);
        defined.under_way += 1;
        if defined.under_way > MAX_DEPTH {
            return Err(Error::TooLarge);
        }
        self.terms.remove(name);
        let term = match definitions.get(name) {
            None | Some(Value::Null) => Term::default(),
            Some(Value::String(id)) => {
                let iri = self.iri_of(name, Some(id), definitions, defined)?;
                let prefix = is_simple(name) && iri.as_deref().is_some_and(ends_a_prefix);
                Term { iri, prefix, ..Term::default() }
            }
            Some(Value::Object(definition)) => {
                self.described(name, definition, definitions, defined)?
            }
            Some(_) => return Err(Error::Malformed),
        };
        self.terms.insert(name.to_owned(), term);
        defined.terms.insert(name.to_owned(), true);
        defined.under_way -= 1;
        Ok(())
    }

    fn described(
        &mut self,
        name: &str,
        definition: &Map<String, Value>,
        definitions: &Map<String, Value>,
        defined: &mut Defined,
    ) -> Result<Term, Error> {
        let mut term = Term::default();
        let id = match definition.get("@id") {
            None => None,
            Some(Value::Null) => return Ok(term),
            Some(Value::String(id)) => Some(id.as_str()),
            Some(_) => return Err(Error::Malformed),
        };
        term.iri = self.iri_of(name, id, definitions, defined)?;
        for (key, value) in definition {
            match (key.as_str(), value) {
                ("@id" | "@protected", _) => {}
                ("@type", Value::String(kind)) => {
                    term.coercion = match kind.as_str() {
                        "@id" => Coercion::Id,
                        "@vocab" => Coercion::Vocab,
                        "@none" => Coercion::None,
                        "@json" => {
                            term.container = Container::Unsupported;
                            Coercion::None
                        }
                        kind => {
                            let iri = self.expand_defining(kind, definitions, defined)?;
                            Coercion::Datatype(iri.ok_or(Error::Malformed)?)
                        }
                    };
                }
                ("@container", _) if term.container == Container::Unsupported => {}
                ("@container", value) => term.container = container(value)?,
                ("@language", Value::Null) => term.language = Some(None),
                ("@language", Value::String(language)) => {
                    term.language = Some(Some(language.to_lowercase()));
                }
                ("@prefix", Value::Bool(prefix)) => term.prefix = *prefix,
                ("@reverse" | "@nest" | "@context" | "@index" | "@direction", _) => {
                    term.container = Container::Unsupported;
                }
                _ => return Err(Error::Malformed),
            }
        }
        Ok(term)
    }

    fn iri_of(
        &mut self,
        name: &str,
        id: Option<&str>,
        definitions: &Map<String, Value>,
        defined: &mut Defined,
    ) -> Result<Option<String>, Error> {
        match id {
            Some(id) if id != name => self.expand_defining(id, definitions, defined),
            _ if name.contains(':') => {
                self.define_prefix(name, definitions, defined)?;
                Ok(self.expand(name, true))
            }
            _ => {
                let vocab = self.vocab.as_ref().ok_or(Error::Malformed)?;
                Ok(Some(format!("{vocab}{name}")))
            }
        }
    }

    /// Expands a name in a definition, first defining the terms it consists of.
    fn expand_defining(
        &mut self,
        name: &str,
        definitions: &Map<String, Value>,
        defined: &mut Defined,
    ) -> Result<Option<String>, Error> {
        if definitions.contains_key(name) && !name.starts_with('@') {
            self.define(name, definitions, defined)?;
        }
        self.define_prefix(name, definitions, defined)?;
        Ok(self.expand(name, true))
    }

    fn define_prefix(
        &mut self,
        name: &str,
        definitions: &Map<String, Value>,
        defined: &mut Defined,
    ) -> Result<(), Error> {
        match name.split_once(':') {
            Some((prefix, rest))
                if !rest.starts_with("//")
                    && prefix != name
                    && definitions.contains_key(prefix)
                    && !prefix.starts_with('@') =>
            {
                self.define(prefix, definitions, defined)
            }
            _ => Ok(()),
        }
    }

    /// The full address of a name. With `vocab`, terms and the vocabulary count, as for names of
    /// properties and types; without, only prefixes do, as for ids. None: it means nothing.
    pub(super) fn expand(&self, name: &str, vocab: bool) -> Option<String> {
        if is_keyword(name) {
            return Some(name.to_owned());
        }
        if name.starts_with('@')
            && name.len() > 1
            && name[1..].bytes().all(|b| b.is_ascii_alphabetic())
        {
            return None;
        }
        if let Some(term) = self.terms.get(name)
            && (vocab || term.iri.as_deref().is_some_and(is_keyword))
        {
            return term.iri.clone();
        }
        if let Some((prefix, rest)) = name.split_once(':')
            && !prefix.is_empty()
        {
            if prefix == "_" || rest.starts_with("//") {
                return Some(name.to_owned());
            }
            if let Some(Term { iri: Some(iri), prefix: true, .. }) = self.terms.get(prefix) {
                return Some(format!("{iri}{rest}"));
            }
            if is_scheme(prefix) {
                return Some(name.to_owned());
            }
        }
        match &self.vocab {
            Some(base) if vocab => Some(format!("{base}{name}")),
            _ => Some(name.to_owned()),
        }
    }
}

fn container(value: &Value) -> Result<Container, Error> {
    let one = |value: &Value| match value.as_str() {
        Some("@set") => Ok(Container::Set),
        Some("@list") => Ok(Container::List),
        Some("@language") => Ok(Container::Language),
        Some(_) => Ok(Container::Unsupported),
        None => Err(Error::Malformed),
    };
    match value {
        Value::Null => Ok(Container::None),
        // Beside `@language`, `@set` only asks for arrays.
        Value::Array(all) => {
            let mut rest = all.iter().filter(|value| value.as_str() != Some("@set"));
            match (rest.next(), rest.next()) {
                (None, _) => Ok(Container::Set),
                (Some(value), None) => one(value),
                _ => Ok(Container::Unsupported),
            }
        }
        value => one(value),
    }
}

/// The words that have a meaning of their own.
pub(super) fn is_keyword(name: &str) -> bool {
    matches!(
        name,
        "@base"
            | "@container"
            | "@context"
            | "@default"
            | "@direction"
            | "@graph"
            | "@id"
            | "@import"
            | "@included"
            | "@index"
            | "@json"
            | "@language"
            | "@list"
            | "@nest"
            | "@none"
            | "@prefix"
            | "@propagate"
            | "@protected"
            | "@reverse"
            | "@set"
            | "@type"
            | "@value"
            | "@version"
            | "@vocab"
    )
}

fn is_simple(name: &str) -> bool {
    !name.contains([':', '/'])
}

fn ends_a_prefix(iri: &str) -> bool {
    iri.ends_with([':', '/', '?', '#', '[', ']', '@']) && !is_keyword(iri)
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}
