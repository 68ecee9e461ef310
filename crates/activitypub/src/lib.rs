//! The protocol: vocabulary, signatures and addresses. Knows nothing of our database.
