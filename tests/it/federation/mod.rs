//! Stories between this server and others.

mod abuse;
mod create;
mod delivery;
mod fetch;
mod follow;
mod inbox;
mod responses;
mod synchronization;
mod world;
