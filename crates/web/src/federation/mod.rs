//! What other servers ask for: discovery, documents, inboxes.

use axum::Router;
use ferrodon_app::App;

pub(crate) fn router() -> Router<App> {
    Router::new()
}
