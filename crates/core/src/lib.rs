//! Words and values the whole of Ferrodon shares. Nothing here does I/O, except that
//! [`config`] reads the environment and settings files at start.

pub mod client;
pub mod clock;
pub mod config;
pub mod delivery;
pub mod id;
pub mod job;
pub mod languages;
pub mod media;
pub mod notification;
pub mod page;
pub mod server_settings;
pub mod status;
pub mod text;
pub mod user_settings;

pub use client::ClientIp;
pub use clock::Clock;
pub use config::Config;
pub use id::*;
pub use job::Job;
pub use notification::NotificationKind;
pub use page::Page;
pub use server_settings::ServerSettings;
pub use status::Visibility;
pub use user_settings::UserSettings;
