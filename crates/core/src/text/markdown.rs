//! Markdown as admins write it (descriptions, policies, terms), as HTML. What it makes goes
//! through ammonia at the end, which is all that safety rests on.

use super::local::escape;

/// `source` as HTML.
#[must_use]
pub fn to_html(source: &str) -> String {
    let source = source.replace("\r\n", "\n").replace('\t', "    ");
    let lines: Vec<&str> = source.lines().collect();
    let html = blocks(&lines, 0);
    ammonia::Builder::default().link_rel(Some("nofollow noopener")).clean(&html).to_string()
}

/// Quotes and lists nest; deeper than this they are text.
const DEPTH: usize = 8;

fn blocks(lines: &[&str], depth: usize) -> String {
    let mut done: Vec<String> = Vec::new();
    let mut rest = lines;
    while let Some(first) = rest.first() {
        if first.trim().is_empty() {
            rest = &rest[1..];
            continue;
        }
        let (html, taken) = block(rest, depth);
        done.push(html);
        rest = &rest[taken.max(1)..];
    }
    done.join("\n")
}

/// The block that begins here, and how many lines it has.
fn block(lines: &[&str], depth: usize) -> (String, usize) {
    let first = lines[0];
    if let Some((level, text)) = heading(first) {
        return (format!("<h{level}>{}</h{level}>\n", inline(text)), 1);
    }
    if let Some(fence) = fence(first) {
        let end = lines[1..].iter().position(|line| line.trim_start().starts_with(fence));
        let code = &lines[1..end.map_or(lines.len(), |end| end + 1)];
        let code: String = code.iter().flat_map(|line| [line, "\n"]).collect();
        let taken = end.map_or(lines.len(), |end| end + 2);
        return (format!("<pre><code>{}</code></pre>\n", escape(&code)), taken);
    }
    if is_rule(first) {
        return ("<hr>\n".to_owned(), 1);
    }
    if first.starts_with('<') {
        let end = lines.iter().position(|line| line.trim().is_empty()).unwrap_or(lines.len());
        return (lines[..end].join("\n") + "\n", end);
    }
    if depth < DEPTH && first.starts_with('>') {
        let end = lines.iter().position(|line| line.trim().is_empty()).unwrap_or(lines.len());
        let inner: Vec<&str> = lines[..end]
            .iter()
            .map(|line| line.strip_prefix('>').unwrap_or(line))
            .map(|line| line.strip_prefix(' ').unwrap_or(line))
            .collect();
        return (format!("<blockquote>\n{}</blockquote>\n", blocks(&inner, depth + 1)), end);
    }
    if depth < DEPTH && item(first).is_some() {
        return list(lines, depth);
    }
    if let Some(underline) = lines.get(1).map(|line| line.trim_end())
        && !underline.is_empty()
    {
        for (mark, level) in [('=', 1), ('-', 2)] {
            if underline.chars().all(|c| c == mark) {
                return (format!("<h{level}>{}</h{level}>\n", inline(first.trim())), 2);
            }
        }
    }
    let starts_anew = |line: &&str| {
        line.trim().is_empty()
            || heading(line).is_some()
            || fence(line).is_some()
            || (depth > 0 && item(line).is_some())
    };
    let end = lines.iter().skip(1).position(starts_anew).map_or(lines.len(), |end| end + 1);
    let text: Vec<String> = lines[..end]
        .iter()
        .enumerate()
        .map(|(index, line)| {
            let breaks = line.ends_with("  ") && index + 1 < end;
            format!("{}{}", line.trim(), if breaks { "\u{0}" } else { "" })
        })
        .collect();
    (format!("<p>{}</p>\n", inline(&text.join("\n")).replace('\u{0}', "<br>")), end)
}

fn heading(line: &str) -> Option<(usize, &str)> {
    let level = line.bytes().take_while(|b| *b == b'#').count();
    let text = line[level..].trim().trim_end_matches('#').trim_end();
    ((1..=6).contains(&level) && line[level..].starts_with(' ')).then_some((level, text))
}

fn fence(line: &str) -> Option<&'static str> {
    ["```", "~~~"].into_iter().find(|fence| line.trim_start().starts_with(fence))
}

fn is_rule(line: &str) -> bool {
    let marks: String = line.split_whitespace().collect();
    marks.len() >= 3 && ['-', '*', '_'].iter().any(|mark| marks.chars().all(|c| c == *mark))
}

