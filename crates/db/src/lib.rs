//! Every SQL statement of Ferrodon, one module a table.
//!
//! Functions take `&mut PgConnection` first, so the caller decides what is in a transaction.
//! Schema `public` is Mastodon's and is never changed; schema `ferrodon` is ours.

pub mod account_conversations;
pub mod account_search;
pub mod account_stats;
pub mod account_warnings;
pub mod accounts;
pub mod activities;
pub mod blocks;
pub mod bookmarks;
pub mod collections;
pub mod conversation_mutes;
pub mod conversations;
pub mod custom_emojis;
pub mod custom_filters;
pub mod deliveries;
pub mod documents;
pub mod domain_blocks;
pub mod favourites;
pub mod featured_tags;
pub mod feeds;
pub mod follow_requests;
pub mod follows;
pub mod hosts;
pub mod inboxes;
pub mod instances;
pub mod ip_blocks;
pub mod job_list;
pub mod jobs;
pub mod keypairs;
pub mod lists;
pub mod login_activities;
pub mod markers;
pub mod media_attachments;
pub mod mentions;
pub mod migrate;
pub mod notification_lists;
pub mod notification_policies;
pub mod notifications;
pub mod oauth_access_grants;
pub mod oauth_access_tokens;
pub mod oauth_applications;
mod page;
pub mod people;
pub mod polls;
mod pool;
pub mod preview_cards;
pub mod quotes;
pub mod relationships;
pub mod relays;
pub mod reports;
pub mod rules;
pub mod scheduled_statuses;
mod seeds;
pub mod session_activations;
pub mod settings;
pub mod severance_events;
pub mod site_uploads;
pub mod status_edits;
pub mod status_pins;
pub mod status_stats;
pub mod statuses;
pub mod streaming;
pub mod tags;
pub mod terms_of_services;
pub mod timelines;
pub mod tombstones;
pub mod user_roles;
pub mod users;
pub mod wake;

pub use pool::connect;
pub use sqlx::{Connection, Error, PgConnection, PgPool, Result};

/// A connection that goes back to its pool.
pub type PoolConnection = sqlx::pool::PoolConnection<sqlx::Postgres>;

/// Whether a write failed on the named constraint or unique index.
#[must_use]
pub fn violates(error: &sqlx::Error, constraint: &str) -> bool {
    error.as_database_error().and_then(|e| e.constraint()) == Some(constraint)
}

/// Text for a `like` pattern in which nothing stands for anything else.
#[must_use]
pub(crate) fn like_escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '%' | '_') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
