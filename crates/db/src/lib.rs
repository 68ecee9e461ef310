//! Every SQL statement of Ferrodon, one module a table.
//!
//! Functions take `&mut PgConnection` first, so the caller decides what is in a transaction.
//! Schema `public` is Mastodon's and is never changed; schema `ferrodon` is ours.

pub mod accounts;
pub mod login_activities;
mod page;
pub mod session_activations;
pub mod statuses;
pub mod users;

pub use sqlx::{Connection, Error, PgConnection, PgPool, Result};

/// Whether a write failed on the named constraint or unique index.
#[must_use]
pub fn violates(error: &sqlx::Error, constraint: &str) -> bool {
    error.as_database_error().and_then(|e| e.constraint()) == Some(constraint)
}
