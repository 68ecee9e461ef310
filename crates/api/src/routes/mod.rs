//! Handlers, one file a resource, each with its own `router()`.

use axum::Router;
use ferrodon_app::App;

mod accounts;
mod apps;
mod custom_emojis;
mod feed_access;
mod filters;
mod follows_write;
mod instance;
mod lists;
mod markers;
mod notifications;
mod oauth;
mod people;
mod polls;
mod polls_write;
mod preferences;
mod scheduled_statuses;
mod search;
mod statuses;
mod statuses_write;
mod tags;
mod timelines;

/// All of them together.
pub(crate) fn router() -> Router<App> {
    Router::new()
        .merge(accounts::router())
        .merge(apps::router())
        .merge(custom_emojis::router())
        .merge(filters::router())
        .merge(follows_write::router())
        .merge(instance::router())
        .merge(markers::router())
        .merge(notifications::router())
        .merge(oauth::router())
        .merge(people::router())
        .merge(lists::router())
        .merge(tags::router())
        .merge(polls::router())
        .merge(polls_write::router())
        .merge(preferences::router())
        .merge(scheduled_statuses::router())
        .merge(search::router())
        .merge(statuses::router())
        .merge(statuses_write::router())
        .merge(timelines::router())
}
