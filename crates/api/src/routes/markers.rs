//! `/api/v1/markers`

use std::collections::BTreeMap;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use ferrodon_app::App;
use ferrodon_app::entities::Time;
use ferrodon_core::page::lenient;
use ferrodon_db as db;
use ferrodon_db::markers::Marker as Row;
use serde::{Deserialize, Serialize};

use crate::auth::{Viewer, scope};
use crate::error::Result;
use crate::params::Params;

pub(crate) fn router() -> Router<App> {
    Router::new().route("/api/v1/markers", get(list).post(update))
}

/// How far a timeline was read.
#[derive(Debug, Serialize)]
struct Marker {
    last_read_id: String,
    version: i32,
    updated_at: Time,
}

type Markers = BTreeMap<String, Marker>;

fn by_timeline(rows: Vec<Row>) -> Markers {
    let marker = |row: &Row| Marker {
        last_read_id: row.last_read_id.to_string(),
        version: row.lock_version,
        updated_at: Time(row.updated_at),
    };
    rows.into_iter().map(|row| (row.timeline.clone(), marker(&row))).collect()
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Wanted {
    timeline: Vec<String>,
}

/// The markers of some timelines.
async fn list(
    State(app): State<App>,
    viewer: Viewer<scope::ReadStatuses>,
    Params(wanted): Params<Wanted>,
) -> Result<Json<Markers>> {
    let mut conn = app.db.acquire().await?;
    let rows = db::markers::find(&mut conn, viewer.user_id, &wanted.timeline).await?;
    Ok(Json(by_timeline(rows)))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Moved {
    home: Option<Position>,
    notifications: Option<Position>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Position {
    #[serde(deserialize_with = "lenient")]
    last_read_id: Option<i64>,
}

/// Moves markers.
async fn update(
    State(app): State<App>,
    viewer: Viewer<scope::WriteStatuses>,
    Params(moved): Params<Moved>,
) -> Result<Json<Markers>> {
    let now = app.clock.now().naive_utc();
    let mut tx = app.db.begin().await?;
    let mut rows = Vec::new();
    for (timeline, position) in [("home", moved.home), ("notifications", moved.notifications)] {
        let Some(position) = position else { continue };
        let id = position.last_read_id.unwrap_or(0);
        rows.push(db::markers::set(&mut tx, viewer.user_id, timeline, id, now).await?);
    }
    tx.commit().await?;
    Ok(Json(by_timeline(rows)))
}
