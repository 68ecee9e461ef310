//! Stories between this server and others.

mod delivery;
mod inbox;
mod synchronization;
mod create;
mod fetch;
mod follow;
mod responses;
mod world;
