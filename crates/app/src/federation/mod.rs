//! Speaking with other servers: what we publish and send, and what we take in.

pub mod background;
pub mod delivery;
pub mod domains;
pub(crate) mod edit;
pub mod fetch;
pub mod inbox;
pub mod intake;
pub mod local;
pub mod outbox;
mod parts;
mod quotes;
pub mod render;
pub mod sender;
pub mod signer;
mod store;
pub mod synchronization;
pub mod uris;
