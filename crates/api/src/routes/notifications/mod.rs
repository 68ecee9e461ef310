//! `/api/v1/notifications`; groups of them are `/api/v2/notifications`.

use axum::extract::State;
use axum::http::Uri;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use ferrodon_app::entities::Notification;
use ferrodon_app::{App, Error};
use ferrodon_core::{AccountId, NotificationId, NotificationKind, Page};
use ferrodon_db as db;
use ferrodon_db::PgConnection;
use ferrodon_db::notification_lists::{self as lists, Wanted};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::auth::{Viewer, scope};
use crate::error::Result;
use crate::links::{Style, paged};
use crate::params::{Params, Path};

mod grouped;
mod policy;
mod requests;

pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/api/v1/notifications", get(list))
        .route("/api/v1/notifications/unread_count", get(unread_count))
        .route("/api/v1/notifications/clear", post(clear))
        .route("/api/v1/notifications/{id}", get(show))
        .route("/api/v1/notifications/{id}/dismiss", post(dismiss))
        .merge(grouped::router())
        .merge(policy::router())
        .merge(requests::router())
}

type Reader = Viewer<scope::ReadNotifications>;
type Writer = Viewer<scope::WriteNotifications>;

/// What a list is narrowed to.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Filter {
    types: Vec<String>,
    exclude_types: Vec<String>,
    account_id: Option<AccountId>,
    include_filtered: Option<bool>,
    supported_types: Option<Vec<String>>,
    grouped_types: Option<Vec<String>>,
    expand_accounts: Option<String>,
    #[serde(flatten)]
    page: Page,
}

impl Filter {
    fn wanted(&self, viewer: AccountId, from: Option<AccountId>) -> Wanted {
        let kinds = NotificationKind::ALL.iter().map(|kind| kind.as_str());
        let kinds = kinds
            .filter(|kind| self.types.is_empty() || self.types.iter().any(|one| one == kind))
            .filter(|kind| !self.exclude_types.iter().any(|one| one == kind));
        Wanted {
            account_id: viewer,
            kinds: kinds.map(str::to_owned).collect(),
            from,
            include_filtered: self.include_filtered.unwrap_or(false) || from.is_some(),
        }
    }
}

/// A page of notifications.
async fn list(
    State(app): State<App>,
    viewer: Reader,
    uri: Uri,
    Params(filter): Params<Filter>,
) -> Result<impl IntoResponse> {
    let limit = filter.page.limit(40, 80);
    let wanted = filter.wanted(viewer.account_id, filter.account_id);
    let mut conn = app.db.acquire().await?;
    let rows = lists::list(&mut conn, &wanted, &filter.page, limit).await?;
    let supported = filter.supported_types.as_deref();
    let shown = Notification::render(&app, &mut conn, viewer.account_id, &rows, supported).await?;
    let ids: Vec<i64> = rows.iter().map(|row| row.id.0).collect();
    let kept = ["types[]", "exclude_types[]", "account_id", "include_filtered"];
    Ok((paged(&app, &uri, &kept, Style::Timeline, &ids, limit), Json(shown)))
}

/// One notification.
async fn show(
    State(app): State<App>,
    viewer: Reader,
    Path(id): Path<NotificationId>,
    Params(filter): Params<Filter>,
) -> Result<Json<Notification>> {
    let mut conn = app.db.acquire().await?;
    let account = viewer.account_id;
    let row = lists::find(&mut conn, account, id).await?.ok_or(Error::NotFound)?;
    let supported = filter.supported_types.as_deref();
    let shown = Notification::render(&app, &mut conn, account, &[row], supported).await?;
    Ok(Json(shown.into_iter().next().ok_or(Error::NotFound)?))
}

/// How many came since the marker was moved.
async fn unread_count(
    State(app): State<App>,
    viewer: Reader,
    Params(filter): Params<Filter>,
) -> Result<Json<Value>> {
    let limit = filter.page.limit(100, 1000);
    let wanted = filter.wanted(viewer.account_id, filter.account_id);
    let mut conn = app.db.acquire().await?;
    let read = last_read(&mut conn, &viewer).await?;
    let count = lists::count_newer(&mut conn, &wanted, read, limit).await?;
    Ok(Json(json!({ "count": count })))
}

/// How far the marker was moved.
async fn last_read(conn: &mut PgConnection, viewer: &Reader) -> Result<i64> {
    let marker = db::markers::find(conn, viewer.user_id, &["notifications".to_owned()]).await?;
    Ok(marker.first().map_or(0, |marker| marker.last_read_id))
}

/// Forgets all.
async fn clear(State(app): State<App>, viewer: Writer) -> Result<Json<Value>> {
    let mut conn = app.db.acquire().await?;
    lists::clear(&mut conn, viewer.account_id).await?;
    Ok(Json(json!({})))
}

/// Forgets one.
async fn dismiss(
    State(app): State<App>,
    viewer: Writer,
    Path(id): Path<NotificationId>,
) -> Result<Json<Value>> {
    let mut conn = app.db.acquire().await?;
    if !lists::dismiss(&mut conn, viewer.account_id, id).await? {
        return Err(Error::NotFound.into());
    }
    Ok(Json(json!({})))
}
