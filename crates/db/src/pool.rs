//! Connecting to PostgreSQL.

use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

/// Opens up to `size` connections to `url`, at once the first one. Without `prepared`, no
/// statement outlives its transaction, as PgBouncer in transaction mode wants it.
pub async fn connect(url: &str, size: u32, prepared: bool) -> sqlx::Result<PgPool> {
    let mut options: PgConnectOptions = url.parse()?;
    options = options.application_name("ferrodon");
    if !prepared {
        options = options.statement_cache_capacity(0);
    }
    PgPoolOptions::new()
        .max_connections(size)
        .acquire_timeout(Duration::from_secs(10))
        .connect_with(options)
        .await
}
