//! `/api/v1/polls/{id}`: how a poll stands.

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use ferrodon_app::federation::fetch;
use ferrodon_app::{App, Error};
use ferrodon_core::PollId;
use ferrodon_db as db;

use crate::auth::{Viewer, scope};
use crate::entities;
use crate::error::Result;
use crate::headers::IF_ANONYMOUS;
use crate::params::Path;

pub(crate) fn router() -> Router<App> {
    Router::new().route("/api/v1/polls/{id}", get(show))
}

/// Shows a poll to those who may see its status.
async fn show(
    State(app): State<App>,
    viewer: Option<Viewer<scope::ReadStatuses>>,
    Path(id): Path<PollId>,
) -> Result<impl IntoResponse> {
    let viewer = viewer.map(|viewer| viewer.account_id);
    let missing = || Error::Missing("Not Found");
    let mut conn = app.db.acquire().await?;
    let row = db::polls::by_ids(&mut conn, &[id], viewer).await?.pop();
    let mut row = row.ok_or(Error::NotFound)?;
    let status = db::statuses::find_visible(&mut conn, row.status_id, viewer).await?;
    let status = status.ok_or_else(missing)?;
    if viewer.is_some() {
        // No connection is held while the other server is asked.
        drop(conn);
        let tried = fetch::refresh_poll(&app, &status, &row).await;
        conn = app.db.acquire().await?;
        if tried {
            let again = db::polls::by_ids(&mut conn, &[id], viewer).await?.pop();
            row = again.ok_or(Error::NotFound)?;
        }
    }
    Ok((IF_ANONYMOUS, Json(entities::Poll::render_one(&app, &mut conn, viewer, &row).await?)))
}
