//! What admins set while the server runs, remembered for a few seconds.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ferrodon_core::ServerSettings;
use ferrodon_db as db;
use ferrodon_db::PgConnection;
use serde_json::Value;
use tokio::time::Instant;

use crate::{App, Result};

/// How long other processes may act on settings that were changed.
const LIFE: Duration = Duration::from_secs(5);

/// Settings, and since when they are known.
type Kept = (Instant, Arc<ServerSettings>);

/// The settings as they were read last.
#[derive(Clone, Debug, Default)]
pub struct Cache(Arc<Mutex<Option<Kept>>>);

/// The settings.
pub async fn current(app: &App) -> Result<Arc<ServerSettings>> {
    if let Some(kept) = kept(app) {
        return Ok(kept);
    }
    let mut conn = app.db.acquire().await?;
    read(app, &mut conn).await
}

/// [`current`] for who has a connection already.
pub async fn current_with(app: &App, conn: &mut PgConnection) -> Result<Arc<ServerSettings>> {
    match kept(app) {
        Some(kept) => Ok(kept),
        None => read(app, conn).await,
    }
}

fn kept(app: &App) -> Option<Arc<ServerSettings>> {
    let kept = app.settings.0.lock().unwrap_or_else(PoisonError::into_inner);
    let (since, settings) = kept.as_ref().filter(|_| !app.config.testing.no_row_cache)?;
    (since.elapsed() < LIFE).then(|| settings.clone())
}

async fn read(app: &App, conn: &mut PgConnection) -> Result<Arc<ServerSettings>> {
    let settings = Arc::new(db::settings::all(conn).await?);
    let kept = (Instant::now(), settings.clone());
    *app.settings.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
    Ok(settings)
}

/// Changes one. In this process it counts at once.
pub async fn set(app: &App, var: &str, value: &Value) -> Result<()> {
    let mut conn = app.db.acquire().await?;
    db::settings::set(&mut conn, var, value, app.clock.now().naive_utc()).await?;
    *app.settings.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    Ok(())
}
