//! Pages that anyone may read.

use axum::Router;
use axum::routing::get;
use ferrodon_app::App;

mod elsewhere;
mod emoji;
mod post;
pub(crate) mod profile;
pub(crate) mod status;

pub(crate) fn router() -> Router<App> {
    Router::new().route("/@{name}", get(profile::page)).route("/@{name}/{id}", get(status::page))
}
