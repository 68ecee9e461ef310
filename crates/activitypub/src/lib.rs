//! The protocol: vocabulary, signatures and addresses. Knows nothing of our database.

pub mod digest;
pub mod keys;
pub mod signature;
