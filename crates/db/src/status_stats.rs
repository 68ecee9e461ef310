//! `status_stats`: counters of a status; a status without a row has none yet.

use chrono::NaiveDateTime;
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

/// How the counters of a status change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change {
    pub replies: i64,
    pub reblogs: i64,
    pub favourites: i64,
    pub quotes: i64,
}

/// Changes the counters of a status. The numbers its own server published, where it did, move with
/// them.
pub async fn change(
    conn: &mut PgConnection,
    status_id: StatusId,
    by: Change,
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into status_stats
             (status_id, replies_count, reblogs_count, favourites_count, quotes_count,
              created_at, updated_at)
         values ($1, greatest($2::bigint, 0), greatest($3::bigint, 0), greatest($4::bigint, 0),
                 greatest($5::bigint, 0), $6, $6)
         on conflict (status_id) do update
         set replies_count = greatest(status_stats.replies_count + $2, 0),
             reblogs_count = greatest(status_stats.reblogs_count + $3, 0),
             favourites_count = greatest(status_stats.favourites_count + $4, 0),
             quotes_count = greatest(status_stats.quotes_count + $5, 0),
             untrusted_reblogs_count = case
                 when status_stats.untrusted_reblogs_count is not null
                 then greatest(status_stats.untrusted_reblogs_count + $3, 0) end,
             untrusted_favourites_count = case
                 when status_stats.untrusted_favourites_count is not null
                 then greatest(status_stats.untrusted_favourites_count + $4, 0) end,
             updated_at = $6",
        status_id as _,
        by.replies,
        by.reblogs,
        by.favourites,
        by.quotes,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes the numbers a remote server publishes of a post; those it does not say stay.
pub async fn set_untrusted(
    conn: &mut PgConnection,
    status_id: StatusId,
    favourites: Option<i64>,
    reblogs: Option<i64>,
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    if favourites.is_none() && reblogs.is_none() {
        return Ok(());
    }
    sqlx::query!(
        "insert into status_stats
             (status_id, untrusted_favourites_count, untrusted_reblogs_count, created_at, updated_at)
         values ($1, $2, $3, $4, $4)
         on conflict (status_id) do update
         set untrusted_favourites_count = coalesce($2, status_stats.untrusted_favourites_count),
             untrusted_reblogs_count = coalesce($3, status_stats.untrusted_reblogs_count),
             updated_at = $4",
        status_id as _,
        favourites,
        reblogs,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}
