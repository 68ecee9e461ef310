//! The triples a document states, and their text form.

use std::fmt::Write;

use serde_json::{Number, Value};

use super::Error;
use super::expand::{Item, Literal, Node};

/// Statements of one document.
const MAX_TRIPLES: usize = 20_000;

const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
const XSD: &str = "http://www.w3.org/2001/XMLSchema#";

/// Subject, predicate, object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Triple {
    pub(super) subject: Resource,
    pub(super) predicate: String,
    pub(super) object: Object,
}

/// Something that can have properties.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Resource {
    Iri(String),
    Blank(String),
}

/// Something that can be a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Object {
    Resource(Resource),
    /// Already in its text form.
    Literal(String),
}

impl Resource {
    /// None for an address that is not complete, about which nothing can be stated.
    fn of(id: &str) -> Option<Self> {
        match id.strip_prefix("_:") {
            // Apart from those that we make up.
            Some(label) => Some(Self::Blank(format!("named-{label}"))),
            None => is_absolute(id).then(|| Self::Iri(id.to_owned())),
        }
    }

    /// The label, if it is a blank node.
    pub(super) fn blank(&self) -> Option<&str> {
        match self {
            Self::Blank(label) => Some(label),
            Self::Iri(_) => None,
        }
    }
}

/// Everything that a tree states.
pub(super) fn triples(node: &Node) -> Result<Vec<Triple>, Error> {
    let mut graph = Graph { triples: Vec::new(), blanks: 0 };
    graph.node(node)?;
    Ok(graph.triples)
}

struct Graph {
    triples: Vec<Triple>,
    blanks: usize,
}

impl Graph {
    fn state(
        &mut self,
        subject: Option<&Resource>,
        predicate: &str,
        object: Object,
    ) -> Result<(), Error> {
        if self.triples.len() == MAX_TRIPLES {
            return Err(Error::TooLarge);
        }
        if let Some(subject) = subject {
            let (subject, predicate) = (subject.clone(), predicate.to_owned());
            self.triples.push(Triple { subject, predicate, object });
        }
        Ok(())
    }

    fn fresh(&mut self) -> Resource {
        self.blanks += 1;
        Resource::Blank(format!("made-{}", self.blanks))
    }

    fn node(&mut self, node: &Node) -> Result<Option<Resource>, Error> {
        let subject = match &node.id {
            Some(id) => Resource::of(id),
            None => Some(self.fresh()),
        };
        for kind in &node.types {
            if let Some(kind) = Resource::of(kind) {
                self.state(subject.as_ref(), &format!("{RDF}type"), Object::Resource(kind))?;
            }
        }
        for (predicate, items) in &node.properties {
            // Names that no context defines are blank nodes, and those are no predicates.
            let stated = is_absolute(predicate) && !predicate.starts_with("_:");
            for item in items {
                if let Some(object) = self.item(item)?
                    && stated
                {
                    self.state(subject.as_ref(), predicate, object)?;
                }
            }
        }
        Ok(subject)
    }

    fn item(&mut self, item: &Item) -> Result<Option<Object>, Error> {
        match item {
            Item::Node(node) => Ok(self.node(node)?.map(Object::Resource)),
            Item::Literal(literal) => Ok(literal_text(literal).map(Object::Literal)),
            Item::List(items) => {
                let mut rest = Resource::Iri(format!("{RDF}nil"));
                for item in items.iter().rev() {
                    let cell = self.fresh();
                    if let Some(first) = self.item(item)? {
                        self.state(Some(&cell), &format!("{RDF}first"), first)?;
                    }
                    self.state(Some(&cell), &format!("{RDF}rest"), Object::Resource(rest))?;
                    rest = cell;
                }
                Ok(Some(Object::Resource(rest)))
            }
        }
    }
}

