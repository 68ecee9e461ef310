//! Speaking with other servers.

mod inbox;
