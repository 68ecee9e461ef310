//! What client apps get.

mod following;
mod posting;
mod queries;
mod visibility;
