//! What client apps get.

mod apps;
mod bad_input;
mod filters;
mod following;
mod instance;
mod notifications;
mod posting;
mod queries;
mod search;
mod visibility;
