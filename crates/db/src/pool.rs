//! Connecting to PostgreSQL.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection as _, PgConnection, PgPool};

/// Opens up to `size` connections to `url`, at once the first one. Without `prepared`, no
/// statement outlives its transaction, as PgBouncer in transaction mode wants it.
pub async fn connect(url: &str, size: u32, prepared: bool) -> sqlx::Result<PgPool> {
    let mut options: PgConnectOptions = url.parse()?;
    options = options.application_name("ferrodon");
    if !prepared {
        options = options.statement_cache_capacity(0);
    }
    let pool = PgPoolOptions::new()
        .max_connections(size)
        .acquire_timeout(Duration::from_secs(10))
        .connect_with(options.clone())
        .await;
    match pool {
        // It tried and tried; the reason is told only to who tries once.
        Err(sqlx::Error::PoolTimedOut) => {
            let once = tokio::time::timeout(ONCE, PgConnection::connect_with(&options)).await;
            Err(once.ok().and_then(Result::err).unwrap_or(sqlx::Error::PoolTimedOut))
        }
        pool => pool,
    }
}

/// How long a single try may take.
const ONCE: Duration = Duration::from_secs(5);
