//! What client apps get.

mod queries;
mod visibility;
