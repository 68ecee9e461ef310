//! What ActivityPub documents are made of: rows joined for reading, each query serving a whole
//! page of statuses or accounts at once. Nothing here writes.

use ferrodon_core::AccountId;

mod accounts;
mod audience;
mod statuses;

pub use accounts::*;
pub use audience::*;
pub use statuses::*;

/// Enough of an account to name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    pub id: AccountId,
    pub username: String,
    pub domain: Option<String>,
    pub id_scheme: Option<i32>,
    pub uri: String,
    pub url: Option<String>,
}
