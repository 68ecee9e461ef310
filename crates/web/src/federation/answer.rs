//! Documents and refusals as responses: media type, caching, and what they depend on.

use axum::http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, COOKIE, LINK, LOCATION, VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use ferrodon_app::Error;
use serde_json::{Value, json};

/// What handlers here return: a refusal is a finished response too.
pub(crate) type Answer = Result<Response, Refusal>;

/// The media type of documents.
pub(crate) const ACTIVITY_JSON: &str = "application/activity+json; charset=utf-8";
const JSON: &str = "application/json; charset=utf-8";

/// `Vary` of what pages and documents share an address with.
pub(crate) const SHARED: &str = "Accept, Accept-Language, Cookie";
/// `Vary` of plain documents.
pub(crate) const PLAIN: &str = "Accept";

/// How long others may keep an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cache {
    /// So many seconds, for everyone.
    Public(u32),
    /// So many seconds, for the one who asked.
    Private(u32),
    /// Not at all.
    Never,
}

impl Cache {
    fn to_value(self) -> HeaderValue {
        let text = match self {
            Self::Public(seconds) => format!("max-age={seconds}, public"),
            Self::Private(seconds) => format!("max-age={seconds}, private"),
            Self::Never => return HeaderValue::from_static("private, no-store"),
        };
        HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("no-store"))
    }
}

/// A document on its way out.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) value: Value,
    pub(crate) cache: Cache,
    pub(crate) vary: &'static str,
    /// The id of the status this is about, for the `Link` header.
    pub(crate) alternate: Option<String>,
}

impl Document {
    pub(crate) fn new(value: Value, cache: Cache, vary: &'static str) -> Self {
        Self { value, cache, vary, alternate: None }
    }

    /// The response. Where answers depend on who asks, nothing may be kept that was made for
    /// someone who showed who they are.
    pub(crate) fn answer(self, request: &HeaderMap, signed_only: bool) -> Response {
        let mut vary = self.vary.to_owned();
        if signed_only && !vary.contains("Signature") {
            vary.push_str(if vary.is_empty() { "Signature" } else { ", Signature" });
        }
        let named = |name: &str| vary.split(',').any(|word| word.trim() == name);
        let personal = named("Cookie") && request.contains_key(COOKIE)
            || named("Authorization") && request.contains_key(AUTHORIZATION)
            || named("Signature") && request.contains_key("signature");
        let cache = if personal { Cache::Never } else { self.cache };
        let mut response =
            ([(CONTENT_TYPE, HeaderValue::from_static(ACTIVITY_JSON))], self.value.to_string())
                .into_response();
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, cache.to_value());
        if let Some(vary) = HeaderValue::try_from(vary).ok().filter(|vary| !vary.is_empty()) {
            headers.insert(VARY, vary);
        }
        let link = self.alternate.and_then(|id| {
            let link = format!(r#"<{id}>; rel="alternate"; type="application/activity+json""#);
            HeaderValue::try_from(link).ok()
        });
        if let Some(link) = link {
            headers.insert(LINK, link);
        }
        response
    }
}

/// A refusal as a document: a status, and what it says.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) message: String,
    pub(crate) vary: &'static str,
    pub(crate) cache: Cache,
}

impl Refusal {
    /// The status and its usual words.
    pub(crate) fn status(status: StatusCode, vary: &'static str) -> Self {
        let message = status.canonical_reason().unwrap_or("Error").to_owned();
        Self { status, message, vary, cache: Cache::Never }
    }

    /// Nothing here.
    pub(crate) fn not_found(vary: &'static str) -> Self {
        Self::status(StatusCode::NOT_FOUND, vary)
    }

    /// No such account, on addresses that only documents have.
    pub(crate) fn no_record() -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            message: "Record not found".to_owned(),
            vary: "Authorization",
            cache: Cache::Never,
        }
    }

    /// The same for three minutes to come.
    pub(crate) fn for_a_while(self) -> Self {
        Self { cache: Cache::Public(180), ..self }
    }
}

impl<E: Into<Error>> From<E> for Refusal {
    fn from(error: E) -> Self {
        let error = error.into();
        let status = match &error {
            Error::NotFound | Error::Missing(_) => StatusCode::NOT_FOUND,
            Error::Gone => StatusCode::GONE,
            Error::Forbidden(_) => StatusCode::FORBIDDEN,
            Error::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
            Error::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Error::BadRequest(_) => StatusCode::BAD_REQUEST,
            Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(error = format!("{error:#}"), "a document failed");
        }
        let mut refusal = Self::status(status, PLAIN);
        if let Error::Unauthenticated(reason) = error {
            reason.clone_into(&mut refusal.message);
        }
        refusal
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response =
            (self.status, json!({ "error": self.message }).to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
        headers.insert(CACHE_CONTROL, self.cache.to_value());
        headers.insert(VARY, HeaderValue::from_static(self.vary));
        response
    }
}

/// A redirect of an address that has a page elsewhere.
pub(crate) fn redirect(status: StatusCode, to: &str, vary: &'static str) -> Response {
    let location = HeaderValue::try_from(to).unwrap_or_else(|_| HeaderValue::from_static("/"));
    let mut response = (status, [(LOCATION, location)]).into_response();
    if !vary.is_empty() {
        response.headers_mut().insert(VARY, HeaderValue::from_static(vary));
    }
    response
}
