//! Speaking with other servers: what we publish and send, and what we take in.

pub mod intake;
pub mod outbox;
pub mod render;
pub mod sender;
pub mod uris;
