//! `/api/v1/instance` and `/api/v2/instance`

use axum::Router;
use ferrodon_app::App;

pub(crate) fn router() -> Router<App> {
    Router::new()
}
