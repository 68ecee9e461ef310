//! Giving apps access to an account (OAuth 2, RFC 6749).

pub mod authorization;
pub mod scopes;
