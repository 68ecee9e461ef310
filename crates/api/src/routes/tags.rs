//! Hashtags: any of them, those one follows, and those that accounts feature.

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::response::IntoResponse;
use axum::routing::get;
use ferrodon_app::{App, Error};
use ferrodon_core::text::entities::hashtag_names;
use ferrodon_core::text::hashtag;
use ferrodon_core::{AccountId, Page};
use ferrodon_db as db;
use ferrodon_db::PgConnection;

use crate::auth::{Viewer, scope};
use crate::entities;
use crate::error::Result;
use crate::headers::IF_ANONYMOUS;
use crate::links::{self, Style};
use crate::params::{Params, Path};

pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/api/v1/tags/{name}", get(show))
        .route("/api/v1/followed_tags", get(followed))
        .route("/api/v1/featured_tags", get(own_featured))
        .route("/api/v1/accounts/{id}/featured_tags", get(featured))
}

/// Shows a hashtag, even one that nobody used yet.
async fn show(
    State(app): State<App>,
    viewer: Option<Viewer<scope::Any>>,
    Path(name): Path<String>,
) -> Result<impl IntoResponse> {
    if hashtag_names(&format!("#{name}")) != [name.as_str()] {
        return Err(Error::Missing("Not Found").into());
    }
    let viewer = viewer.map(|viewer| viewer.account_id);
    let normalized = hashtag::normalize(&name);
    let mut conn = app.db.acquire().await?;
    let tag = match db::tags::by_name(&mut conn, &normalized).await? {
        Some(row) => entities::Tag::render(&app, &mut conn, viewer, vec![row]).await?.pop(),
        None => {
            let shown = hashtag::display_name(&name);
            Some(entities::Tag::unused(&app, viewer, &normalized, &shown))
        }
    };
    Ok((IF_ANONYMOUS, Json(tag)))
}

/// Lists the hashtags one follows.
async fn followed(
    State(app): State<App>,
    viewer: Viewer<scope::ReadFollowsOrFollow>,
    uri: Uri,
    Params(page): Params<Page>,
) -> Result<impl IntoResponse> {
    let limit = page.limit(100, 200);
    let viewer = viewer.account_id;
    let mut conn = app.db.acquire().await?;
    let rows = db::tags::followed(&mut conn, viewer, &page, limit).await?;
    let (ids, rows): (Vec<i64>, Vec<_>) = rows.into_iter().unzip();
    let tags = entities::Tag::render(&app, &mut conn, Some(viewer), rows).await?;
    Ok((links::paged(&app, &uri, &[], Style::Relations, &ids, limit), Json(tags)))
}

/// Lists the hashtags one features.
async fn own_featured(
    State(app): State<App>,
    viewer: Viewer<scope::ReadAccounts>,
) -> Result<impl IntoResponse> {
    let mut conn = app.db.acquire().await?;
    Ok(Json(featured_by(&app, &mut conn, viewer.account_id).await?))
}

/// Lists the hashtags an account features, whoever asks.
async fn featured(State(app): State<App>, Path(id): Path<AccountId>) -> Result<impl IntoResponse> {
    let mut conn = app.db.acquire().await?;
    Ok(Json(featured_by(&app, &mut conn, id).await?))
}

async fn featured_by(
    app: &App,
    conn: &mut PgConnection,
    id: AccountId,
) -> Result<Vec<entities::FeaturedTag>> {
    let account = db::accounts::find(conn, id).await?.ok_or(Error::NotFound)?;
    if account.suspended_at.is_some() {
        return Ok(Vec::new());
    }
    let rows = db::featured_tags::of_account(conn, id).await?;
    Ok(rows.into_iter().map(|row| entities::FeaturedTag::of(app, &account, row)).collect())
}
