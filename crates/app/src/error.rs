//! The ways a request or a job can fail, and what each means to the caller.

/// A result whose error every surface (API, web, jobs, CLI) knows how to show.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something was not done. The text of all but the last two is shown to the client.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not there, or not for this viewer to see: the two look the same from outside (404).
    #[error("Record not found")]
    NotFound,
    /// The same for a post, a poll and other things Mastodon words this way (404).
    #[error("{0}")]
    Missing(&'static str),
    /// The request makes no sense as it is (400).
    #[error("{0}")]
    BadRequest(String),
    /// No valid token (401).
    #[error("{0}")]
    Unauthenticated(&'static str),
    /// Known viewer, but not allowed (403).
    #[error("{0}")]
    Forbidden(&'static str),
    /// Permanently gone (410).
    #[error("Gone")]
    Gone,
    /// Someone changed it meanwhile (409).
    #[error("Conflict during update, please try again")]
    Conflict,
    /// A record that would not be valid (422): the messages, joined by commas.
    #[error("Validation failed: {0}")]
    Invalid(String),
    /// Not to be done for another reason (422).
    #[error("{0}")]
    Unprocessable(String),
    /// Too often (429).
    #[error("Too many requests")]
    TooManyRequests,
    /// Another server or our storage failed for now (503).
    #[error("{0}")]
    Unavailable(&'static str),
    /// PostgreSQL failed us.
    #[error("database: {0}")]
    Database(#[from] ferrodon_db::Error),
    /// Anything else that is our fault.
    #[error(transparent)]
    Internal(#[from] anyhow::Error),
}

impl Error {
    /// Whether the same call may succeed later.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        matches!(self, Error::Database(_) | Error::Internal(_) | Error::Unavailable(_))
    }
}
