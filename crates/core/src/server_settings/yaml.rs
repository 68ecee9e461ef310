//! The little YAML in which Mastodon keeps one setting: a scalar, or a flat list or map of them,
//! in any of the styles that Ruby's writer uses.

use serde_json::{Map, Value};

/// Reads a document. What is outside this little language is null.
#[must_use]
pub fn read(text: &str) -> Value {
    let text = text.strip_prefix("---").unwrap_or(text);
    let text = text.strip_suffix("...\n").unwrap_or(text);
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let first = first.trim();
    let first = match first.strip_prefix("!ruby/hash:") {
        Some(_) => "",
        None => first,
    };
    if let Some(style) = first.strip_prefix('|') {
        return Value::String(block(rest, style, false));
    }
    if let Some(style) = first.strip_prefix('>') {
        return Value::String(block(rest, style, true));
    }
    if first.is_empty() {
        return collection(rest);
    }
    let mut whole = first.to_owned();
    fold(&mut whole, rest);
    scalar(&whole)
}

/// Writes a value as Mastodon's own writer would, or at least so that it reads the same.
#[must_use]
pub fn write(value: &Value) -> String {
    match value {
        Value::Null => "--- \n".to_owned(),
        Value::Bool(flag) => format!("--- {flag}\n"),
        Value::Number(number) => format!("--- {number}\n"),
        Value::String(text) => format!("--- {}\n", written(text)),
        Value::Array(items) if items.is_empty() => "--- []\n".to_owned(),
        Value::Array(items) => {
            let lines = items.iter().map(|item| match item {
                Value::String(text) => format!("- {}\n", written(text)),
                other => format!("- {other}\n"),
            });
            std::iter::once("---\n".to_owned()).chain(lines).collect()
        }
        Value::Object(map) => {
            let lines = map.iter().map(|(key, item)| match item {
                Value::String(text) => format!("{}: {}\n", written(key), written(text)),
                other => format!("{}: {other}\n", written(key)),
            });
            std::iter::once("---\n".to_owned()).chain(lines).collect()
        }
    }
}

/// Plain where that is safe beyond doubt, else quoted.
fn written(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'_' | b'-' | b'.'))
        && !text.ends_with(' ')
        && text.len() < 80
        && matches!(scalar(text), Value::String(_));
    if plain {
        return text.to_owned();
    }
    if text.is_empty() {
        return "''".to_owned();
    }
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn collection(text: &str) -> Value {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    if lines.iter().all(|line| line.trim_start().starts_with('-')) {
        let items = lines.iter().map(|line| scalar(line.trim_start()[1..].trim()));
        return if lines.is_empty() { Value::Null } else { items.collect() };
    }
    let mut map = Map::new();
    for line in lines {
        let Some((key, value)) = line.split_once(": ").or(line.split_once(':')) else { continue };
        if let Value::String(key) = scalar(key.trim()) {
            map.insert(key, scalar(value.trim()));
        }
    }
    Value::Object(map)
}

/// A scalar that goes on over several lines: line breaks are spaces, blank lines are breaks.
fn fold(first: &mut String, rest: &str) {
    let mut blank = 0;
    for line in rest.lines().map(str::trim) {
        if line.is_empty() {
            blank += 1;
            continue;
        }
        if first.starts_with('"') && first.ends_with('\\') && !first.ends_with("\\\\") {
            first.pop();
        } else if blank == 0 {
            first.push(' ');
        }
        first.extend(std::iter::repeat_n('\n', blank));
        blank = 0;
        // In double quotes a backslash keeps the space that starts a line.
        first.push_str(line.strip_prefix('\\').filter(|l| l.starts_with(' ')).unwrap_or(line));
    }
}

