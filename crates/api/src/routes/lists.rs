//! `/api/v1/lists`: timelines of chosen people.

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::response::IntoResponse;
use axum::routing::get;
use ferrodon_app::{App, Error};
use ferrodon_core::{AccountId, Page};
use ferrodon_db as db;
use ferrodon_db::people::Chosen;

use super::people;
use crate::auth::{Viewer, scope};
use crate::entities;
use crate::error::Result;
use crate::params::{Params, Path};

pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/api/v1/lists", get(all))
        .route("/api/v1/lists/{id}", get(show))
        .route("/api/v1/lists/{id}/accounts", get(accounts))
        .route("/api/v1/accounts/{id}/lists", get(with_account))
}

/// Lists one's lists.
async fn all(
    State(app): State<App>,
    viewer: Viewer<scope::ReadLists>,
) -> Result<impl IntoResponse> {
    let mut conn = app.db.acquire().await?;
    let rows = db::lists::of_account(&mut conn, viewer.account_id, None).await?;
    Ok(Json(rows.into_iter().map(entities::List::from).collect::<Vec<_>>()))
}

/// Lists those of one's lists that an account is in.
async fn with_account(
    State(app): State<App>,
    viewer: Viewer<scope::ReadLists>,
    Path(id): Path<AccountId>,
) -> Result<impl IntoResponse> {
    let mut conn = app.db.acquire().await?;
    db::accounts::find(&mut conn, id).await?.ok_or(Error::NotFound)?;
    let rows = db::lists::of_account(&mut conn, viewer.account_id, Some(id)).await?;
    Ok(Json(rows.into_iter().map(entities::List::from).collect::<Vec<_>>()))
}

/// Shows one of one's lists.
async fn show(
    State(app): State<App>,
    viewer: Viewer<scope::ReadLists>,
    Path(id): Path<i64>,
) -> Result<impl IntoResponse> {
    let mut conn = app.db.acquire().await?;
    let row = db::lists::find(&mut conn, id, viewer.account_id).await?;
    Ok(Json(entities::List::from(row.ok_or(Error::NotFound)?)))
}

/// Lists the members of one of one's lists.
async fn accounts(
    State(app): State<App>,
    viewer: Viewer<scope::ReadLists>,
    Path(id): Path<i64>,
    uri: Uri,
    Params(page): Params<Page>,
) -> Result<impl IntoResponse> {
    let viewer = viewer.account_id;
    let mut conn = app.db.acquire().await?;
    db::lists::find(&mut conn, id, viewer).await?.ok_or(Error::NotFound)?;
    people::chosen(&app, &mut conn, Some(viewer), Chosen::InList(id), &uri, page).await
}
