//! `/api/v2/filters`, and `/api/v1/filters` for older apps.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use ferrodon_app::entities::{self, Time, action_word};
use ferrodon_app::{App, Error};
use ferrodon_core::StatusId;
use ferrodon_db as db;
use ferrodon_db::PgConnection;
use ferrodon_db::custom_filters as rows;
use serde::Serialize;

use crate::auth::{Viewer, scope};
use crate::error::Result;
use crate::params::{Number, Path};

mod v1;
mod write;

pub(crate) fn router() -> Router<App> {
    let show_filter = get(show).put(write::update).patch(write::update).delete(write::delete);
    let show_keyword = get(keyword)
        .put(write::update_keyword)
        .patch(write::update_keyword)
        .delete(write::delete_keyword);
    Router::new()
        .route("/api/v2/filters", get(list).post(write::create))
        .route("/api/v2/filters/{id}", show_filter)
        .route("/api/v2/filters/{id}/keywords", get(keywords).post(write::add_keyword))
        .route("/api/v2/filters/{id}/statuses", get(statuses).post(write::add_status))
        .route("/api/v2/filters/keywords/{id}", show_keyword)
        .route("/api/v2/filters/statuses/{id}", get(status).delete(write::delete_status))
        .merge(v1::router())
}

/// A filter with its rules.
#[derive(Debug, Serialize)]
struct Filter {
    #[serde(flatten)]
    filter: entities::Filter,
    keywords: Vec<FilterKeyword>,
    statuses: Vec<FilterStatus>,
}

#[derive(Debug, Serialize)]
struct FilterKeyword {
    id: String,
    keyword: String,
    whole_word: bool,
}

impl From<rows::Keyword> for FilterKeyword {
    fn from(row: rows::Keyword) -> Self {
        Self { id: row.id.to_string(), keyword: row.keyword, whole_word: row.whole_word }
    }
}

#[derive(Debug, Serialize)]
struct FilterStatus {
    id: String,
    status_id: StatusId,
}

impl From<rows::FilteredStatus> for FilterStatus {
    fn from(row: rows::FilteredStatus) -> Self {
        Self { id: row.id.to_string(), status_id: row.status_id }
    }
}

impl Filter {
    async fn render_one(conn: &mut PgConnection, filter: rows::Filter) -> Result<Self> {
        let filters = Self::render(conn, vec![filter]).await?;
        Ok(filters.into_iter().next().ok_or(Error::NotFound)?)
    }

    async fn render(conn: &mut PgConnection, filters: Vec<rows::Filter>) -> Result<Vec<Self>> {
        let ids: Vec<i64> = filters.iter().map(|filter| filter.id).collect();
        let words = rows::keywords(conn, &ids).await?;
        let statuses = rows::statuses(conn, &ids).await?;
        let filters = filters.into_iter().map(|row| {
            let words = words.iter().filter(|word| word.custom_filter_id == row.id);
            let statuses = statuses.iter().filter(|rule| rule.custom_filter_id == row.id);
            Self {
                keywords: words.cloned().map(Into::into).collect(),
                statuses: statuses.cloned().map(Into::into).collect(),
                filter: entities::Filter {
                    id: row.id,
                    title: row.phrase,
                    context: row.context,
                    expires_at: row.expires_at.map(Time),
                    filter_action: action_word(row.action),
                },
            }
        });
        Ok(filters.collect())
    }
}

type Reader = Viewer<scope::ReadFilters>;
type Writer = Viewer<scope::WriteFilters>;

/// All filters.
async fn list(State(app): State<App>, viewer: Reader) -> Result<Json<Vec<Filter>>> {
    let mut conn = app.db.acquire().await?;
    let filters = db::custom_filters::of_account(&mut conn, viewer.account_id).await?;
    Ok(Json(Filter::render(&mut conn, filters).await?))
}

/// One filter.
async fn show(
    State(app): State<App>,
    viewer: Reader,
    Path(id): Path<Number>,
) -> Result<Json<Filter>> {
    let mut conn = app.db.acquire().await?;
    let filter = find(&mut conn, &viewer, id).await?;
    Ok(Json(Filter::render_one(&mut conn, filter).await?))
}

/// The words of a filter.
async fn keywords(
    State(app): State<App>,
    viewer: Reader,
    Path(id): Path<Number>,
) -> Result<Json<Vec<FilterKeyword>>> {
    let mut conn = app.db.acquire().await?;
    let filter = find(&mut conn, &viewer, id).await?;
    let words = rows::keywords(&mut conn, &[filter.id]).await?;
    Ok(Json(words.into_iter().map(Into::into).collect()))
}

/// The statuses of a filter.
async fn statuses(
    State(app): State<App>,
    viewer: Reader,
    Path(id): Path<Number>,
) -> Result<Json<Vec<FilterStatus>>> {
    let mut conn = app.db.acquire().await?;
    let filter = find(&mut conn, &viewer, id).await?;
    let rules = rows::statuses(&mut conn, &[filter.id]).await?;
    Ok(Json(rules.into_iter().map(Into::into).collect()))
}

/// One word.
async fn keyword(
    State(app): State<App>,
    viewer: Reader,
    Path(id): Path<Number>,
) -> Result<Json<FilterKeyword>> {
    let mut conn = app.db.acquire().await?;
    let word = rows::keyword(&mut conn, viewer.account_id, id.0).await?;
    Ok(Json(word.ok_or(Error::NotFound)?.into()))
}

/// One status rule.
async fn status(
    State(app): State<App>,
    viewer: Reader,
    Path(id): Path<Number>,
) -> Result<Json<FilterStatus>> {
    let mut conn = app.db.acquire().await?;
    let rule = rows::status(&mut conn, viewer.account_id, id.0).await?;
    Ok(Json(rule.ok_or(Error::NotFound)?.into()))
}

async fn find(conn: &mut PgConnection, viewer: &Reader, id: Number) -> Result<rows::Filter> {
    Ok(rows::find(conn, viewer.account_id, id.0).await?.ok_or(Error::NotFound)?)
}
