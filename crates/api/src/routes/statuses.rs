//! `/api/v1/statuses`: a status, its thread, and who did what with it.

use std::collections::HashMap;

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::response::IntoResponse;
use axum::routing::get;
use ferrodon_app::{App, Error};
use ferrodon_core::{AccountId, Page, StatusId};
use ferrodon_db as db;
use ferrodon_db::PgConnection;
use ferrodon_db::statuses::Status;
use ferrodon_db::timelines::Doers;
use serde::Deserialize;

use crate::auth::{Token, Viewer, scope};
use crate::entities;
use crate::error::{ApiError, Result};
use crate::headers::IF_ANONYMOUS;
use crate::links::{self, Style};
use crate::params::{Params, Path};

/// How many statuses may be asked for at once.
const MAX_STATUSES: usize = 20;
/// How far up and down a thread is followed for someone who is signed in.
const MAX_CONTEXT: i64 = 4096;
/// The same for everyone else: up, down, and how deep.
const ANONYMOUS_ANCESTORS: i64 = 40;
const ANONYMOUS_DESCENDANTS: i64 = 60;
const ANONYMOUS_DEPTH: i32 = 20;

pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/api/v1/statuses", get(several))
        .route("/api/v1/statuses/{id}", get(show))
        .route("/api/v1/statuses/{id}/context", get(context))
        .route("/api/v1/statuses/{id}/history", get(history))
        .route("/api/v1/statuses/{id}/source", get(source))
        .route("/api/v1/statuses/{id}/favourited_by", get(favourited_by))
        .route("/api/v1/statuses/{id}/reblogged_by", get(reblogged_by))
        .route("/api/v1/statuses/{id}/quotes", get(quotes))
}

/// The status, if the viewer may see it.
async fn visible(
    conn: &mut PgConnection,
    id: StatusId,
    viewer: Option<AccountId>,
) -> Result<Status> {
    let row = db::statuses::find_visible(conn, id, viewer).await?;
    Ok(row.ok_or(Error::Missing("Not Found"))?)
}

