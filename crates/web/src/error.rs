//! Shows an [`ferrodon_app::Error`] as a page. The layer [`draw`] gives it words in the
//! visitor's language.

use askama::Template;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use ferrodon_app::{App, Error};

use crate::frame::Frame;

/// What handlers of pages return.
pub(crate) type Result<T> = std::result::Result<T, WebError>;

/// An error on its way to a browser.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WebError {
    status: StatusCode,
    form_expired: bool,
}

impl WebError {
    /// The page with only this status to tell.
    pub(crate) fn status(status: StatusCode) -> Self {
        Self { status, form_expired: false }
    }

    /// A form that is not ours or too old.
    pub(crate) fn form_expired() -> Self {
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, form_expired: true }
    }
}

impl<E: Into<Error>> From<E> for WebError {
    fn from(error: E) -> Self {
        let error = error.into();
        let status = match &error {
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
        };
        if status.is_server_error() {
            tracing::error!(error = format!("{error:#}"), "a page failed");
        }
        Self::status(status)
    }
}

impl IntoResponse for WebError {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[derive(Template)]
#[template(path = "error.html")]
struct Page<'a> {
    frame: &'a Frame,
    status: u16,
    title: &'a str,
    hint: &'a str,
    hint_lang: &'a str,
}

/// Draws the page of an error that a handler returned.
pub(crate) async fn draw(State(app): State<App>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    // The words are needed only for errors; a clone of the head is cheaper than a session read.
    let mut head = axum::http::Request::new(()).into_parts().0;
    head.method = parts.method.clone();
    head.uri = parts.uri.clone();
    head.headers = parts.headers.clone();
    if let Some(client) = parts.extensions.get::<ferrodon_core::ClientIp>() {
        head.extensions.insert(*client);
    }
    let response = next.run(Request::from_parts(parts, body)).await;
    let Some(error) = response.extensions().get::<WebError>().copied() else { return response };
    match Frame::from_request_parts(&mut head, &app).await {
        Ok(frame) => page(&frame, error),
        Err(_) => response,
    }
}

/// The page of an error.
pub(crate) fn page(frame: &Frame, error: WebError) -> Response {
    let texts = frame.texts;
    let (title, hint) = match error.status.as_u16() {
        400 => (&texts.error_400, ""),
        401 => (&texts.error_401, ""),
        403 => (&texts.error_403, ""),
        404 => (&texts.error_404, texts.error_404_hint.as_str()),
        406 => (&texts.error_406, ""),
        410 => (&texts.error_410, ""),
        413 => (&texts.error_413, ""),
        429 => (&texts.error_429, texts.error_429_hint.as_str()),
        503 => (&texts.error_503, ""),
        500.. => (&texts.error_500, texts.error_500_hint.as_str()),
        _ => {
            let hint = if error.form_expired { texts.error_422_hint.as_str() } else { "" };
            (&texts.error_422, hint)
        }
    };
    let page = Page { frame, status: error.status.as_u16(), title, hint, hint_lang: texts.lang };
    frame.show(error.status, &page)
}
