//! `ScheduledStatus`.

use ferrodon_core::MediaId;
use ferrodon_db as db;
use ferrodon_db::PgConnection;
use ferrodon_db::scheduled_statuses::ScheduledStatus as Row;
use serde::Serialize;
use serde_json::Value;

use super::{MediaAttachment, Time};
use crate::statuses::policy_word;
use crate::{App, Result};

/// A post that waits for its time.
#[derive(Clone, Debug, Serialize)]
pub struct ScheduledStatus {
    pub id: String,
    pub scheduled_at: Option<Time>,
    pub params: Value,
    pub media_attachments: Vec<MediaAttachment>,
}

impl ScheduledStatus {
    /// Renders a list, in its order.
    pub async fn render(app: &App, conn: &mut PgConnection, rows: Vec<Row>) -> Result<Vec<Self>> {
        let wanted: Vec<MediaId> = rows.iter().flat_map(media_ids).collect();
        let media = db::media_attachments::by_ids(conn, &wanted).await?;
        Ok(rows
            .into_iter()
            .map(|row| {
                let media_attachments = media_ids(&row)
                    .filter_map(|id| media.iter().find(|media| media.id == id))
                    .map(|media| MediaAttachment::of(&app.config, media))
                    .collect();
                let mut params = row.params.unwrap_or(Value::Null);
                if let Some(policy) = params.get_mut("quote_approval_policy") {
                    *policy = policy_word(policy.as_i64().unwrap_or(0)).into();
                }
                Self {
                    id: row.id.to_string(),
                    scheduled_at: row.scheduled_at.map(Time),
                    params,
                    media_attachments,
                }
            })
            .collect())
    }
}

/// The uploads a post was given, in their order.
fn media_ids(row: &Row) -> impl Iterator<Item = MediaId> {
    let ids = row.params.as_ref().and_then(|params| params.get("media_ids")?.as_array());
    ids.into_iter().flatten().filter_map(|id| match id {
        Value::String(text) => text.parse().ok(),
        other => other.as_i64().map(MediaId),
    })
}
