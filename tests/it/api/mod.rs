//! What client apps get.

mod queries;
