//! `a[b][]=1`: names of form fields that say how their values nest, by the rules Rack has for
//! them.

use serde_json::{Map, Value};

/// Deepest nesting of a name.
const DEPTH: usize = 32;

/// Puts `value` where `name` says. An error says that two names disagree about what is there.
pub(super) fn insert(
    tree: &mut Map<String, Value>,
    name: &str,
    value: Value,
) -> Result<(), String> {
    insert_at(tree, name, value, DEPTH)
}

fn insert_at(
    tree: &mut Map<String, Value>,
    name: &str,
    value: Value,
    depth: usize,
) -> Result<(), String> {
    let depth = depth.checked_sub(1).ok_or_else(|| "exceeded available depth".to_owned())?;
    let (key, rest) = split(name);
    if key.is_empty() {
        return Ok(());
    }
    if rest.is_empty() {
        tree.insert(key.to_owned(), value);
    } else if rest == "[" {
        tree.insert(name.to_owned(), value);
    } else if rest == "[]" {
        list_at(tree, key)?.push(value);
    } else if let Some(child) = rest.strip_prefix("[]") {
        let child = match child.strip_prefix('[').and_then(|c| c.strip_suffix(']')) {
            Some(inner) if !inner.contains(['[', ']']) => inner,
            _ => child,
        };
        let list = list_at(tree, key)?;
        match list.last_mut() {
            Some(Value::Object(last)) if !has(last, child) => {
                insert_at(last, child, value, depth)?;
            }
            _ => {
                let mut item = Map::new();
                insert_at(&mut item, child, value, depth)?;
                list.push(Value::Object(item));
            }
        }
    } else {
        let place = tree.entry(key).or_insert_with(|| Value::Object(Map::new()));
        match place {
            Value::Object(inner) => insert_at(inner, rest, value, depth)?,
            _ => return Err(conflict("Hash", key)),
        }
    }
    Ok(())
}

/// The first word of a name, without its brackets, and what follows it.
fn split(name: &str) -> (&str, &str) {
    let start = name.trim_start_matches(['[', ']']);
    let end = start.find(['[', ']']).unwrap_or(start.len());
    let (key, rest) = start.split_at(end);
    (key, rest.trim_start_matches(']'))
}

fn list_at<'a>(tree: &'a mut Map<String, Value>, key: &str) -> Result<&'a mut Vec<Value>, String> {
    match tree.entry(key).or_insert_with(|| Value::Array(Vec::new())) {
        Value::Array(list) => Ok(list),
        _ => Err(conflict("Array", key)),
    }
}

fn conflict(wanted: &str, key: &str) -> String {
    format!("expected {wanted} for param `{key}'")
}

/// Whether the item of a list has a value at `name` already, so that a new item must begin.
fn has(item: &Map<String, Value>, name: &str) -> bool {
    if name.contains("[]") {
        return false;
    }
    let mut words = name.split(['[', ']']).filter(|word| !word.is_empty());
    let Some(first) = words.next() else { return false };
    let mut place = item.get(first);
    for word in words {
        place = place.and_then(|value| value.as_object()).and_then(|inner| inner.get(word));
    }
    place.is_some()
}
