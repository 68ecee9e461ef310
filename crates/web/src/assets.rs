//! The files in `static/`, embedded in the binary, and media on disk.

use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Router, middleware};
use ferrodon_app::{App, instance};
use tower_http::services::ServeDir;

/// Files of `static/`, and media where they lie on this machine's disk.
pub(crate) fn router(app: &App) -> Router<App> {
    let files = ServeDir::new(&app.config.media_dir).append_index_html_on_directories(false);
    let media = Router::new().fallback_service(files).layer(middleware::map_response(harmless));
    Router::new()
        .nest_service("/system", media)
        .route("/static/ferrodon.css", get(|| file("text/css; charset=utf-8", CSS)))
        .route("/static/ferrodon.svg", get(|| file("image/svg+xml", LOGO)))
        .route("/favicon.ico", get(|| file("image/svg+xml", LOGO)))
        .route(instance::PREVIEW, get(|| picture(include_bytes!("../../../static/preview.png"))))
        .route("/avatars/original/missing.png", get(|| picture(MISSING_AVATAR)))
        .route("/headers/original/missing.png", get(|| picture(MISSING_HEADER)))
        .merge(icons())
}

/// The icons of a server without its own.
fn icons() -> Router<App> {
    let mut router = Router::new();
    for ((_, path), icon) in instance::ICONS.iter().zip(ICONS) {
        router = router.route(path, get(move || picture(icon)));
    }
    router
}

const CSS: &str = include_str!("../../../static/ferrodon.css");
const LOGO: &str = include_str!("../../../static/ferrodon.svg");
const MISSING_AVATAR: &[u8] = include_bytes!("../../../static/missing-avatar.png");
const MISSING_HEADER: &[u8] = include_bytes!("../../../static/missing-header.png");
/// In the order of [`instance::ICONS`].
const ICONS: [&[u8]; 9] = [
    include_bytes!("../../../static/icons/36.png"),
    include_bytes!("../../../static/icons/48.png"),
    include_bytes!("../../../static/icons/72.png"),
    include_bytes!("../../../static/icons/96.png"),
    include_bytes!("../../../static/icons/144.png"),
    include_bytes!("../../../static/icons/192.png"),
    include_bytes!("../../../static/icons/256.png"),
    include_bytes!("../../../static/icons/384.png"),
    include_bytes!("../../../static/icons/512.png"),
];

async fn picture(content: &'static [u8]) -> impl IntoResponse {
    ([(CONTENT_TYPE, "image/png"), (CACHE_CONTROL, "public, max-age=86400")], content)
}

async fn file(kind: &'static str, content: &'static str) -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, kind),
        (CACHE_CONTROL, "public, max-age=3600"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, content)
}

/// Nothing that someone uploaded may act as a page of ours.
async fn harmless(mut response: Response) -> Response {
    let headers = response.headers_mut();
    let policy = "default-src 'none'; form-action 'none'; sandbox";
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let found = response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED;
    if found {
        let forever = HeaderValue::from_static("public, max-age=2419200, immutable");
        response.headers_mut().insert(CACHE_CONTROL, forever);
    }
    response
}
