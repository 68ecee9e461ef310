//! The protocol: vocabulary, signatures and addresses. Knows nothing of our database.

pub mod actor;
pub mod digest;
pub mod keys;
pub mod linked_data;
pub mod note;
pub mod signature;
pub mod synchronization;
pub mod value;
pub mod webfinger;
