//! What surrounds every route of the web role, of this crate and of the pages: parameters and
//! caller of API requests, CORS, site-wide headers, and an answer instead of a panic.

use std::any::Any;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    REFERRER_POLICY, SERVER, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS, X_XSS_PROTECTION,
};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use ferrodon_app::App;
use serde_json::json;
use tower_http::catch_panic::CatchPanicLayer;

use crate::auth::Caller;
use crate::error::ApiError;
use crate::{headers, params};

mod cors;

/// Surrounds `router`, which holds all routes of the site.
pub fn site_wide(router: Router, app: App) -> Router {
    router
        .layer(CatchPanicLayer::custom(after_panic))
        .layer(middleware::from_fn_with_state(app, front))
}

async fn front(State(app): State<App>, request: Request, next: Next) -> Response {
    let cors = cors::Cors::of(&request);
    let mut response = match cors.preflight(&request) {
        Some(response) => response,
        None => match prepare(&app, request).await {
            Ok(request) => next.run(request).await,
            Err(error) => {
                let mut response = error.into_response();
                headers::complete(&mut response, true);
                response
            }
        },
    };
    cors.add_to(response.headers_mut());
    for (name, value) in SITE_WIDE {
        response.headers_mut().entry(name).or_insert(value);
    }
    response
}

const SITE_WIDE: [(HeaderName, HeaderValue); 5] = [
    (SERVER, HeaderValue::from_static("Mastodon")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (X_XSS_PROTECTION, HeaderValue::from_static("0")),
    (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
];

/// Reads parameters and caller of a request for client apps.
async fn prepare(app: &App, request: Request) -> Result<Request, ApiError> {
    let path = request.uri().path();
    let for_apps = path.starts_with("/api/")
        || matches!(
            path,
            "/oauth/token" | "/oauth/revoke" | "/oauth/userinfo" | "/oauth/introspect"
        );
    if !for_apps {
        return Ok(request);
    }
    let request = params::collect_first(request).await?;
    let (mut parts, body) = request.into_parts();
    Caller::of(&mut parts, app).await?;
    Ok(Request::from_parts(parts, body))
}

fn after_panic(panic: Box<dyn Any + Send + 'static>) -> axum::http::Response<Body> {
    let message = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    tracing::error!(panic.message = message, "a handler panicked");
    let body = Json(json!({ "error": "Something went wrong on our end" }));
    (StatusCode::INTERNAL_SERVER_ERROR, body).into_response()
}
