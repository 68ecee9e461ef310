//! `status_stats`: counters of a status; a status without a row has none yet.

use ferrodon_core::StatusId;
use sqlx::PgConnection;

/// The counters of one status. The `untrusted` ones are what a remote status's origin claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusStat {
    pub status_id: StatusId,
    pub replies_count: i64,
    pub reblogs_count: i64,
    pub favourites_count: i64,
    pub quotes_count: i64,
    pub untrusted_reblogs_count: Option<i64>,
    pub untrusted_favourites_count: Option<i64>,
}

/// The counters of these statuses.
pub async fn by_statuses(
    conn: &mut PgConnection,
    ids: &[StatusId],
) -> sqlx::Result<Vec<StatusStat>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    sqlx::query_as!(
        StatusStat,
        "select status_id, replies_count, reblogs_count, favourites_count, quotes_count,
                untrusted_reblogs_count, untrusted_favourites_count
         from status_stats
         where status_id = any($1)",
        &ids
    )
    .fetch_all(conn)
    .await
}
