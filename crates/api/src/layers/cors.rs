//! Which pages of other origins may call us.

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::response::Response;

const EXPOSED: &str = "Link, Mastodon-Async-Refresh, X-RateLimit-Reset, X-RateLimit-Limit, \
                       X-RateLimit-Remaining, X-Request-Id";

/// What a path allows, and whether this request comes from another origin.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cors {
    methods: Option<&'static str>,
    exposed: Option<&'static str>,
    has_origin: bool,
}

impl Cors {
    pub(super) fn of(request: &Request) -> Self {
        let path = request.uri().path();
        let methods = methods(path);
        let exposed = path.starts_with("/api/").then_some(EXPOSED);
        Self { methods, exposed, has_origin: request.headers().contains_key(ORIGIN) }
    }

    /// The answer to a browser that asks before it sends the real request.
    pub(super) fn preflight(&self, request: &Request) -> Option<Response> {
        let allowed = self.methods?;
        let headers = request.headers();
        let wanted = headers.get(ACCESS_CONTROL_REQUEST_METHOD)?;
        if request.method() != Method::OPTIONS || !self.has_origin {
            return None;
        }
        let wanted = wanted.to_str().unwrap_or_default();
        let mut response = Response::new(Body::empty());
        if allowed.split(", ").any(|method| method.eq_ignore_ascii_case(wanted))
            && let Some(asked) = headers.get(ACCESS_CONTROL_REQUEST_HEADERS)
        {
            response.headers_mut().insert(ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
        }
        Some(response)
    }

    pub(super) fn add_to(&self, headers: &mut HeaderMap) {
        let Some(methods) = self.methods else { return };
        let vary = match headers.get(VARY).and_then(|value| value.to_str().ok()) {
            Some(vary) => HeaderValue::try_from(format!("{vary}, Origin")),
            None => Ok(HeaderValue::from_static("Origin")),
        };
        if let Ok(vary) = vary {
            headers.insert(VARY, vary);
        }
        if !self.has_origin {
            return;
        }
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(methods));
        headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("7200"));
        let exposed = self.exposed.unwrap_or_default();
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(exposed));
    }
}

/// The methods a path allows to other origins; none where CORS does not apply.
fn methods(path: &str) -> Option<&'static str> {
    let one_word_after = |prefix: &str| {
        path.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty() && !rest.contains('/'))
    };
    match path {
        "/oauth/token" | "/oauth/revoke" => Some("POST"),
        "/oauth/userinfo" => Some("GET, POST"),
        _ if path.starts_with("/api/") => Some("POST, PUT, DELETE, GET, PATCH, OPTIONS"),
        _ if path.starts_with("/.well-known/") || path.starts_with("/nodeinfo/") => Some("GET"),
        _ if one_word_after("/@") || one_word_after("/users/") => Some("GET"),
        _ => None,
    }
}
