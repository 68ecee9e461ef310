//! Signing in and giving an app access, as pages.

use axum::Router;
use ferrodon_app::App;

pub(crate) fn router() -> Router<App> {
    Router::new()
}
