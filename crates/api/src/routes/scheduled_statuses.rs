//! `/api/v1/scheduled_statuses`: posts that come out later.

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::response::IntoResponse;
use axum::routing::get;
use chrono::{DateTime, NaiveDateTime, Utc};
use ferrodon_app::statuses::schedule;
use ferrodon_app::{App, Error, entities};
use ferrodon_core::Page;
use ferrodon_db as db;
use ferrodon_db::scheduled_statuses::ScheduledStatus;
use serde::Deserialize;
use serde_json::json;

use crate::auth::{Viewer, scope};
use crate::error::Result;
use crate::links::{self, Style};
use crate::params::{Params, Path};

pub(crate) fn router() -> Router<App> {
    Router::new().route("/api/v1/scheduled_statuses", get(list)).route(
        "/api/v1/scheduled_statuses/{id}",
        get(show).put(reschedule).patch(reschedule).delete(unschedule),
    )
}

/// Lists what one has waiting.
async fn list(
    State(app): State<App>,
    viewer: Viewer<scope::ReadStatuses>,
    uri: Uri,
    Params(page): Params<Page>,
) -> Result<impl IntoResponse> {
    let limit = page.limit(20, 40);
    let mut conn = app.db.acquire().await?;
    let rows =
        db::scheduled_statuses::of_account(&mut conn, viewer.account_id, &page, limit).await?;
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let rendered = entities::ScheduledStatus::render(&app, &mut conn, rows).await?;
    Ok((links::paged(&app, &uri, &[], Style::Items, &ids, limit), Json(rendered)))
}

/// Shows a post that waits.
async fn show(
    State(app): State<App>,
    viewer: Viewer<scope::ReadStatuses>,
    Path(id): Path<i64>,
) -> Result<impl IntoResponse> {
    let mut conn = app.db.acquire().await?;
    let row = schedule::own(&mut conn, viewer.account_id, id).await?;
    shown(&app, row).await
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct When {
    scheduled_at: Option<String>,
}

/// Changes when a post comes out.
async fn reschedule(
    State(app): State<App>,
    viewer: Viewer<scope::WriteStatuses>,
    Path(id): Path<i64>,
    Params(when): Params<When>,
) -> Result<impl IntoResponse> {
    let at = instant(when.scheduled_at.as_deref().unwrap_or_default())?;
    shown(&app, schedule::reschedule(&app, viewer.account_id, id, at).await?).await
}

/// Does not let a post come out.
async fn unschedule(
    State(app): State<App>,
    viewer: Viewer<scope::WriteStatuses>,
    Path(id): Path<i64>,
) -> Result<impl IntoResponse> {
    schedule::unschedule(&app, viewer.account_id, id).await?;
    Ok(Json(json!({})))
}

/// One post that waits.
pub(crate) async fn shown(
    app: &App,
    row: ScheduledStatus,
) -> Result<Json<entities::ScheduledStatus>> {
    let mut conn = app.db.acquire().await?;
    let rendered = entities::ScheduledStatus::render(app, &mut conn, vec![row]).await?;
    Ok(Json(rendered.into_iter().next().ok_or(Error::NotFound)?))
}

/// An instant as clients write it; without an offset it is UTC.
pub(crate) fn instant(text: &str) -> Result<DateTime<Utc>> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(at.to_utc());
    }
    for form in ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]
    {
        if let Ok(at) = NaiveDateTime::parse_from_str(text, form) {
            return Ok(at.and_utc());
        }
    }
    Err(Error::Unprocessable("Record invalid".to_owned()).into())
}
