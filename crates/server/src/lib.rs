//! The router of all roles and the commands of the `ferrodon` binary.

use axum::Router;
use ferrodon_app::App;

pub mod commands;
pub mod http;
pub mod logs;

/// Everything the web role answers.
pub fn router(app: App) -> Router {
    let routes = ferrodon_api::router(app.clone()).merge(ferrodon_web::router(app.clone()));
    http::surround(routes, app)
}
