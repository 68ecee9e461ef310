//! `tags` and `statuses_tags`: hashtags, and which status has which.

use chrono::NaiveDateTime;
use ferrodon_core::{StatusId, TagId};
use sqlx::PgConnection;

/// A hashtag of a status.
#[derive(Clone, Debug, PartialEq)]
pub struct StatusTag {
    pub status_id: StatusId,
    pub tag_id: TagId,
    pub name: String,
    pub updated_at: NaiveDateTime,
}

/// The hashtags of these statuses, in the order in which the tags were first seen.
pub async fn by_statuses(
    conn: &mut PgConnection,
    ids: &[StatusId],
) -> sqlx::Result<Vec<StatusTag>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    sqlx::query_as!(
        StatusTag,
        "select statuses_tags.status_id, tags.id as tag_id, tags.name, tags.updated_at
         from statuses_tags
         join tags on tags.id = statuses_tags.tag_id
         where statuses_tags.status_id = any($1)
         order by statuses_tags.tag_id",
        &ids
    )
    .fetch_all(conn)
    .await
}

/// Those of these names (in their stored form) that are known, with their ids.
pub async fn ids_by_names(
    conn: &mut PgConnection,
    names: &[String],
) -> sqlx::Result<Vec<(TagId, String)>> {
    sqlx::query!("select id, name from tags where lower(name) = any($1)", names)
        .map(|row| (row.id, row.name))
        .fetch_all(conn)
        .await
}
