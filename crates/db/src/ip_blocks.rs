//! `ip_blocks`: networks that may not sign up, or not come at all.

use ipnetwork::IpNetwork;
use sqlx::PgConnection;

/// Not even a page is shown to these.
pub const NO_ACCESS: i32 = 9999;

/// The networks with this severity. When one expires, a job removes its row.
pub async fn with_severity(conn: &mut PgConnection, severity: i32) -> sqlx::Result<Vec<IpNetwork>> {
    sqlx::query_scalar!("select ip from ip_blocks where severity = $1", severity)
        .fetch_all(conn)
        .await
}
