//! Addresses that are shut out of the whole site.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ferrodon_db as db;
use ipnetwork::IpNetwork;
use tokio::time::Instant;

use crate::{App, Result};

/// How long a new block may take to count.
const LIFE: Duration = Duration::from_secs(10);

/// The blocks as they were read last, and when.
#[derive(Clone, Debug, Default)]
pub struct Cache(Arc<Mutex<Option<Read>>>);

type Read = (Instant, Arc<[IpNetwork]>);

/// Whether nothing at all is to be shown to this address.
pub async fn shuts_out(app: &App, ip: IpAddr) -> Result<bool> {
    let ip = ip.to_canonical();
    Ok(blocks(app).await?.iter().any(|network| network.contains(ip)))
}

async fn blocks(app: &App) -> Result<Arc<[IpNetwork]>> {
    if !app.config.testing.no_row_cache {
        let kept = app.ip_blocks.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((since, blocks)) = &*kept
            && since.elapsed() < LIFE
        {
            return Ok(blocks.clone());
        }
    }
    let mut conn = app.db.acquire().await?;
    let blocks = db::ip_blocks::with_severity(&mut conn, db::ip_blocks::NO_ACCESS).await?;
    let blocks: Arc<[IpNetwork]> = blocks.into();
    let kept = (Instant::now(), blocks.clone());
    *app.ip_blocks.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(kept);
    Ok(blocks)
}
