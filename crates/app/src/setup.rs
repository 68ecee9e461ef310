//! Making a database ready.

use ferrodon_core::Clock;
use ferrodon_db as db;
use ferrodon_db::PgPool;

/// Creates, adopts or updates the database; see [`db::migrate::migrate`] for what is refused.
pub async fn migrate(
    pool: &PgPool,
    clock: &Clock,
) -> Result<db::migrate::Outcome, db::migrate::Error> {
    let mut conn = pool.acquire().await?;
    db::migrate::migrate(&mut conn, clock.now(), crate::accounts::new_keys).await
}
