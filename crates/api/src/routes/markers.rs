//! `/api/v1/markers`

use axum::Router;
use ferrodon_app::App;

pub(crate) fn router() -> Router<App> {
    Router::new()
}
