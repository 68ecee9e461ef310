//! `/api/v1/streaming`: live events for apps, as server-sent events and over a web socket. What
//! travels is what workers publish, see [`ferrodon_app::broadcast`].

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequestParts, Path, Request, State, WebSocketUpgrade};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, SEC_WEBSOCKET_PROTOCOL};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum_extra::extract::Query;
use ferrodon_app::{App, Error};
use ferrodon_core::AccountId;
use ferrodon_db as db;
use ferrodon_db::oauth_access_tokens::Presented;
use serde::Deserialize;
use serde_json::json;

mod audience;
mod events;
mod socket;
mod sse;
mod streams;

use streams::{Asked, Refused};

/// Everything the streaming role answers.
pub fn router(app: App) -> Router {
    Router::new()
        .route("/api/v1/streaming/health", get(|| async { "OK" }))
        .route("/api/v1/streaming", get(open_socket))
        .route("/api/v1/streaming/", get(open_socket))
        .route("/api/v1/streaming/{*path}", get(open_events))
        .with_state(app)
}

/// Who listens: a person with a token.
#[derive(Clone, Debug)]
struct Listener {
    token: Arc<Presented>,
}

impl Listener {
    fn account_id(&self) -> Option<AccountId> {
        Some(self.token.owner.as_ref()?.account_id)
    }

    fn may_read(&self, part: &str) -> bool {
        let wanted = [String::from("read"), format!("read:{part}")];
        self.token.scopes.split_whitespace().any(|scope| wanted.iter().any(|w| w == scope))
    }
}

/// Why nobody may listen.
fn unauthorized(why: &'static str) -> Response {
    let name = HeaderName::from_static("x-error-message");
    (StatusCode::UNAUTHORIZED, [(name, why)], axum::Json(json!({ "error": why }))).into_response()
}

/// The person behind a token, if they may listen at all.
async fn authenticate(app: &App, token: Option<&str>) -> Result<Listener, Response> {
    let Some(token) = token.filter(|token| !token.is_empty() && token.len() <= 255) else {
        return Err(unauthorized("Missing access token"));
    };
    let found = async {
        let mut conn = app.db.acquire().await?;
        db::oauth_access_tokens::presented(&mut conn, token).await
    };
    let found = found.await.map_err(|error| failed(&error.into()))?;
    let now = app.clock.now().naive_utc();
    let token = found.filter(|token| !token.is_revoked(now) && !token.has_expired(now));
    let owner = token.as_ref().and_then(|token| token.owner.clone());
    match (token, owner) {
        (Some(token), Some(owner)) if !owner.disabled && !owner.is_suspended() => {
            Ok(Listener { token: Arc::new(token) })
        }
        _ => Err(unauthorized("Invalid access token")),
    }
}

fn failed(error: &Error) -> Response {
    tracing::error!(?error, "a stream failed");
    let words = json!({ "error": "An unexpected error occurred" });
    (StatusCode::INTERNAL_SERVER_ERROR, axum::Json(words)).into_response()
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Parameters {
    access_token: Option<String>,
    stream: Option<String>,
    tag: Option<String>,
    list: Option<String>,
    only_media: Option<String>,
}

/// A bearer token in the header wins over one in the query.
fn bearer(request: &axum::http::request::Parts) -> Option<String> {
    let value = request.headers.get("authorization")?.to_str().ok()?;
    let (kind, token) = value.split_once(' ')?;
    kind.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

/// `GET /api/v1/streaming/user` and its like: server-sent events.
async fn open_events(
    State(app): State<App>,
    Path(path): Path<String>,
    Query(parameters): Query<Parameters>,
    request: Request,
) -> Response {
    let (head, _) = request.into_parts();
    let token = bearer(&head).or_else(|| parameters.access_token.clone());
    let listener = match authenticate(&app, token.as_deref()).await {
        Ok(listener) => listener,
        Err(refusal) => return refusal,
    };
    let only_media = parameters.only_media.as_deref().is_some_and(|text| {
        !matches!(text, "" | "0" | "false" | "f" | "F" | "FALSE" | "off" | "OFF")
    });
    let Some(stream) = streams::by_path(&path, only_media) else {
        let words = json!({ "error": "Unknown channel requested" });
        return (StatusCode::BAD_REQUEST, axum::Json(words)).into_response();
    };
    let asked = Asked { stream, tag: parameters.tag, list: parameters.list };
    match streams::resolve(&app, &listener, &asked).await {
        Ok(Ok(subscription)) => {
            let headers =
                [(CONTENT_TYPE, "text/event-stream"), (CACHE_CONTROL, "private, no-store")];
            (headers, sse::body(app, listener, subscription)).into_response()
        }
        Ok(Err(Refused { status, words })) => {
            (status, axum::Json(json!({ "error": words }))).into_response()
        }
        Err(error) => failed(&error),
    }
}

/// The web socket. The token may also come as the protocol's name, which is echoed.
async fn open_socket(
    State(app): State<App>,
    Query(parameters): Query<Parameters>,
    request: Request,
) -> Response {
    let (mut head, _) = request.into_parts();
    let protocol = head.headers.get(SEC_WEBSOCKET_PROTOCOL).and_then(|value| value.to_str().ok());
    let protocol = protocol.map(|value| value.split(',').next().unwrap_or("").trim().to_owned());
    let token =
        bearer(&head).or_else(|| parameters.access_token.clone()).or_else(|| protocol.clone());
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut head, &app).await {
        Ok(upgrade) => upgrade.max_message_size(64 * 1024),
        Err(rejection) => return rejection.into_response(),
    };
    let listener = match authenticate(&app, token.as_deref()).await {
        Ok(listener) => listener,
        Err(refusal) => return refusal,
    };
    let upgrade = match protocol {
        Some(protocol) => upgrade.protocols([protocol]),
        None => upgrade,
    };
    let asked = parameters.stream.map(|stream| Asked {
        stream,
        tag: parameters.tag,
        list: parameters.list,
    });
    upgrade.on_upgrade(move |socket| socket::serve(app, listener, asked, socket))
}
