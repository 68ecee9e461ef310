//! Signing in and giving an app access, as pages.

use axum::Router;
use axum::routing::{get, post};
use ferrodon_app::App;

mod authorize;
mod sign_in;

pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/auth/sign_in", get(sign_in::form).post(sign_in::submit))
        .route("/auth/sign_out", post(sign_in::sign_out))
        .route("/oauth/authorize", get(authorize::ask).post(authorize::answer))
        .route("/oauth/authorize/native", get(authorize::native))
}
