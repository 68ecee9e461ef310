//! The Mastodon client API: `/api` and the OAuth token endpoints.

use axum::Router;
use axum::routing::any;
use ferrodon_app::App;

mod auth;
mod entities;
mod error;
mod headers;
pub mod layers;
mod links;
mod params;
mod routes;
pub mod streaming;

/// Every route for client apps. [`layers::site_wide`] must surround it.
pub fn router(app: App) -> Router {
    routes::router()
        .route("/api", any(error::not_found))
        .route("/api/{*path}", any(error::not_found))
        .method_not_allowed_fallback(error::not_found)
        .layer(axum::middleware::from_fn(headers::defaults))
        .with_state(app)
}
