//! One binary for all integration tests, so that they link once.

#![expect(clippy::unwrap_used, reason = "helpers fail like the tests that they are part of")]

mod accounts;
mod api;
mod federation;
mod jobs;
mod peers;
mod schema;
mod web;