/// Shows one status.
async fn show(
    State(app): State<App>,
    viewer: Option<Viewer<scope::ReadStatuses>>,
    Path(id): Path<StatusId>,
) -> Result<impl IntoResponse> {
    let viewer = viewer.map(|viewer| viewer.account_id);
    let mut conn = app.db.acquire().await?;
    let row = visible(&mut conn, id, viewer).await?;
    let status = entities::Status::render_one(&app, &mut conn, viewer, row).await?;
    Ok((IF_ANONYMOUS, Json(status)))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Several {
    id: Vec<StatusId>,
}

/// Shows several statuses, the newest first. Those not for the viewer are silently left out.
async fn several(
    State(app): State<App>,
    viewer: Option<Viewer<scope::ReadStatuses>>,
    Params(wanted): Params<Several>,
) -> Result<impl IntoResponse> {
    if wanted.id.len() > MAX_STATUSES {
        return Err(Error::Unprocessable("Mastodon::ValidationError".to_owned()).into());
    }
    let viewer = viewer.map(|viewer| viewer.account_id);
    let mut conn = app.db.acquire().await?;
    let mut rows = db::statuses::listed_by_ids(&mut conn, &wanted.id, viewer).await?;
    rows.sort_by_key(|row| std::cmp::Reverse(row.id));
    Ok(Json(entities::Status::render(&app, &mut conn, viewer, rows).await?))
}

/// Shows the thread around a status.
async fn context(
    State(app): State<App>,
    viewer: Option<Viewer<scope::ReadStatuses>>,
    Path(id): Path<StatusId>,
) -> Result<impl IntoResponse> {
    let viewer = viewer.map(|viewer| viewer.account_id);
    let mut conn = app.db.acquire().await?;
    let row = visible(&mut conn, id, viewer).await?;
    let (up, down, depth) = match viewer {
        Some(_) => (MAX_CONTEXT, MAX_CONTEXT, None),
        None => (ANONYMOUS_ANCESTORS, ANONYMOUS_DESCENDANTS, Some(ANONYMOUS_DEPTH)),
    };
    let above = match row.in_reply_to_id {
        Some(_) => db::statuses::ancestor_ids(&mut conn, row.id, up).await?,
        None => Vec::new(),
    };
    let below = db::statuses::descendant_ids(&mut conn, row.id, down, depth).await?;

    let ids: Vec<StatusId> = above.iter().chain(&below).copied().collect();
    let mut rows = db::statuses::listed_by_ids(&mut conn, &ids, viewer).await?;
    let place: HashMap<StatusId, usize> =
        ids.iter().enumerate().map(|(place, id)| (*id, place)).collect();
    let place = |row: &Status| place.get(&row.id).copied().unwrap_or(usize::MAX);
    rows.sort_by_key(place);
    let (mut ancestors, descendants): (Vec<Status>, Vec<Status>) =
        rows.into_iter().partition(|row| place(row) < above.len());
    let descendants = self_replies_first(descendants);

    let ancestors_count = ancestors.len();
    ancestors.extend(descendants);
    let mut ancestors = entities::Status::render(&app, &mut conn, viewer, ancestors).await?;
    let descendants = ancestors.split_off(ancestors_count.min(ancestors.len()));
    Ok((IF_ANONYMOUS, Json(entities::Context { ancestors, descendants })))
}

/// Brings replies of authors to themselves before the first reply that is none.
fn self_replies_first(rows: Vec<Status>) -> Vec<Status> {
    let is_own = |row: &Status| row.in_reply_to_account_id == Some(row.account_id);
    let (mut own, others): (Vec<Status>, Vec<Status>) = rows.into_iter().partition(is_own);
    own.extend(others);
    own
}

/// Lists what a status said over time.
async fn history(
    State(app): State<App>,
    viewer: Option<Viewer<scope::ReadStatuses>>,
    Path(id): Path<StatusId>,
) -> Result<impl IntoResponse> {
    let viewer = viewer.map(|viewer| viewer.account_id);
    let mut conn = app.db.acquire().await?;
    let row = visible(&mut conn, id, viewer).await?;
    let edits = entities::StatusEdit::render(&app, &mut conn, viewer, row).await?;
    Ok((IF_ANONYMOUS, Json(edits)))
}

/// Shows what was typed. A hidden status is not found even without a token.
async fn source(
    State(app): State<App>,
    token: Result<Token<scope::ReadStatuses>, ApiError>,
    Path(id): Path<StatusId>,
) -> Result<impl IntoResponse> {
    let mut conn = app.db.acquire().await?;
    let row = visible(&mut conn, id, owner_of(&token)).await?;
    token?;
    Ok(Json(entities::StatusSource::from(row)))
}

/// The person behind a token, if it is good and there is one.
fn owner_of<S>(token: &Result<Token<S>, ApiError>) -> Option<AccountId> {
    let owner = token.as_ref().ok()?.presented.owner.as_ref()?;
    Some(owner.account_id)
}

/// Lists who favourited a status.
async fn favourited_by(
    State(app): State<App>,
    viewer: Option<Viewer<scope::ReadAccounts>>,
    Path(id): Path<StatusId>,
    uri: Uri,
    Params(page): Params<Page>,
) -> Result<impl IntoResponse> {
    let viewer = viewer.map(|viewer| viewer.account_id);
    doers(&app, viewer, id, Doers::FavouritedBy, &uri, page).await
}

/// Lists who reblogged a status for all to see.
async fn reblogged_by(
    State(app): State<App>,
    viewer: Option<Viewer<scope::ReadAccounts>>,
    Path(id): Path<StatusId>,
    uri: Uri,
    Params(page): Params<Page>,
) -> Result<impl IntoResponse> {
    let viewer = viewer.map(|viewer| viewer.account_id);
    doers(&app, viewer, id, Doers::RebloggedBy, &uri, page).await
}

async fn doers(
    app: &App,
    viewer: Option<AccountId>,
    id: StatusId,
    which: Doers,
    uri: &Uri,
    page: Page,
) -> Result<impl IntoResponse + use<>> {
    // These lists know no `min_id`.
    let page = Page { min_id: None, ..page };
    let limit = page.limit(40, 80);
    let mut conn = app.db.acquire().await?;
    let row = visible(&mut conn, id, viewer).await?;
    let rows = db::timelines::doers(&mut conn, row.id, which, viewer, &page, limit).await?;
    let (row_ids, ids): (Vec<i64>, Vec<AccountId>) = rows.into_iter().unzip();
    let accounts = entities::Account::render_ids(app, &mut conn, viewer, &ids).await?;
    let links = links::paged(app, uri, &[], Style::Relations, &row_ids, limit);
    Ok((IF_ANONYMOUS, links, Json(accounts)))
}

/// Lists the accepted quotes of a status. Those not for the viewer are left out of the page.
async fn quotes(
    State(app): State<App>,
    token: Result<Token<scope::ReadStatuses>, ApiError>,
    Path(id): Path<StatusId>,
    uri: Uri,
    Params(page): Params<Page>,
) -> Result<impl IntoResponse> {
    let viewer = owner_of(&token);
    let page = Page { min_id: None, ..page };
    let limit = page.limit(20, 40);
    let mut conn = app.db.acquire().await?;
    let row = visible(&mut conn, id, viewer).await?;
    token?;
    let quotes = db::timelines::quoting(&mut conn, row.id, &page, limit).await?;
    let (quote_ids, ids): (Vec<i64>, Vec<StatusId>) = quotes.into_iter().unzip();
    let mut rows = db::statuses::listed_by_ids(&mut conn, &ids, viewer).await?;
    rows.sort_by_key(|row| ids.iter().position(|id| *id == row.id));
    let statuses = entities::Status::render(&app, &mut conn, viewer, rows).await?;
    let links = links::paged(&app, &uri, &[], Style::Relations, &quote_ids, limit);
    Ok((IF_ANONYMOUS, links, Json(statuses)))
}
