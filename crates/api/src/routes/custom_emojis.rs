//! `/api/v1/custom_emojis`

use axum::Router;
use ferrodon_app::App;

pub(crate) fn router() -> Router<App> {
    Router::new()
}
