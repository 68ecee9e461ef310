//! What answers say to caches and browsers.

use axum::extract::Request;
use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, VARY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

use crate::auth::Caller;

/// A header of a response, as an array so that it can be a part of one.
pub(crate) type Header = [(HeaderName, HeaderValue); 1];

/// May be kept for 15 seconds when the caller was anonymous: `Ok((IF_ANONYMOUS, Json(…)))`.
pub(crate) const IF_ANONYMOUS: Header = [(
    CACHE_CONTROL,
    HeaderValue::from_static("max-age=15, public, stale-while-revalidate=30, stale-if-error=86400"),
)];

const PRIVATE: HeaderValue = HeaderValue::from_static("private, no-store");
const FIVE_MINUTES: HeaderValue = HeaderValue::from_static(
    "max-age=300, public, stale-while-revalidate=30, stale-if-error=86400",
);

/// A mark in a response's extensions: it is the same whoever asks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SameForAll;

/// For routes whose answers anyone may keep for five minutes, errors included:
/// `.layer(map_response(headers::for_everyone))`.
pub(crate) async fn for_everyone(mut response: Response) -> Response {
    let same = response.extensions().get::<SameForAll>().is_some();
    if !same {
        response.headers_mut().insert(CACHE_CONTROL, FIVE_MINUTES);
        response.headers_mut().insert(VARY, HeaderValue::from_static("Accept"));
    }
    response
}

/// Marks a route as deprecated since `at` (seconds since 1970):
/// `.layer(map_response(headers::deprecated::<1_668_384_000>))`.
pub(crate) async fn deprecated<const AT: i64>(mut response: Response) -> Response {
    if let Ok(value) = HeaderValue::try_from(format!("@{AT}")) {
        response.headers_mut().insert(HeaderName::from_static("deprecation"), value);
    }
    response
}

/// What every answer of the API has, unless its handler said otherwise.
pub(crate) async fn defaults(request: Request, next: Next) -> Response {
    let anonymous = !request.headers().contains_key(AUTHORIZATION)
        && !matches!(
            request.extensions().get::<Caller>(),
            Some(Caller::Known(_) | Caller::Unknown)
        );
    let has_cookie = request.headers().contains_key(COOKIE);
    let of_api = request.uri().path().starts_with("/api/");
    let mut response = next.run(request).await;
    complete(&mut response, of_api);

    let headers = response.headers();
    let personal = (!anonymous && varies_on(headers, "authorization"))
        || (has_cookie && varies_on(headers, "cookie"));
    let public = headers
        .get(CACHE_CONTROL)
        .is_some_and(|value| value.to_str().is_ok_and(|text| text.contains("public")));
    if personal && public {
        response.headers_mut().insert(CACHE_CONTROL, PRIVATE);
    }
    response
}

/// Adds the headers that every answer has, where they are missing.
pub(crate) fn complete(response: &mut Response, of_api: bool) {
    let same = response.extensions().get::<SameForAll>().is_some();
    let headers = response.headers_mut();
    headers.entry(CACHE_CONTROL).or_insert(PRIVATE);
    if !same {
        headers.entry(VARY).or_insert(HeaderValue::from_static("Authorization"));
    }
    if headers.get(CONTENT_TYPE).is_some_and(|kind| kind == "application/json") {
        let kind = HeaderValue::from_static("application/json; charset=utf-8");
        headers.insert(CONTENT_TYPE, kind);
    }
    if of_api {
        let policy = "default-src 'none'; frame-ancestors 'none'; form-action 'none'";
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    }
}

fn varies_on(headers: &HeaderMap, name: &str) -> bool {
    headers
        .get_all(VARY)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|one| one.trim().eq_ignore_ascii_case(name))
}
