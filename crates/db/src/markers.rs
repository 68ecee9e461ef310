//! `markers`: how far a person has read a timeline.

use chrono::NaiveDateTime;
use ferrodon_core::UserId;
use sqlx::PgConnection;

/// A marker.
#[derive(Clone, Debug, PartialEq)]
pub struct Marker {
    /// `home` or `notifications`.
    pub timeline: String,
    pub last_read_id: i64,
    pub lock_version: i32,
    pub updated_at: NaiveDateTime,
}

/// The markers of these timelines.
pub async fn find(
    conn: &mut PgConnection,
    user_id: UserId,
    timelines: &[String],
) -> sqlx::Result<Vec<Marker>> {
    sqlx::query_as!(
        Marker,
        "select timeline, last_read_id, lock_version, updated_at
         from markers
         where user_id = $1 and timeline = any($2)",
        user_id as _,
        timelines
    )
    .fetch_all(conn)
    .await
}

/// Moves a marker; its version counts the moves.
pub async fn set(
    conn: &mut PgConnection,
    user_id: UserId,
    timeline: &str,
    last_read_id: i64,
    now: NaiveDateTime,
) -> sqlx::Result<Marker> {
    sqlx::query_as!(
        Marker,
        "insert into markers as old
             (user_id, timeline, last_read_id, lock_version, created_at, updated_at)
         values ($1, $2, $3::bigint, ($3 <> 0)::int, $4, $4)
         on conflict (user_id, timeline) do update
         set last_read_id = excluded.last_read_id,
             lock_version = old.lock_version
                 + (old.last_read_id <> excluded.last_read_id)::int,
             updated_at = case when old.last_read_id = excluded.last_read_id
                          then old.updated_at else excluded.updated_at end
         returning timeline, last_read_id, lock_version, updated_at",
        user_id as _,
        timeline,
        last_read_id,
        now
    )
    .fetch_one(conn)
    .await
}