/// What an item of a list says, and whether its list is numbered.
fn item(line: &str) -> Option<(bool, &str)> {
    let line = line.trim_start();
    for mark in ["* ", "- ", "+ "] {
        if let Some(text) = line.strip_prefix(mark) {
            return (!is_rule(line)).then_some((false, text));
        }
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let text = line[digits..].strip_prefix(". ")?;
    (1..=9).contains(&digits).then_some((true, text))
}

fn list(lines: &[&str], depth: usize) -> (String, usize) {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let base = indent(lines[0]);
    let numbered = item(lines[0]).is_some_and(|(numbered, _)| numbered);
    let mut items: Vec<Vec<&str>> = Vec::new();
    let mut taken = 0;
    while let Some(line) = lines.get(taken) {
        if line.trim().is_empty() {
            let goes_on = lines.get(taken + 1).is_some_and(|next| {
                !next.trim().is_empty() && (indent(next) > base || item(next).is_some())
            });
            if !goes_on {
                break;
            }
        } else if indent(line) <= base
            && let Some((_, text)) = item(line)
        {
            items.push(vec![text]);
            taken += 1;
            continue;
        }
        let Some(current) = items.last_mut() else { break };
        current.push(line.get((base + 2).min(indent(line))..).unwrap_or_default());
        taken += 1;
    }
    let tag = if numbered { "ol" } else { "ul" };
    let mut html = format!("<{tag}>\n");
    for lines in &items {
        let inner = blocks(lines, depth + 1);
        // An item of one paragraph needs no paragraph.
        let bare = inner.strip_prefix("<p>").and_then(|inner| inner.strip_suffix("</p>\n"));
        let inner = bare.filter(|inner| !inner.contains("<p>")).unwrap_or(inner.trim_end());
        html.push_str(&format!("<li>{inner}</li>\n"));
    }
    (format!("{html}</{tag}>\n"), taken)
}

fn inline(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some((piece, taken)) = span(c, rest, html.chars().next_back()) {
            html.push_str(&piece);
            rest = &rest[taken..];
        } else {
            html.push_str(&escape(&rest[..c.len_utf8()]));
            rest = &rest[c.len_utf8()..];
        }
    }
    html
}

/// The marked-up piece that begins here, and how long its source is.
fn span(c: char, rest: &str, before: Option<char>) -> Option<(String, usize)> {
    match c {
        '\\' => {
            let next = rest[1..].chars().next().filter(char::is_ascii_punctuation)?;
            Some((escape(&rest[1..1 + next.len_utf8()]).into_owned(), 1 + next.len_utf8()))
        }
        '`' => {
            let end = rest[1..].find('`')?;
            Some((format!("<code>{}</code>", escape(&rest[1..=end])), end + 2))
        }
        '*' | '_' => {
            if c == '_' && before.is_some_and(char::is_alphanumeric) {
                return None;
            }
            for (mark, tag) in [(c.to_string().repeat(2), "strong"), (c.to_string(), "em")] {
                let Some(inner) = rest.strip_prefix(&*mark) else { continue };
                if let Some(end) = inner.find(&*mark)
                    && end > 0
                    && !inner.starts_with(char::is_whitespace)
                {
                    let taken = mark.len() * 2 + end;
                    return Some((format!("<{tag}>{}</{tag}>", inline(&inner[..end])), taken));
                }
            }
            None
        }
        '[' => {
            let label = rest[1..].find("](")?;
            let address = &rest[label + 3..];
            let end = address.find(')')?;
            let href = address[..end].split_whitespace().next().unwrap_or_default();
            let label = inline(&rest[1..=label]);
            let taken = rest.len() - address.len() + end + 1;
            Some((format!("<a href=\"{}\">{label}</a>", escape(href)), taken))
        }
        '<' => {
            // A tag, or an address in angle brackets.
            let end = rest.find('>')?;
            let inner = &rest[1..end];
            if inner.starts_with("https://") || inner.starts_with("http://") {
                let address = escape(inner);
                return Some((format!("<a href=\"{address}\">{address}</a>"), end + 1));
            }
            let tag = inner.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
            tag.then(|| (rest[..=end].to_owned(), end + 1))
        }
        'h' if !before.is_some_and(char::is_alphanumeric)
            && (rest.starts_with("https://") || rest.starts_with("http://")) =>
        {
            let stop = |c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | ')');
            let end = rest.find(stop).unwrap_or(rest.len());
            let address = rest[..end].trim_end_matches(['.', ',', ';', ':', '!', '?']);
            let html = format!("<a href=\"{0}\">{0}</a>", escape(address));
            Some((html, address.len()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_and_emphasis() {
        let html = to_html("# About\n\nThis is *golden*.");
        assert_eq!(html, "<h1>About</h1>\n\n<p>This is <em>golden</em>.</p>\n");
        assert_eq!(
            to_html("a **b** `c<d>` \\*e\\*"),
            "<p>a <strong>b</strong> <code>c&lt;d&gt;</code> *e*</p>\n"
        );
        assert_eq!(to_html(""), "");
    }

    #[test]
    fn lists_and_quotes_nest() {
        let html = to_html("- one\n- two\n  - three\n\n> quoted\n> text");
        let inner = "<p>two</p>\n\n<ul>\n<li>three</li>\n</ul>";
        let list = format!("<ul>\n<li>one</li>\n<li>{inner}</li>\n</ul>\n");
        let quote = "<blockquote>\n<p>quoted\ntext</p>\n</blockquote>\n";
        assert_eq!(html, format!("{list}\n{quote}"));
    }

    #[test]
    fn links_are_safe() {
        let html = to_html("[a](https://x.test/) [b](javascript:alert(1)) <script>x</script>");
        assert!(html.contains("<a href=\"https://x.test/\" rel=\"nofollow noopener\">a</a>"));
        assert!(!html.contains("javascript") && !html.contains("script"));
    }

    #[test]
    fn odd_text_does_not_panic() {
        for text in
            ["[", "[a](", "`", "*", "**", "<", "<a", "> ", "-", "- ", "1. ", "#", "\\", "é*é"]
        {
            let _ = to_html(text);
        }
    }
}
