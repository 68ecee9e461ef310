//! Shows an [`ferrodon_app::Error`] the way Mastodon clients expect.

use axum::Json;
use axum::http::header::{ACCEPT, CONTENT_TYPE, VARY, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use ferrodon_app::Error;
use serde_json::{Value, json};

use crate::headers;

/// What handlers return.
pub(crate) type Result<T, E = ApiError> = std::result::Result<T, E>;

/// An error on its way to a client.
#[derive(Debug)]
pub(crate) enum ApiError {
    /// What the application said.
    App(Error),
    /// The token is not good for this.
    Token(TokenProblem),
    /// A body of another shape than `{"error": …}`.
    Body(StatusCode, Value),
    /// No body at all: some instance routes answer 404 this way.
    Empty(StatusCode),
}

/// Why a token is not good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenProblem {
    /// Missing or unknown.
    Invalid,
    Expired,
    Revoked,
    /// It holds none of these scopes.
    Scope(&'static [&'static str]),
}

impl ApiError {
    /// Answers `status` with `body` as it is.
    pub(crate) fn with_body(status: StatusCode, body: Value) -> Self {
        Self::Body(status, body)
    }

    /// Answers 404 without a body.
    pub(crate) fn empty_not_found() -> Self {
        Self::Empty(StatusCode::NOT_FOUND)
    }
}

impl<E: Into<Error>> From<E> for ApiError {
    fn from(error: E) -> Self {
        Self::App(error.into())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        match self {
            Self::App(error) => {
                let status = status_of(&error);
                let message = if status == StatusCode::INTERNAL_SERVER_ERROR {
                    tracing::error!(error = format!("{error:#}"), "request failed");
                    "Something went wrong on our end".to_owned()
                } else {
                    error.to_string()
                };
                (status, Json(json!({ "error": message }))).into_response()
            }
            Self::Token(problem) => problem.into_response(),
            Self::Body(status, body) => (status, Json(body)).into_response(),
            Self::Empty(status) => {
                let kind = HeaderValue::from_static("text/html");
                let mut response = (status, [(CONTENT_TYPE, kind)]).into_response();
                response.extensions_mut().insert(headers::SameForAll);
                response
            }
        }
    }
}

fn status_of(error: &Error) -> StatusCode {
    match error {
        Error::NotFound | Error::Missing(_) => StatusCode::NOT_FOUND,
        Error::BadRequest(_) => StatusCode::BAD_REQUEST,
        Error::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
        Error::Forbidden(_) => StatusCode::FORBIDDEN,
        Error::Gone => StatusCode::GONE,
        Error::Conflict => StatusCode::CONFLICT,
        Error::Invalid(_) | Error::Unprocessable(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Error::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
        Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        Error::Database(_) | Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl IntoResponse for TokenProblem {
    fn into_response(self) -> Response {
        let (status, code, text, detail) = match self {
            Self::Invalid => unauthorized("The access token is invalid"),
            Self::Expired => unauthorized("The access token expired"),
            Self::Revoked => unauthorized("The access token was revoked"),
            Self::Scope(wanted) => {
                let text = "This action is outside the authorized scopes";
                let wanted = wanted.join(" ");
                let detail = format!("Access to this resource requires scope \"{wanted}\".");
                // A quoted string may not hold quotes.
                let detail = detail.replace('"', "_");
                (StatusCode::FORBIDDEN, "insufficient_scope", text, detail)
            }
        };
        let challenge = challenge(code, &detail);
        (status, [(WWW_AUTHENTICATE, challenge)], Json(json!({ "error": text }))).into_response()
    }
}

fn unauthorized(text: &'static str) -> (StatusCode, &'static str, &'static str, String) {
    (StatusCode::UNAUTHORIZED, "invalid_token", text, text.to_owned())
}

/// The value of `WWW-Authenticate` for an OAuth error.
pub(crate) fn challenge(code: &str, detail: &str) -> String {
    format!(r#"Bearer realm="Doorkeeper", error="{code}", error_description="{detail}""#)
}

/// What unknown paths under `/api` and wrong methods are answered with: a page, unless the
/// request asks for JSON or sends something.
pub(crate) async fn not_found(method: Method, headers: HeaderMap) -> Response {
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let vary = [(VARY, HeaderValue::from_static("Accept"))];
    if accept.contains("json") || !method.is_safe() {
        return (vary, ApiError::App(Error::Missing("Not Found"))).into_response();
    }
    let page = "<!doctype html><title>Not Found</title><h1>Not Found</h1>";
    (StatusCode::NOT_FOUND, vary, Html(page)).into_response()
}