/// A block: its lines without their indentation, folded or not, ended as `style` says.
fn block(text: &str, style: &str, folded: bool) -> String {
    let indent = style.bytes().find(u8::is_ascii_digit).map(|digit| usize::from(digit - b'0'));
    let indent = indent.unwrap_or_else(|| {
        let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        first.len() - first.trim_start_matches(' ').len()
    });
    let lines: Vec<&str> =
        text.lines().map(|line| line.get(indent..).unwrap_or_default()).collect();
    let mut whole = String::new();
    for (index, line) in lines.iter().enumerate() {
        whole.push_str(line);
        let next = lines.get(index + 1);
        let joins = folded
            && !line.is_empty()
            && next.is_some_and(|next| !next.is_empty() && !next.starts_with(' '));
        let swallowed = folded && !line.is_empty() && next.is_some_and(|next| next.is_empty());
        if joins {
            whole.push(' ');
        } else if !swallowed {
            whole.push('\n');
        }
    }
    if style.contains('-') {
        whole.truncate(whole.trim_end_matches('\n').len());
    } else if !style.contains('+') {
        whole.truncate(whole.trim_end_matches('\n').len());
        whole.push('\n');
    }
    whole
}

fn scalar(text: &str) -> Value {
    if let Some(inner) = text.strip_prefix('\'') {
        let inner = inner.strip_suffix('\'').unwrap_or(inner);
        return Value::String(inner.replace("''", "'"));
    }
    if let Some(inner) = text.strip_prefix('"') {
        return Value::String(unescaped(inner.strip_suffix('"').unwrap_or(inner)));
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => true.into(),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => false.into(),
        "[]" => Value::Array(Vec::new()),
        "{}" => Value::Object(Map::new()),
        _ => match text.parse::<i64>() {
            Ok(number) => number.into(),
            Err(_) => Value::String(text.strip_prefix(':').unwrap_or(text).to_owned()),
        },
    }
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match code_of(chars.next()) {
            Escape::Char(c) => out.push(c),
            Escape::Code(digits) => {
                let hex: String = chars.by_ref().take(digits).collect();
                out.extend(u32::from_str_radix(&hex, 16).ok().and_then(char::from_u32));
            }
            Escape::None => {}
        }
    }
    out
}

enum Escape {
    Char(char),
    Code(usize),
    None,
}

fn code_of(c: Option<char>) -> Escape {
    match c {
        Some('n') => Escape::Char('\n'),
        Some('t') => Escape::Char('\t'),
        Some('r') => Escape::Char('\r'),
        Some('e') => Escape::Char('\u{1b}'),
        Some('0') => Escape::Char('\0'),
        Some('N') => Escape::Char('\u{85}'),
        Some('_') => Escape::Char('\u{a0}'),
        Some('L') => Escape::Char('\u{2028}'),
        Some('P') => Escape::Char('\u{2029}'),
        Some('x') => Escape::Code(2),
        Some('u') => Escape::Code(4),
        Some('U') => Escape::Code(8),
        Some(c) => Escape::Char(c),
        None => Escape::None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_style_is_read() {
        for (text, value) in [
            ("--- true\n", json!(true)),
            ("--- 7\n", json!(7)),
            ("--- open\n...\n", json!("open")),
            ("--- ''\n", json!("")),
            ("--- :approved\n", json!("approved")),
            ("--- 'it''s'\n", json!("it's")),
            ("--- \"a\\nb \\u00e9 \\\"c\\\"\"\n", json!("a\nb é \"c\"")),
            ("--- |-\n  # About\n\n  This is *x*.\n", json!("# About\n\nThis is *x*.")),
            ("--- |\n  one\n  two\n", json!("one\ntwo\n")),
            ("--- >-\n  one\n  two\n\n  three\n", json!("one two\nthree")),
            ("--- a long plain text that\n  goes on\n", json!("a long plain text that goes on")),
            ("--- \"one \\\n  two\"\n", json!("one two")),
            ("---\n- a\n- 'b'\n", json!(["a", "b"])),
            ("--- []\n", json!([])),
            ("---\nkey: value\n", json!({"key": "value"})),
            ("--- \n", json!(null)),
            ("", json!(null)),
        ] {
            assert_eq!(read(text), value, "{text:?}");
        }
    }

    #[test]
    fn what_is_written_reads_the_same() {
        for value in [
            json!("open"),
            json!(""),
            json!("true"),
            json!("2026-01-01"),
            json!("two\nlines: \"x\" \\"),
            json!(": colon # hash"),
            json!(true),
            json!(12),
            json!(["a", "yes"]),
            json!({"text": "a: b"}),
        ] {
            assert_eq!(read(&write(&value)), value, "{}", write(&value));
        }
        assert_eq!(write(&json!("disabled")), "--- disabled\n", "read by the streaming server");
    }
}
