//! Expansion: a document as a tree in which every name is a full address.

use serde_json::{Map, Value};

use super::Error;
use super::context::{Coercion, Container, Context, Term, is_keyword};

/// Nested `@context`s of one document; each costs a copy of all terms.
const MAX_CONTEXTS: usize = 32;
/// Values of one document, far more than fit a megabyte of sensible JSON.
const MAX_ITEMS: usize = 50_000;
/// Different properties of one thing.
const MAX_PROPERTIES: usize = 500;

/// A thing with properties.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Node {
    pub(super) id: Option<String>,
    pub(super) types: Vec<String>,
    pub(super) properties: Vec<(String, Vec<Item>)>,
}

/// A value of a property.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Item {
    Node(Node),
    Literal(Literal),
    List(Vec<Item>),
}

/// A string, number or truth value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Literal {
    pub(super) value: Value,
    pub(super) datatype: Option<String>,
    pub(super) language: Option<String>,
}

impl Node {
    fn add(&mut self, property: String, items: Vec<Item>) {
        match self.properties.iter_mut().find(|(known, _)| *known == property) {
            Some((_, known)) => known.extend(items),
            None => self.properties.push((property, items)),
        }
    }

    /// Whether it is nothing but a reference.
    pub(super) fn is_reference(&self) -> bool {
        self.id.is_some() && self.types.is_empty() && self.properties.is_empty()
    }
}

/// Expands a whole document, in which `context` holds at the start.
pub(super) fn document(document: &Value, context: &Context) -> Result<Node, Error> {
    let Value::Object(object) = document else { return Err(Error::Malformed) };
    let mut expansion = Expansion { contexts: 0, items: 0 };
    match expansion.object(object, context)?.as_mut_slice() {
        [Item::Node(node)] => Ok(std::mem::take(node)),
        _ => Err(Error::Malformed),
    }
}

/// Counts the work.
struct Expansion {
    contexts: usize,
    items: usize,
}

/// What the keywords of an object said.
#[derive(Default)]
struct Keywords<'a> {
    value: Option<&'a Value>,
    language: Option<String>,
    list: Option<&'a Value>,
    set: Option<&'a Value>,
}

impl Expansion {
    fn object(&mut self, object: &Map<String, Value>, outer: &Context) -> Result<Vec<Item>, Error> {
        self.items += 1;
        if self.items > MAX_ITEMS {
            return Err(Error::TooLarge);
        }
        let own;
        let context = match object.get("@context") {
            None => outer,
            Some(local) => {
                self.contexts += 1;
                if self.contexts > MAX_CONTEXTS {
                    return Err(Error::TooLarge);
                }
                let mut inner = outer.clone();
                inner.add(local)?;
                own = inner;
                &own
            }
        };
        let mut node = Node::default();
        let mut keywords = Keywords::default();
        for (key, value) in object.iter().filter(|(key, _)| *key != "@context") {
            let Some(name) = context.expand(key, true) else { continue };
            if is_keyword(&name) {
                keyword(&name, value, context, &mut node, &mut keywords)?;
            } else if name.contains(':') {
                let items = self.property(context, context.term(key), value)?;
                if !items.is_empty() {
                    node.add(name, items);
                }
                if node.properties.len() > MAX_PROPERTIES {
                    return Err(Error::TooLarge);
                }
            }
        }
        self.finish(context, node, keywords)
    }

    fn finish(
        &mut self,
        context: &Context,
        node: Node,
        keywords: Keywords<'_>,
    ) -> Result<Vec<Item>, Error> {
        let plain = node.id.is_none() && node.properties.is_empty();
        match keywords {
            Keywords { value: Some(value), language, list: None, set: None }
                if plain && node.types.len() <= 1 =>
            {
                let datatype = node.types.into_iter().next();
                match value {
                    Value::Null => Ok(Vec::new()),
                    Value::Array(_) | Value::Object(_) => Err(Error::Unsupported),
                    _ if language.is_some() && (datatype.is_some() || !value.is_string()) => {
                        Err(Error::Malformed)
                    }
                    value => {
                        let value = value.clone();
                        Ok(vec![Item::Literal(Literal { value, datatype, language })])
                    }
                }
            }
            Keywords { value: None, language: None, list: Some(list), set: None }
                if plain && node.types.is_empty() =>
            {
                Ok(vec![Item::List(self.list(context, None, list)?)])
            }
            Keywords { value: None, language: None, list: None, set: Some(set) }
                if plain && node.types.is_empty() =>
            {
                self.items(context, None, set)
            }
            Keywords { value: None, language: None, list: None, set: None } => {
                Ok(vec![Item::Node(node)])
            }
            _ => Err(Error::Malformed),
        }
    }

