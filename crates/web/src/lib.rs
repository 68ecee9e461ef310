//! For browsers and servers: pages, sign-in, ActivityPub documents and inboxes, discovery.

use axum::{Router, middleware};
use ferrodon_app::App;

mod assets;
mod cookies;
mod error;
mod federation;
mod frame;
mod oauth;
mod public;
mod texts;

/// Every route that is not for client apps.
pub fn router(app: App) -> Router {
    let pages = Router::new()
        .merge(oauth::router())
        .merge(public::router())
        .layer(middleware::from_fn_with_state(app.clone(), error::draw));
    Router::new()
        .merge(federation::router())
        .merge(pages)
        .layer(middleware::from_fn_with_state(app.clone(), federation::documents))
        .merge(assets::router(&app))
        .with_state(app)
}
