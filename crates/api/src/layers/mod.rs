//! What surrounds every route of the web role, of this crate and of the pages: addresses that
//! are shut out, throttles, parameters and caller of API requests, CORS, site-wide headers, and
//! an answer instead of a panic.

use std::any::Any;
use std::net::Ipv4Addr;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    CONTENT_TYPE, REFERRER_POLICY, SERVER, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
    X_XSS_PROTECTION,
};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use ferrodon_app::{App, ip_blocks};
use ferrodon_core::client::ClientIp;
use serde_json::json;
use tower_http::catch_panic::CatchPanicLayer;

use crate::auth::Caller;
use crate::error::ApiError;
use crate::{headers, params};

mod cors;
mod throttle;

use throttle::Standing;

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
        None => match admit(&app, request).await {
            Ok((request, standing)) => {
                let of_api = request.uri().path().starts_with("/api");
                let mut response = next.run(request).await;
                if let Some(standing) = standing.filter(|_| of_api) {
                    standing.add_to(response.headers_mut());
                }
                response
            }
            Err(mut refusal) => {
                headers::complete(&mut refusal, true);
                refusal
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

/// Lets a request in: its address is not shut out, its parameters can be read, it is not one
/// too many. What was learnt of it is in its extensions.
async fn admit(app: &App, request: Request) -> Result<(Request, Option<Standing>), Response> {
    let ip = request.extensions().get::<ClientIp>().map(|ip| ip.0);
    let ip = ip.unwrap_or(Ipv4Addr::UNSPECIFIED.into());
    if ip_blocks::shuts_out(app, ip).await.map_err(refused)? {
        let plain = [(CONTENT_TYPE, HeaderValue::from_static("text/plain"))];
        return Err((StatusCode::FORBIDDEN, plain, "Forbidden\n").into_response());
    }
    let path = request.uri().path();
    let for_apps = path.starts_with("/api/")
        || matches!(
            path,
            "/oauth/token" | "/oauth/revoke" | "/oauth/userinfo" | "/oauth/introspect"
        );
    if !for_apps {
        let (parts, body) = request.into_parts();
        let standing = throttle::count(app, &parts, &Caller::Anonymous, ip).await?;
        return Ok((Request::from_parts(parts, body), standing));
    }
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let (mut parts, body) = match params::collect_first(request).await {
        Ok(request) => request.into_parts(),
        Err(error) => {
            // Nonsense counts too.
            let (mut parts, ()) = Request::new(()).into_parts();
            (parts.method, parts.uri) = (method, uri);
            throttle::count(app, &parts, &Caller::Anonymous, ip).await?;
            return Err(error.into_response());
        }
    };
    let caller = Caller::of(&mut parts, app).await.map_err(IntoResponse::into_response)?;
    let standing = throttle::count(app, &parts, &caller, ip).await?;
    Ok((Request::from_parts(parts, body), standing))
}

fn refused(error: ferrodon_app::Error) -> Response {
    ApiError::from(error).into_response()
}

/// The log has where it panicked, and in which request.
fn after_panic(_: Box<dyn Any + Send + 'static>) -> axum::http::Response<Body> {
    let body = Json(json!({ "error": "Something went wrong on our end" }));
    (StatusCode::INTERNAL_SERVER_ERROR, body).into_response()
}