fn literal_text(literal: &Literal) -> Option<String> {
    let given = literal.datatype.as_deref();
    let (text, datatype) = match &literal.value {
        Value::Bool(truth) => (truth.to_string(), given.or(Some("boolean"))),
        Value::Number(number) => number_text(number, given),
        Value::String(text) => (text.clone(), given),
        _ => return None,
    };
    let mut written = String::with_capacity(text.len() + 2);
    escape(&mut written, &text);
    match (&literal.language, datatype) {
        (Some(language), _) if is_language(language) => Some(format!("{written}@{language}")),
        (Some(_), _) => None,
        (None, None) => Some(written),
        (None, Some(datatype)) => {
            let datatype =
                if given.is_some() { datatype.to_owned() } else { format!("{XSD}{datatype}") };
            if datatype.strip_prefix(XSD) == Some("string") {
                return Some(written);
            }
            is_absolute(&datatype).then(|| format!("{written}^^<{datatype}>"))
        }
    }
}

/// Whole numbers as integers, others as canonical doubles.
fn number_text<'a>(number: &Number, given: Option<&'a str>) -> (String, Option<&'a str>) {
    let is_double = given.is_some_and(|given| given.strip_prefix(XSD) == Some("double"));
    if !is_double && (number.is_i64() || number.is_u64()) {
        return (number.to_string(), given.or(Some("integer")));
    }
    let value = number.as_f64().unwrap_or_default();
    if !is_double && value.fract() == 0.0 && value.abs() < 1e21 {
        return (format!("{:.0}", value + 0.0), given.or(Some("integer")));
    }
    let text = format!("{value:.15E}");
    let (mantissa, exponent) = text.split_once('E').unwrap_or((&text, "0"));
    let mantissa = mantissa.trim_end_matches('0');
    let zero = if mantissa.ends_with('.') { "0" } else { "" };
    (format!("{mantissa}{zero}E{exponent}"), given.or(Some("double")))
}

/// Quotes a literal with the escapes of RDFC-1.0.
fn escape(written: &mut String, text: &str) {
    written.push('"');
    for c in text.chars() {
        match c {
            '\u{8}' => written.push_str("\\b"),
            '\t' => written.push_str("\\t"),
            '\n' => written.push_str("\\n"),
            '\u{c}' => written.push_str("\\f"),
            '\r' => written.push_str("\\r"),
            '"' => written.push_str("\\\""),
            '\\' => written.push_str("\\\\"),
            '\0'..='\u{1f}' | '\u{7f}' => {
                // Writing to a string does not fail.
                let _ = write!(written, "\\u{:04X}", u32::from(c));
            }
            c => written.push(c),
        }
    }
    written.push('"');
}

/// Whether it can stand alone as an address.
fn is_absolute(iri: &str) -> bool {
    let Some((scheme, _)) = iri.split_once(':') else { return false };
    let scheme_is_fit = scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || scheme == "_";
    scheme_is_fit
        && !iri.contains(|c: char| {
            c <= ' ' || matches!(c, '<' | '>' | '"' | '{' | '}' | '|' | '\\' | '^' | '`')
        })
}

fn is_language(tag: &str) -> bool {
    tag.split('-').enumerate().all(|(index, part)| {
        (1..=8).contains(&part.len())
            && part.bytes().all(|b| b.is_ascii_alphabetic() || index > 0 && b.is_ascii_digit())
    })
}

/// One line of N-Quads; `label` names the blank nodes.
pub(super) fn line<'a>(triple: &'a Triple, label: impl Fn(&'a str) -> String) -> String {
    let resource = |resource: &'a Resource| match resource {
        Resource::Iri(iri) => format!("<{iri}>"),
        Resource::Blank(blank) => format!("_:{}", label(blank)),
    };
    let object = match &triple.object {
        Object::Resource(object) => resource(object),
        Object::Literal(text) => text.clone(),
    };
    format!("{} <{}> {object} .\n", resource(&triple.subject), triple.predicate)
}
