//! Finds `:shortcode:` in text.

/// The shortcodes of `text` in the order in which they first stand there, each once. A shortcode
/// does not touch letters, digits or colons.
#[must_use]
pub fn shortcodes(text: &str) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    let mut from = 0;
    while let Some(start) = text[from..].find(':').map(|at| from + at) {
        from = start + 1;
        if text[..start].chars().next_back().is_some_and(touches) {
            continue;
        }
        let rest = &text[from..];
        let length = rest.bytes().take_while(|&b| b.is_ascii_alphanumeric() || b == b'_').count();
        let after = &rest[length..];
        if length < 2 || !after.starts_with(':') || after[1..].chars().next().is_some_and(touches) {
            continue;
        }
        if !found.contains(&&rest[..length]) {
            found.push(&rest[..length]);
        }
        from += length + 1;
    }
    found
}

fn touches(c: char) -> bool {
    c == ':' || c.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortcodes_stand_apart() {
        assert_eq!(shortcodes("hi :blob_cat: and :b2:, :blob_cat:"), ["blob_cat", "b2"]);
        assert_eq!(shortcodes("<p>:aa:</p>\n:bb:"), ["aa", "bb"]);
        assert!(shortcodes("a:no: :no:b ::no:: :x: :12 :30:00 é:no:").is_empty());
    }
}