    fn property(
        &mut self,
        context: &Context,
        term: Option<&Term>,
        value: &Value,
    ) -> Result<Vec<Item>, Error> {
        match (term.map_or(Container::None, |term| term.container), value) {
            (Container::Unsupported, _) => Err(Error::Unsupported),
            (Container::Language, Value::Object(map)) => language_map(context, map),
            (Container::List, Value::Null) => Ok(Vec::new()),
            (Container::List, Value::Object(object)) => {
                let items = self.object(object, context)?;
                match items.as_slice() {
                    [Item::List(_)] => Ok(items),
                    _ => Ok(vec![Item::List(items)]),
                }
            }
            (Container::List, value) => Ok(vec![Item::List(self.list(context, term, value)?)]),
            (_, value) => self.items(context, term, value),
        }
    }

    fn list(
        &mut self,
        context: &Context,
        term: Option<&Term>,
        value: &Value,
    ) -> Result<Vec<Item>, Error> {
        if let Value::Array(all) = value
            && all.iter().any(Value::is_array)
        {
            return Err(Error::Unsupported);
        }
        self.items(context, term, value)
    }

    fn items(
        &mut self,
        context: &Context,
        term: Option<&Term>,
        value: &Value,
    ) -> Result<Vec<Item>, Error> {
        self.items += 1;
        if self.items > MAX_ITEMS {
            return Err(Error::TooLarge);
        }
        match value {
            Value::Null => Ok(Vec::new()),
            Value::Array(all) => {
                let mut items = Vec::with_capacity(all.len());
                for value in all {
                    items.extend(self.items(context, term, value)?);
                }
                Ok(items)
            }
            Value::Object(object) => self.object(object, context),
            scalar => Ok(vec![self::scalar(context, term, scalar)]),
        }
    }
}

fn keyword<'a>(
    name: &str,
    value: &'a Value,
    context: &Context,
    node: &mut Node,
    keywords: &mut Keywords<'a>,
) -> Result<(), Error> {
    match (name, value) {
        ("@id", Value::String(id)) if node.id.is_none() => node.id = context.expand(id, false),
        ("@type", Value::String(kind)) => node.types.extend(context.expand(kind, true)),
        ("@type", Value::Array(kinds)) => {
            for kind in kinds {
                let kind = kind.as_str().ok_or(Error::Malformed)?;
                node.types.extend(context.expand(kind, true));
            }
        }
        ("@value", value) if keywords.value.is_none() => keywords.value = Some(value),
        ("@language", Value::String(language)) => keywords.language = Some(language.to_lowercase()),
        ("@list", value) if keywords.list.is_none() => keywords.list = Some(value),
        ("@set", value) if keywords.set.is_none() => keywords.set = Some(value),
        ("@index", Value::String(_)) => {}
        ("@id" | "@type" | "@value" | "@list" | "@set" | "@language" | "@index", _) => {
            return Err(Error::Malformed);
        }
        _ => return Err(Error::Unsupported),
    }
    Ok(())
}

fn language_map(context: &Context, map: &Map<String, Value>) -> Result<Vec<Item>, Error> {
    let mut items = Vec::new();
    for (language, texts) in map {
        let language = match context.expand(language, true).as_deref() {
            Some("@none") => None,
            _ => Some(language.to_lowercase()),
        };
        let texts = match texts {
            Value::Array(texts) => texts.as_slice(),
            text => std::slice::from_ref(text),
        };
        for text in texts {
            match text {
                Value::Null => {}
                Value::String(_) => items.push(Item::Literal(Literal {
                    value: text.clone(),
                    datatype: None,
                    language: language.clone(),
                })),
                _ => return Err(Error::Malformed),
            }
        }
    }
    Ok(items)
}

fn scalar(context: &Context, term: Option<&Term>, value: &Value) -> Item {
    let reference =
        |text: &str, vocab| Item::Node(Node { id: context.expand(text, vocab), ..Node::default() });
    let (datatype, language) = match (term.map(|term| &term.coercion), value) {
        (Some(Coercion::Id), Value::String(text)) => return reference(text, false),
        (Some(Coercion::Vocab), Value::String(text)) => return reference(text, true),
        (Some(Coercion::Datatype(datatype)), _) => (Some(datatype.clone()), None),
        (_, Value::String(_)) => (None, context.language_of(term)),
        _ => (None, None),
    };
    Item::Literal(Literal { value: value.clone(), datatype, language })
}
