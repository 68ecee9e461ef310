//! What Ferrodon does: one module for each part of it, one function for each thing a person, a
//! remote server or a job can make it do.

use std::sync::Arc;

use ferrodon_core::{Clock, Config};
use ferrodon_db::PgPool;

pub mod error;
pub mod secrets;

pub use error::{Error, Result};

/// What every function needs. Cheap to clone.
#[derive(Clone, Debug)]
pub struct App {
    /// The settings of this process.
    pub config: Arc<Config>,
    /// Connections to PostgreSQL.
    pub db: PgPool,
    /// The only source of "now".
    pub clock: Clock,
}

impl App {
    /// Puts together what every function needs. Connects to nothing by itself except Redis,
    /// where one is set.
    pub async fn new(config: Config, db: PgPool, clock: Clock) -> anyhow::Result<Self> {
        let config = Arc::new(config);
        Ok(Self { config, db, clock })
    }
}
