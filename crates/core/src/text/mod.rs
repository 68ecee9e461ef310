//! What people write and what others' servers send, turned into HTML that is safe to show.
