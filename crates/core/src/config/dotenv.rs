//! Reads `.env.production`: the format of the dotenv files that Mastodon servers have.
//!
//! `KEY=value`, `KEY: value`, `export KEY=value`; comments; values bare, in single quotes (taken as
//! they are) or in double quotes (escapes, several lines). `$NAME` and `${NAME}` are replaced in bare
//! and double-quoted values. `$(command)` is refused: nothing is run to read a setting.

/// One `KEY=value` and the line it began on.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) line: usize,
}

/// A line that is none of what a file may hold.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadLine {
    pub(super) line: usize,
    pub(super) expected: &'static str,
}

const NOT_A_SETTING: &str = "a line is NAME=value, a comment that begins with #, or empty";
const NO_COMMANDS: &str = "$(command) is not run; write the value itself, or put it in single quotes if it is meant as it is";
const UNCLOSED: &str = "the quote that opens this value is never closed";
const AFTER_QUOTE: &str = "after the closing quote only a comment may follow";

/// The settings of a file, in order. `outside` answers for names that the file refers to with `$NAME`
/// and does not define before.
pub(super) fn parse(
    text: &str,
    outside: impl Fn(&str) -> Option<String>,
) -> Result<Vec<Entry>, BadLine> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut line = 1;
    while !rest.is_empty() {
        let (consumed, found) = statement(rest, line)?;
        if let Some((name, raw)) = found {
            let value = match raw {
                Raw::Literal(value) => value.to_owned(),
                Raw::Bare(value) => expand(value, false, line, &entries, &outside)?,
                Raw::Double(value) => expand(value, true, line, &entries, &outside)?,
            };
            entries.push(Entry { name: name.to_owned(), value, line });
        }
        line += rest[..consumed].matches('\n').count();
        rest = &rest[consumed..];
    }
    Ok(entries)
}

/// A name and its value.
type Assignment<'a> = (&'a str, Raw<'a>);

