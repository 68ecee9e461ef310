//! Handlers, one file a resource, each with its own `router()`.

use axum::Router;
use ferrodon_app::App;

mod accounts;
mod apps;
mod custom_emojis;
mod feed_access;
mod filters;
mod instance;
mod markers;
mod notifications;
mod oauth;
mod preferences;
mod search;
mod statuses;
mod timelines;

/// All of them together.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .merge(accounts::router())
        .merge(apps::router())
        .merge(custom_emojis::router())
        .merge(filters::router())
        .merge(instance::router())
        .merge(markers::router())
        .merge(notifications::router())
        .merge(oauth::router())
        .merge(preferences::router())
        .merge(search::router())
        .merge(statuses::router())
        .merge(timelines::router())
}
