//! The router of all roles and the commands of the `ferrodon` binary.

use axum::Router;
use ferrodon_app::App;

/// Everything the web role answers.
pub fn router(app: App) -> Router {
    ferrodon_api::router(app.clone()).merge(ferrodon_web::router(app))
}