/// A value as it is written.
enum Raw<'a> {
    Literal(&'a str),
    Bare(&'a str),
    Double(&'a str),
}

/// Reads one statement from the start of `text`; says how many bytes it took, its line end included.
fn statement(text: &str, line: usize) -> Result<(usize, Option<Assignment<'_>>), BadLine> {
    let bad = |expected| BadLine { line, expected };
    let line_end = text.find('\n').map_or(text.len(), |at| at + 1);
    let this_line = text[..line_end].trim_end();
    let content = this_line.trim_start();
    if content.is_empty() || content.starts_with('#') {
        return Ok((line_end, None));
    }
    let assignment = match content.strip_prefix("export") {
        Some(after) if after.starts_with([' ', '\t']) => after.trim_start(),
        _ => content,
    };
    let exported = assignment.len() != content.len();
    let name_len = assignment
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.'))
        .unwrap_or(assignment.len());
    let (name, after) = assignment.split_at(name_len);
    if name.is_empty() {
        return Err(bad(NOT_A_SETTING));
    }
    let spaced = after.trim_start_matches([' ', '\t']);
    let value = if let Some(value) = spaced.strip_prefix('=') {
        value
    } else if let Some(value) = spaced.strip_prefix(':').filter(|v| v.starts_with([' ', '\t'])) {
        value
    } else if exported && (spaced.is_empty() || spaced.starts_with('#')) {
        return Ok((line_end, None)); // `export NAME` of a name set elsewhere
    } else {
        return Err(bad(NOT_A_SETTING));
    };
    let value = value.trim_start_matches([' ', '\t']);
    let Some(quote @ ('"' | '\'')) = value.chars().next() else {
        let bare = value.split_once('#').map_or(value, |(before, _)| before).trim_end();
        return Ok((line_end, Some((name, Raw::Bare(bare)))));
    };
    // A quoted value may reach over several lines, so look for its end in all that is left.
    let opened = offset_in(text, value) + 1;
    let inside = &text[opened..];
    let length = closing(inside, quote).ok_or_else(|| bad(UNCLOSED))?;
    let after = opened + length + 1;
    let end = text[after..].find('\n').map_or(text.len(), |at| after + at + 1);
    let trailing = text[after..end].trim();
    if !trailing.is_empty() && !trailing.starts_with('#') {
        return Err(bad(AFTER_QUOTE));
    }
    let raw = &inside[..length];
    Ok((end, Some((name, if quote == '"' { Raw::Double(raw) } else { Raw::Literal(raw) }))))
}

/// Where `part`, a slice of `whole`, begins in it.
fn offset_in(whole: &str, part: &str) -> usize {
    part.as_ptr() as usize - whole.as_ptr() as usize
}

/// Where the closing quote is; one behind a backslash does not close.
fn closing(inside: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    inside.char_indices().find_map(|(at, c)| {
        let closes = c == quote && !escaped;
        escaped = c == '\\' && !escaped;
        closes.then_some(at)
    })
}

/// Replaces `$NAME` and `${NAME}`, and in double quotes the escapes.
fn expand(
    raw: &str,
    quoted: bool,
    line: usize,
    before: &[Entry],
    outside: &impl Fn(&str) -> Option<String>,
) -> Result<String, BadLine> {
    let lookup = |name: &str| {
        outside(name)
            .or_else(|| before.iter().rev().find(|e| e.name == name).map(|e| e.value.clone()))
            .unwrap_or_default()
    };
    let mut value = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find(['\\', '$']) {
        value.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(escaped) = rest.strip_prefix('\\') {
            let Some(next) = escaped.chars().next() else {
                value.push('\\');
                rest = escaped;
                continue;
            };
            match next {
                '$' => value.push('$'),
                'n' if quoted => value.push('\n'),
                'r' if quoted => value.push('\r'),
                other if quoted => value.push(other),
                other => value.extend(['\\', other]),
            }
            rest = &escaped[next.len_utf8()..];
            continue;
        }
        let after = &rest[1..];
        if after.starts_with('(') {
            return Err(BadLine { line, expected: NO_COMMANDS });
        }
        let braced = after.strip_prefix('{');
        let name_at = braced.unwrap_or(after);
        let length = name_at
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .unwrap_or(name_at.len());
        if length == 0 {
            value.push('$');
            rest = after;
            continue;
        }
        value.push_str(&lookup(&name_at[..length]));
        rest = &name_at[length..];
        if braced.is_some() {
            rest = rest.strip_prefix('}').unwrap_or(rest);
        }
    }
    value.push_str(rest);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<(String, String, usize)> {
        let outside = |name: &str| (name == "HOME").then(|| "/root".to_owned());
        parse(text, outside).unwrap().into_iter().map(|e| (e.name, e.value, e.line)).collect()
    }

    fn value(text: &str) -> String {
        values(text).pop().unwrap().1
    }

    #[test]
    fn every_way_to_write_a_value() {
        assert_eq!(value("A=b"), "b");
        assert_eq!(value("  export A = b c  "), "b c");
        assert_eq!(value("A: b"), "b");
        assert_eq!(value("A="), "");
        assert_eq!(value("A=b # why"), "b");
        assert_eq!(value("A=b#c"), "b");
        assert_eq!(value("A='b#c $HOME \\n'"), "b#c $HOME \\n");
        assert_eq!(value(r#"A="b#c \"d\" \$x\n" # why"#), "b#c \"d\" $x\n");
        assert_eq!(value("A=$HOME/x"), "/root/x");
        assert_eq!(value("A=\"${HOME}y$NONE\""), "/rooty");
        assert_eq!(value("A=1\nB=${A}2"), "12");
        assert_eq!(value("A=pa$$\r\n"), "pa$$");
        assert_eq!(value("A=AbC+/9=="), "AbC+/9==");
    }

    #[test]
    fn lines_are_counted_through_quotes_and_comments() {
        assert_eq!(
            values("\u{feff}# top\n\nA=\"one\ntwo\"\nexport B\nC='x'\n"),
            [("A".into(), "one\ntwo".into(), 3), ("C".into(), "x".into(), 6)]
        );
    }

    #[test]
    fn what_is_not_a_setting_is_named_by_its_line() {
        let line = |text| parse(text, |_| None).unwrap_err();
        assert_eq!(line("A=1\nhello world"), BadLine { line: 2, expected: NOT_A_SETTING });
        assert_eq!(line("=1"), BadLine { line: 1, expected: NOT_A_SETTING });
        assert_eq!(line("A='x"), BadLine { line: 1, expected: UNCLOSED });
        assert_eq!(line("\nA=\"x\" y"), BadLine { line: 2, expected: AFTER_QUOTE });
        assert_eq!(line("A=$(whoami)"), BadLine { line: 1, expected: NO_COMMANDS });
    }
}
