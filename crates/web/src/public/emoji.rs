//! Puts the pictures of custom emojis where their shortcodes stand.

use ferrodon_app::entities::CustomEmoji;
use ferrodon_core::text::local::escape;

/// `html` with pictures in its text; tags stay as they are.
pub(crate) fn in_html(html: &str, emojis: &[CustomEmoji]) -> String {
    if emojis.is_empty() {
        return html.to_owned();
    }
    let mut out = String::with_capacity(html.len());
    let mut in_tag = false;
    let mut before = ' ';
    let mut rest = html;
    while let Some(c) = rest.chars().next() {
        if c == ':' && !in_tag && !touches(before) {
            let here = emojis.iter().find_map(|emoji| {
                let after = rest[1..].strip_prefix(emoji.shortcode.as_str())?.strip_prefix(':')?;
                (!after.starts_with(touches)).then_some((emoji, after))
            });
            if let Some((emoji, after)) = here {
                out.push_str(&picture(emoji));
                (before, rest) = (':', after);
                continue;
            }
        }
        match c {
            '<' => in_tag = true,
            '>' => in_tag = false,
            _ => {}
        }
        out.push(c);
        before = if in_tag || c == '>' { ' ' } else { c };
        rest = &rest[c.len_utf8()..];
    }
    out
}

/// A name or other plain text as HTML with pictures.
pub(crate) fn in_text(text: &str, emojis: &[CustomEmoji]) -> String {
    in_html(&escape(text), emojis)
}

fn touches(c: char) -> bool {
    c.is_alphanumeric() || c == ':'
}

fn picture(emoji: &CustomEmoji) -> String {
    let (url, code) = (escape(&emoji.url), escape(&emoji.shortcode));
    format!(
        r#"<img class="emoji" src="{url}" alt=":{code}:" title=":{code}:" width="20" height="20" loading="lazy">"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_stand_only_for_whole_shortcodes_in_text() {
        let emoji = CustomEmoji {
            shortcode: "cat".into(),
            url: "https://x.test/c.png".into(),
            static_url: String::new(),
            visible_in_picker: true,
        };
        let emojis = [emoji];
        let drawn = |html: &str| in_html(html, &emojis).matches("<img").count();
        assert_eq!(drawn("<p>:cat: and (:cat:)</p>"), 2);
        assert_eq!(drawn("a:cat: :cat:b :cat:: :dog: ::cat:"), 0);
        assert_eq!(drawn(r#"<a title=":cat:">x</a>"#), 0);
        assert!(in_text("<b>:cat:", &emojis).starts_with("&lt;b&gt;<img"));
    }
}
