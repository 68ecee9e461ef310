//! The Mastodon client API: `/api` and the OAuth token endpoints.

use axum::Router;
use ferrodon_app::App;

mod entities;
mod routes;

/// Every route for client apps.
pub fn router(app: App) -> Router {
    routes::router().with_state(app)
}
