//! The `Link` header of a page.

use axum::http::header::LINK;
use axum::http::{HeaderValue, Uri};
use axum::response::{IntoResponseParts, ResponseParts};
use ferrodon_app::App;
use url::form_urlencoded;

/// How a list links to its neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Timelines and notifications: both links whenever there is anything; `prev` is `min_id`.
    Timeline,
    /// Other lists of posts and things: `next` when the page is full; `prev` is `min_id`.
    Items,
    /// Lists of accounts by their relations: `next` when the page is full; `prev` is `since_id`.
    Relations,
}

/// The `Link` header, as a part of a response: `Ok((links, Json(items)))`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Links(Option<String>);

/// Links to the pages around one whose `ids` are these, newest first. The links keep `limit`
/// and the parameters named in `kept` (`"types[]"`, `"local"`) as they were sent.
pub(crate) fn paged(
    app: &App,
    uri: &Uri,
    kept: &[&str],
    style: Style,
    ids: &[i64],
    limit: i64,
) -> Links {
    let (Some(first), Some(last)) = (ids.first(), ids.last()) else { return Links(None) };
    let full = i64::try_from(ids.len()).is_ok_and(|count| count >= limit);
    let next = (full || style == Style::Timeline).then(|| ("max_id", last.to_string()));
    let before = if style == Style::Relations { "since_id" } else { "min_id" };
    build(&app.config.base_url(), uri, kept, next, Some((before, first.to_string())))
}

type Bound = Option<(&'static str, String)>;

fn build(base: &str, uri: &Uri, kept: &[&str], next: Bound, prev: Bound) -> Links {
    let query = uri.query().unwrap_or_default();
    let sent: Vec<_> = form_urlencoded::parse(query.as_bytes())
        .filter(|(key, _)| key == "limit" || kept.contains(&&**key))
        .collect();
    let link = |rel: &str, (name, bound): (&'static str, String)| {
        let mut pairs = sent.clone();
        pairs.push((name.into(), bound.into()));
        // Sorted by name only, so that lists keep their order.
        pairs.sort_by(|a, b| a.0.cmp(&b.0));
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        format!(r#"<{base}{}?{query}>; rel="{rel}""#, uri.path())
    };
    let links: Vec<String> = [("next", next), ("prev", prev)]
        .into_iter()
        .filter_map(|(rel, bound)| bound.map(|bound| link(rel, bound)))
        .collect();
    Links((!links.is_empty()).then(|| links.join(", ")))
}

impl IntoResponseParts for Links {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Self::Error> {
        if let Some(value) = self.0.and_then(|text| HeaderValue::try_from(text).ok()) {
            parts.headers_mut().insert(LINK, value);
        }
        Ok(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_keep_limit_and_filters_in_order() {
        let uri: Uri =
            "/api/v2/notifications?min_id=1&limit=2&types[]=b&types[]=a&x=1".parse().unwrap();
        let next = Some(("max_id", "7".to_owned()));
        let prev = Some(("min_id", "9".to_owned()));
        let links = build("https://h.test", &uri, &["types[]"], next, prev).0.unwrap();
        assert_eq!(
            links,
            "<https://h.test/api/v2/notifications?limit=2&max_id=7&types%5B%5D=b&types%5B%5D=a>; \
             rel=\"next\", \
             <https://h.test/api/v2/notifications?limit=2&min_id=9&types%5B%5D=b&types%5B%5D=a>; \
             rel=\"prev\""
        );
    }

    #[test]
    fn nothing_around_means_no_header() {
        let uri: Uri = "/api/v1/x".parse().unwrap();
        assert_eq!(build("https://h.test", &uri, &[], None, None), Links(None));
    }
}
