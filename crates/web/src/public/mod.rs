//! Pages that anyone may read.

use axum::Router;
use axum::routing::get;
use ferrodon_app::App;

mod about;
mod elsewhere;
mod emoji;
mod home;
mod post;
pub(crate) mod profile;
pub(crate) mod status;

pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/", get(home::page))
        .route("/about", get(about::page))
        .route("/@{name}", get(profile::page))
        .route("/@{name}/{id}", get(status::page))
}
