//! The router of all roles and the commands of the `ferrodon` binary.

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, VARY};
use axum::http::{StatusCode, Uri};
use axum::response::IntoResponse;
use axum::routing::get;
use ferrodon_app::App;

pub mod commands;
pub mod embedded;
pub mod http;
pub mod logs;
mod metrics;
mod worker;

/// Everything the web role answers.
pub fn router(app: App) -> Router {
    let routes = ferrodon_api::router(app.clone())
        .merge(ferrodon_web::router(app.clone()))
        .route("/health", get(health))
        .merge(streaming_elsewhere(&app));
    http::without_last_slash(http::surround(
        ferrodon_api::layers::site_wide(routes, app.clone()),
        app,
    ))
}

/// Behind a proxy, streams are at the streaming role: whoever asks the web role is led there. On a
/// trial without `https` there is no proxy, and both roles answer in one place.
fn streaming_elsewhere(app: &App) -> Router {
    if !app.config.https {
        return ferrodon_api::streaming::router(app.clone());
    }
    let there = app.config.streaming_url.clone().unwrap_or_else(|| app.config.base_url());
    let there = there.replacen("wss://", "https://", 1).replacen("ws://", "http://", 1);
    let lead = move |uri: Uri| async move {
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let headers = [
            (LOCATION, format!("{there}{path}")),
            (CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
            (CACHE_CONTROL, "private, no-store".to_owned()),
            (VARY, "Authorization".to_owned()),
        ];
        (StatusCode::MOVED_PERMANENTLY, headers)
    };
    Router::new()
        .route("/api/v1/streaming", get(lead.clone()))
        .route("/api/v1/streaming/{*path}", get(lead))
}

/// Tells load balancers that the process lives. It asks nothing of the database.
async fn health() -> impl IntoResponse {
    let headers = [(CACHE_CONTROL, "max-age=0, private, must-revalidate"), (VARY, "Accept")];
    (headers, "OK")
}

/// What the streaming role answers.
pub fn streaming_router(app: App) -> Router {
    let cors = tower_http::cors::CorsLayer::very_permissive().allow_credentials(false);
    let routes = ferrodon_api::streaming::router(app.clone()).layer(cors);
    http::surround(routes, app)
}
