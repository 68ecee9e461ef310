//! Speaking with other servers: what we publish and send, and what we take in.

pub mod render;
pub mod uris;
