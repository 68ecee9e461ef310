//! Compaction: a tree back into the short names our handlers read, whatever names its author had
//! chosen for the same things.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::context::{Coercion, Container, Context, Term, is_keyword};
use super::contexts;
use super::expand::{Item, Literal, Node};

/// The context of everything we publish.
pub(super) static FULL: LazyLock<Context> = LazyLock::new(|| {
    let mut context = Context::default();
    context.add(&contexts::full()).expect("our own context is well-formed");
    context
});

/// The terms for each address, shortest first.
static NAMES: LazyLock<HashMap<&'static str, Vec<(&'static str, &'static Term)>>> =
    LazyLock::new(|| {
        let mut names: HashMap<&str, Vec<(&str, &Term)>> = HashMap::new();
        for (name, term) in FULL.terms() {
            if let Some(iri) = &term.iri
                && !is_keyword(iri)
            {
                names.entry(iri).or_default().push((name, term));
            }
        }
        for terms in names.values_mut() {
            terms.sort_by_key(|(name, _)| (name.len(), *name));
        }
        names
    });

/// Writes a tree with our names. Properties that no context defines are not part of what was
/// signed; `keep_undefined` decides whether they stay.
pub(super) fn node(node: &Node, keep_undefined: bool) -> Value {
    let mut object = Map::new();
    if let Some(id) = &node.id {
        object.insert("id".to_owned(), json!(id));
    }
    match node.types.as_slice() {
        [] => {}
        [one] => {
            object.insert("type".to_owned(), json!(type_name(one)));
        }
        many => {
            let names: Vec<&str> = many.iter().map(|one| type_name(one)).collect();
            object.insert("type".to_owned(), json!(names));
        }
    }
    for (iri, items) in &node.properties {
        if iri.starts_with("_:") && !keep_undefined {
            continue;
        }
        for item in items {
            property(&mut object, iri, item, keep_undefined);
        }
    }
    Value::Object(object)
}

fn type_name(iri: &str) -> &str {
    NAMES
        .get(iri)
        .and_then(|terms| terms.iter().find(|(_, term)| term.coercion == Coercion::None))
        .map_or(iri, |(name, _)| name)
}

fn property(object: &mut Map<String, Value>, iri: &str, item: &Item, keep_undefined: bool) {
    let terms = NAMES.get(iri).map_or(&[][..], Vec::as_slice);
    if let Item::Literal(Literal { value, language: Some(language), .. }) = item
        && let Some((name, _)) = find(terms, |term| term.container == Container::Language)
    {
        if let Value::Object(map) = object.entry(name).or_insert_with(|| json!({})) {
            append(map, language, value.clone(), false);
        }
        return;
    }
    let plain = |term: &Term| matches!(term.container, Container::None | Container::Set);
    let fitting = match item {
        Item::List(_) => find(terms, |term| term.container == Container::List),
        Item::Node(_) => find(terms, |term| plain(term) && term.coercion == Coercion::Id),
        Item::Literal(Literal { datatype: Some(datatype), .. }) => find(terms, |term| {
            plain(term) && matches!(&term.coercion, Coercion::Datatype(own) if own == datatype)
        }),
        Item::Literal(_) => None,
    };
    let chosen = fitting
        .or_else(|| find(terms, |term| plain(term) && term.coercion == Coercion::None))
        .or_else(|| find(terms, plain));
    let (name, term) = chosen.map_or((iri, None), |(name, term)| (name, Some(term)));
    match item {
        Item::List(items) if term.is_some_and(|term| term.container == Container::List) => {
            let items = items.iter().map(|item| value(item, term, keep_undefined)).collect();
            object.insert(name.to_owned(), Value::Array(items));
        }
        item => {
            let as_array = term.is_some_and(|term| term.container == Container::Set);
            append(object, name, value(item, term, keep_undefined), as_array);
        }
    }
}

fn find<'a>(
    terms: &[(&'a str, &'a Term)],
    fits: impl Fn(&Term) -> bool,
) -> Option<(&'a str, &'a Term)> {
    terms.iter().copied().find(|(_, term)| fits(term))
}

/// Adds a value, making an array of several.
fn append(object: &mut Map<String, Value>, name: &str, value: Value, as_array: bool) {
    match object.get_mut(name) {
        Some(Value::Array(values)) => values.push(value),
        Some(first) => *first = Value::Array(vec![first.take(), value]),
        None => {
            let value = if as_array { Value::Array(vec![value]) } else { value };
            object.insert(name.to_owned(), value);
        }
    }
}

fn value(item: &Item, term: Option<&Term>, keep_undefined: bool) -> Value {
    let coercion = term.map(|term| &term.coercion);
    match item {
        Item::Node(Node { id: Some(id), .. })
            if coercion == Some(&Coercion::Id) && is_reference(item) =>
        {
            json!(id)
        }
        Item::Node(inner) => node(inner, keep_undefined),
        Item::List(items) => {
            let items: Vec<Value> =
                items.iter().map(|item| value(item, None, keep_undefined)).collect();
            json!({ "@list": items })
        }
        Item::Literal(Literal { value, datatype, language }) => {
            match (coercion, datatype, language) {
                (None | Some(Coercion::None), None, None) => value.clone(),
                (Some(Coercion::Datatype(own)), Some(datatype), _) if own == datatype => {
                    value.clone()
                }
                (_, Some(datatype), _) => json!({ "@value": value, "@type": datatype }),
                (_, None, Some(language)) => json!({ "@value": value, "@language": language }),
                (_, None, None) => json!({ "@value": value }),
            }
        }
    }
}

fn is_reference(item: &Item) -> bool {
    matches!(item, Item::Node(node) if node.is_reference())
}
