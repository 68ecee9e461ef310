//! Custom emoji: found in texts as `:shortcode:`, told to others with their picture.

use ferrodon_core::Config;
use ferrodon_core::media::Attachment;
use ferrodon_db::documents::Emoji;

use super::{Object, Terms, image};
use crate::federation::uris;

/// A custom emoji of ours.
#[must_use]
pub fn emoji(config: &Config, emoji: &Emoji) -> Object {
    let file = emoji.image_file_name.as_deref().unwrap_or_default();
    let url = Attachment::EmojiImage.url(config, emoji.id, "original", file, false);
    let mut object = Object::default();
    object.context.need(&[Terms::Emoji]);
    object
        .set("id", config.url(&format!("/emojis/{}", emoji.id)))
        .set("type", "Emoji")
        .set("name", format!(":{}:", emoji.shortcode))
        .set("updated", uris::time(emoji.updated_at))
        .embed("icon", image(emoji.image_content_type.as_deref(), url, None));
    object
}

/// The shortcodes in `text`, each once, in order. One begins and ends where no letter, digit or
/// colon touches it.
pub(super) fn shortcodes(text: &str, found: &mut Vec<String>) {
    let touches = |c: char| c.is_alphanumeric() || c == ':';
    let mut from = 0;
    while let Some(start) = text[from..].find(':').map(|at| from + at) {
        let code = &text[start + 1..];
        let length =
            code.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(code.len());
        let (name, rest) = code.split_at(length);
        let free_before = !text[..start].chars().next_back().is_some_and(touches);
        let free_after = rest.strip_prefix(':').is_some_and(|rest| !rest.starts_with(touches));
        if length >= 2 && free_before && free_after {
            if !found.iter().any(|known| known == name) {
                found.push(name.to_owned());
            }
            from = start + length + 2;
        } else {
            from = start + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        shortcodes(text, &mut found);
        found
    }

    #[test]
    fn shortcodes_stand_by_themselves() {
        assert_eq!(found(":a_1: and :bb:, :a_1:"), ["a_1", "bb"]);
        assert_eq!(found("10:30:45 x:yy: :yy:z ::zz:: :q:"), Vec::<String>::new());
        assert_eq!(found(":blob:\n:cat:"), ["blob", "cat"]);
    }
}
