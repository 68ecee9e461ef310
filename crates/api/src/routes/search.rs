//! `/api/v2/search` and `/api/v1/accounts/search`

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use ferrodon_app::entities::{Account, Status, Tag};
use ferrodon_app::search::{self, Kind, Wanted};
use ferrodon_app::{App, Error};
use ferrodon_core::page::lenient;
use serde::{Deserialize, Serialize};

use crate::auth::{Viewer, scope};
use crate::error::Result;
use crate::params::Params;

pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/api/v2/search", get(everything))
        .route("/api/v1/accounts/search", get(accounts))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Query {
    q: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    resolve: Option<bool>,
    following: Option<bool>,
    exclude_unreviewed: Option<bool>,
    #[serde(deserialize_with = "lenient")]
    limit: Option<i64>,
    #[serde(deserialize_with = "lenient")]
    offset: Option<i64>,
}

/// What a search found.
#[derive(Debug, Serialize)]
struct Results {
    accounts: Vec<Account>,
    statuses: Vec<Status>,
    hashtags: Vec<Tag>,
    collections: [(); 0],
}

/// Looks for accounts, posts and hashtags.
async fn everything(
    State(app): State<App>,
    viewer: Option<Viewer<scope::ReadSearch>>,
    Params(query): Params<Query>,
) -> Result<Json<Results>> {
    let text = query.q.as_deref().unwrap_or_default();
    if text.trim().is_empty() {
        let text = "param is missing or the value is empty or invalid: q";
        return Err(Error::BadRequest(text.to_owned()).into());
    }
    if query.limit.is_some_and(i64::is_negative) || query.offset.is_some_and(i64::is_negative) {
        let text = "Pagination values for `offset` and `limit` must be positive";
        return Err(Error::BadRequest(text.to_owned()).into());
    }
    let viewer = viewer.map(|viewer| viewer.account_id);
    if viewer.is_none() {
        if query.offset.is_some() {
            let text = "Search queries pagination is not supported without authentication";
            return Err(Error::Unauthenticated(text).into());
        }
        if query.resolve == Some(true) {
            let text = "Search queries that resolve remote resources are not supported without \
                 authentication";
            return Err(Error::Unauthenticated(text).into());
        }
    }
    let kind = match query.kind.as_deref() {
        None | Some("") => None,
        Some("accounts") => Some(Kind::Accounts),
        Some("hashtags") => Some(Kind::Hashtags),
        Some("statuses") => Some(Kind::Statuses),
        // Collections, and words that stand for nothing, which find nothing.
        Some(_) => Some(Kind::Collections),
    };
    let wanted = Wanted {
        query: text,
        viewer,
        resolve: query.resolve.unwrap_or(false),
        following: query.following.unwrap_or(false),
        exclude_unreviewed: query.exclude_unreviewed.unwrap_or(false),
        limit: query.limit.unwrap_or(20).min(40),
        offset: if kind.is_some() { query.offset.unwrap_or(0) } else { 0 },
    };
    let found = search::search(&app, &wanted, kind).await?;
    let mut conn = app.db.acquire().await?;
    Ok(Json(Results {
        accounts: Account::render(&app, &mut conn, viewer, found.accounts).await?,
        statuses: Status::render(&app, &mut conn, viewer, found.statuses).await?,
        hashtags: Tag::render(&app, &mut conn, viewer, found.tags).await?,
        collections: [],
    }))
}

/// Looks for accounts.
async fn accounts(
    State(app): State<App>,
    viewer: Viewer<scope::ReadAccounts>,
    Params(query): Params<Query>,
) -> Result<Json<Vec<Account>>> {
    let wanted = Wanted {
        query: query.q.as_deref().unwrap_or_default(),
        viewer: Some(viewer.account_id),
        resolve: query.resolve.unwrap_or(false),
        following: query.following.unwrap_or(false),
        exclude_unreviewed: false,
        limit: query.limit.map_or(40, i64::saturating_abs).min(80),
        offset: query.offset.unwrap_or(0).max(0),
    };
    let found = search::accounts(&app, &wanted).await?;
    let mut conn = app.db.acquire().await?;
    Ok(Json(Account::render(&app, &mut conn, Some(viewer.account_id), found).await?))
}
