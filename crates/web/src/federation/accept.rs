//! Whether a request wants a page or a document.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT;

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// A page for people.
    Page,
    /// A document for machines.
    Document,
    /// Something else, such as a feed or a picture.
    Other,
}

/// Reads `Accept`, and the extension of the path, which is stronger. A browser names `*/*` among
/// others and gets a page, as does one that names nothing.
pub(crate) fn wanted(headers: &HeaderMap, path: &str) -> Wanted {
    let last = path.rsplit('/').next().unwrap_or_default();
    match last.rsplit_once('.').map(|(_, extension)| extension) {
        Some("json") => return Wanted::Document,
        Some("rss") => return Wanted::Other,
        _ => {}
    }
    let accept: Vec<&str> =
        headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    of(&accept.join(","))
}

fn of(accept: &str) -> Wanted {
    let mut types: Vec<(f32, Wanted)> = Vec::new();
    for part in accept.split(',') {
        let mut parameters = part.split(';');
        let name = parameters.next().unwrap_or_default().trim().to_ascii_lowercase();
        let kind = match name.as_str() {
            "" => continue,
            "*/*" => return Wanted::Page,
            "application/activity+json"
            | "application/ld+json"
            | "application/json"
            | "application/jrd+json"
            | "text/x-json"
            | "application/jsonrequest" => Wanted::Document,
            "text/html" | "application/xhtml+xml" => Wanted::Page,
            _ => Wanted::Other,
        };
        let quality = parameters
            .find_map(|parameter| parameter.trim().strip_prefix("q=")?.parse::<f32>().ok())
            .unwrap_or(1.0);
        types.push((quality, kind));
    }
    if types.is_empty() {
        return Wanted::Page;
    }
    // Stable: of two equally wanted the first wins.
    types.sort_by(|a, b| b.0.total_cmp(&a.0));
    let known = types.iter().find(|(quality, kind)| *quality > 0.0 && *kind != Wanted::Other);
    known.map_or(Wanted::Other, |(_, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_for_those_who_ask_for_nothing_else() {
        for (accept, wanted) in [
            ("application/activity+json", Wanted::Document),
            (
                r#"application/ld+json; profile="https://www.w3.org/ns/activitystreams""#,
                Wanted::Document,
            ),
            ("application/activity+json, application/ld+json", Wanted::Document),
            ("application/activity+json, text/html;q=0.1", Wanted::Document),
            ("text/html, application/activity+json;q=0.9", Wanted::Page),
            ("application/activity+json, */*;q=0.1", Wanted::Page),
            ("*/*", Wanted::Page),
            ("", Wanted::Page),
            ("image/png", Wanted::Other),
        ] {
            assert_eq!(of(accept), wanted, "{accept}");
        }
    }

    #[test]
    fn an_extension_decides() {
        let none = HeaderMap::new();
        assert_eq!(wanted(&none, "/users/alice.json"), Wanted::Document);
        assert_eq!(wanted(&none, "/@alice.rss"), Wanted::Other);
        assert_eq!(wanted(&none, "/@alice.smith"), Wanted::Page);
    }
}
