//! The router of all roles and the commands of the `ferrodon` binary.

use axum::Router;
use axum::http::header::{CACHE_CONTROL, VARY};
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
        .route("/health", get(health));
    http::surround(ferrodon_api::layers::site_wide(routes, app.clone()), app)
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
