//! The players that link previews may bring along.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

static PLAYERS: LazyLock<ammonia::Builder<'static>> = LazyLock::new(|| {
    let mut list = ammonia::Builder::empty();
    list.tags(HashSet::from(["audio", "iframe", "source", "video"]))
        .tag_attributes(HashMap::from([
            ("audio", HashSet::from(["controls"])),
            ("iframe", HashSet::from(["allowfullscreen", "frameborder", "height", "scrolling", "src", "width"])),
            ("source", HashSet::from(["src", "type"])),
            ("video", HashSet::from(["controls", "height", "loop", "width"])),
        ]))
        .set_tag_attribute_value(
            "iframe",
            "sandbox",
            "allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox allow-forms",
        )
        .url_schemes(HashSet::from(["http", "https"]))
        .link_rel(None)
        .strip_comments(true);
    list
});

/// `html` with only players in it, which may not leave their frame.
#[must_use]
pub fn sanitize(html: &str) -> String {
    if html.is_empty() {
        return String::new();
    }
    PLAYERS.clean(html).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_players_stay() {
        let html = sanitize(
            r#"<iframe src="https://v.example/1" onload="x()" width="5"></iframe><script>x</script>"#,
        );
        assert!(html.starts_with("<iframe "), "{html}");
        assert!(html.contains("sandbox=") && !html.contains("onload") && !html.contains("script>"));
        assert!(!sanitize(r#"<iframe src="javascript:x"></iframe>"#).contains("javascript"));
    }
}
