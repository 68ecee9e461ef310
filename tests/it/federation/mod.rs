//! Speaking with other servers.

mod inbox;
//! What other servers see of this one, and this one of them.

mod delivery;
