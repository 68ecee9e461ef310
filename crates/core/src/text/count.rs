//! How long a text is for those who write it.

use unicode_segmentation::UnicodeSegmentation as _;

use super::entities::{EntityKind, entities};

/// What an address counts, however long it is.
const URL_CHARS: usize = 23;

/// The number of characters a person sees, where an address counts 23 and a mention counts
/// without its domain.
#[must_use]
pub fn visible_length(text: &str) -> usize {
    let mut length = 0;
    let mut from = 0;
    for entity in entities(text) {
        let counts = match entity.kind {
            EntityKind::Url => URL_CHARS,
            EntityKind::Mention { username, domain: Some(_) } => 1 + username.len(),
            _ => continue,
        };
        length += graphemes(&text[from..entity.at.start]) + counts;
        from = entity.at.end;
    }
    length + graphemes(&text[from..])
}

/// The number of characters a person sees.
#[must_use]
pub fn graphemes(text: &str) -> usize {
    text.graphemes(true).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_is_what_a_person_sees_as_one() {
        assert_eq!(visible_length("héllo"), 5);
        assert_eq!(visible_length("👩‍👩‍👧‍👦🏳️‍🌈"), 2);
        assert_eq!(visible_length(""), 0);
    }

    #[test]
    fn addresses_and_domains_are_cheap() {
        let long = format!("https://example.com/{}", "x".repeat(300));
        assert_eq!(visible_length(&long), 23);
        assert_eq!(visible_length(&format!("a {long} b")), 27);
        assert_eq!(visible_length("https://a.io"), 23);
        assert_eq!(visible_length("example.com/path"), 16);
        assert_eq!(visible_length("@alice@example.com"), 6);
        assert_eq!(visible_length(&format!("x{long}")), 1 + long.len());
        assert_eq!(visible_length("xmpp:a@example.com"), 18);
        assert_eq!(visible_length("#tag"), 4);
    }
}
