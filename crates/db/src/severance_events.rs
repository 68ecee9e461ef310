//! `account_relationship_severance_events`: whom people lost when a server or account was
//! blocked.

use chrono::NaiveDateTime;
use sqlx::PgConnection;

/// One such loss.
#[derive(Clone, Debug, PartialEq)]
pub struct SeveranceEvent {
    pub id: i64,
    /// 0 domain block, 1 a person's own domain block, 2 suspension.
    pub kind: i32,
    pub purged: bool,
    pub target_name: String,
    pub followers_count: i32,
    pub following_count: i32,
    pub created_at: NaiveDateTime,
}

/// These, in no particular order.
pub async fn by_ids(conn: &mut PgConnection, ids: &[i64]) -> sqlx::Result<Vec<SeveranceEvent>> {
    sqlx::query_as!(
        SeveranceEvent,
        r#"select mine.id, events.type as kind, events.purged, events.target_name,
                  mine.followers_count, mine.following_count, mine.created_at
           from account_relationship_severance_events mine
           join relationship_severance_events events
               on events.id = mine.relationship_severance_event_id
           where mine.id = any($1)"#,
        ids
    )
    .fetch_all(conn)
    .await
}
