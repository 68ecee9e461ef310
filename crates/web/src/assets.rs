//! The files in `static/`, embedded in the binary.

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::IntoResponse;
use axum::routing::get;
use ferrodon_app::App;

pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/static/ferrodon.css", get(|| file("text/css; charset=utf-8", CSS)))
        .route("/static/ferrodon.svg", get(|| file("image/svg+xml", LOGO)))
        .route("/favicon.ico", get(|| file("image/svg+xml", LOGO)))
}

const CSS: &str = include_str!("../../../static/ferrodon.css");
const LOGO: &str = include_str!("../../../static/ferrodon.svg");

async fn file(kind: &'static str, content: &'static str) -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, kind),
        (CACHE_CONTROL, "public, max-age=3600"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, content)
}
