//! What the operator decided about a server.

use chrono::NaiveDateTime;
use ferrodon_activitypub::value;
use ferrodon_db as db;
use ferrodon_db::PgConnection;
use ferrodon_db::domain_blocks::{SILENCE, SUSPEND};

use crate::{App, Result};

/// What holds for a server.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Policy {
    /// Nothing is fetched from it or taken in.
    pub is_blocked: bool,
    /// New accounts there are limited, as of then.
    pub silenced_at: Option<NaiveDateTime>,
    /// Its files are not stored.
    pub rejects_media: bool,
    /// Its reports are not taken.
    pub rejects_reports: bool,
}

/// The policy for a domain as accounts have it, perhaps with a port.
pub async fn policy(app: &App, conn: &mut PgConnection, domain: &str) -> Result<Policy> {
    if app.config.is_local_host(domain) {
        return Ok(Policy::default());
    }
    if app.config.limited_federation && !db::domain_blocks::is_allowed(conn, domain).await? {
        return Ok(Policy { is_blocked: true, ..Policy::default() });
    }
    let host = domain.rsplit_once(':').map_or(domain, |(host, _)| host);
    let Some(block) = db::domain_blocks::for_host(conn, host).await? else {
        return Ok(Policy::default());
    };
    Ok(Policy {
        is_blocked: block.severity == SUSPEND,
        silenced_at: (block.severity == SILENCE).then_some(block.created_at),
        rejects_media: block.reject_media,
        rejects_reports: block.reject_reports,
    })
}

/// Whether nothing is to be fetched from this address: its server is blocked, or it is no address
/// on the web.
pub async fn is_blocked(app: &App, conn: &mut PgConnection, uri: &str) -> Result<bool> {
    match value::domain_of(uri) {
        Some(domain) => Ok(policy(app, conn, &domain).await?.is_blocked),
        None => Ok(true),
    }
}
