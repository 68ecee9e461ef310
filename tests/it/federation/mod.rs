//! Speaking with other servers.

mod delivery;
mod inbox;
mod synchronization;
