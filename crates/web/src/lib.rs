//! For browsers and servers: pages, sign-in, ActivityPub documents and inboxes, discovery.

use axum::Router;
use ferrodon_app::App;

mod federation;
mod oauth;
mod public;

/// Every route that is not for client apps.
pub fn router(app: App) -> Router {
    Router::new()
        .merge(federation::router())
        .merge(oauth::router())
        .merge(public::router())
        .with_state(app)
}
