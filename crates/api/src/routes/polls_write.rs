//! `/api/v1/polls/{id}/votes`: voting.

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::post;
use ferrodon_app::{App, Error, entities, polls};
use ferrodon_core::PollId;
use serde::Deserialize;
use serde_json::Value;

use crate::auth::{Viewer, scope};
use crate::error::Result;
use crate::params::{Params, Path};

pub(crate) fn router() -> Router<App> {
    Router::new().route("/api/v1/polls/{id}/votes", post(vote))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Choices {
    choices: Vec<Value>,
}

/// Votes in a poll.
async fn vote(
    State(app): State<App>,
    viewer: Viewer<scope::WriteStatuses>,
    Path(id): Path<PollId>,
    Params(given): Params<Choices>,
) -> Result<impl IntoResponse> {
    // What is no number is no option.
    let choices: Vec<i64> = given
        .choices
        .iter()
        .map(|choice| match choice {
            Value::String(text) => text.trim().parse().unwrap_or(-1),
            other => other.as_i64().unwrap_or(-1),
        })
        .collect();
    if choices.is_empty() {
        let text = "param is missing or the value is empty or invalid: choices";
        return Err(Error::BadRequest(text.to_owned()).into());
    }
    let row = polls::vote(&app, viewer.account_id, id, &choices).await?;
    let mut conn = app.db.acquire().await?;
    Ok(Json(entities::Poll::render_one(&app, &mut conn, Some(viewer.account_id), &row).await?))
}
