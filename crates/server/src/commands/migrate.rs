//! `ferrodon migrate`: makes the database ready, and says what it did.

use anyhow::Context as _;
use ferrodon_core::{Clock, Config};
use ferrodon_db as db;

pub(crate) fn run(config: Config) -> anyhow::Result<()> {
    super::with_database(config, false, |config| async move {
        let url = config.database_url.context("no database is set")?;
        // One connection: behind a PgBouncer, migrate through the database itself if you can.
        let pool = db::connect(&url.0, 1, config.prepared_statements)
            .await
            .context("connecting to PostgreSQL (DATABASE_URL or DB_HOST, DB_PORT, DB_NAME, …)")?;
        let outcome = ferrodon_app::setup::migrate(&pool, &Clock::default()).await?;
        pool.close().await;
        println!("{outcome}");
        Ok(())
    })
}
