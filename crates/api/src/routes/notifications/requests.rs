//! `/api/v1/notifications/requests`: senders whose notifications are kept back.

use std::collections::HashMap;

use axum::extract::State;
use axum::http::Uri;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use ferrodon_app::entities::{Account, Status, Time};
use ferrodon_app::{App, Error};
use ferrodon_core::{AccountId, Page, StatusId};
use ferrodon_db::PgConnection;
use ferrodon_db::notification_policies::{self as policies, Request as Row};
use serde::Serialize;

use super::Reader;
use crate::error::Result;
use crate::links::{Style, paged};
use crate::params::{Number, Params, Path};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/api/v1/notifications/requests", get(list))
        .route("/api/v1/notifications/requests/{id}", get(show))
}

/// A sender whose notifications wait.
#[derive(Debug, Serialize)]
struct NotificationRequest {
    id: String,
    created_at: Time,
    updated_at: Time,
    notifications_count: String,
    account: Account,
    last_status: Option<Status>,
}

impl NotificationRequest {
    async fn render(
        app: &App,
        conn: &mut PgConnection,
        viewer: AccountId,
        rows: Vec<Row>,
    ) -> Result<Vec<Self>> {
        let ids: Vec<AccountId> = rows.iter().map(|row| row.from_account_id).collect();
        let accounts = Account::render_ids(app, conn, Some(viewer), &ids).await?;
        let mut accounts: HashMap<_, _> =
            accounts.into_iter().map(|account| (account.id, account)).collect();
        let ids: Vec<StatusId> = rows.iter().filter_map(|row| row.last_status_id).collect();
        let statuses = Status::render_ids(app, conn, Some(viewer), &ids).await?;
        let mut statuses: HashMap<_, _> =
            statuses.into_iter().map(|status| (status.id, status)).collect();
        let shown = rows.into_iter().filter_map(|row| {
            Some(Self {
                id: row.id.to_string(),
                created_at: Time(row.created_at),
                updated_at: Time(row.updated_at),
                notifications_count: row.notifications_count.min(100).to_string(),
                account: accounts.remove(&row.from_account_id)?,
                last_status: row.last_status_id.and_then(|id| statuses.remove(&id)),
            })
        });
        Ok(shown.collect())
    }
}

/// A page of them.
async fn list(
    State(app): State<App>,
    viewer: Reader,
    uri: Uri,
    Params(page): Params<Page>,
) -> Result<impl IntoResponse> {
    let limit = page.limit(40, 80);
    let mut conn = app.db.acquire().await?;
    let rows = policies::requests(&mut conn, viewer.account_id, &page, limit).await?;
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let shown = NotificationRequest::render(&app, &mut conn, viewer.account_id, rows).await?;
    Ok((paged(&app, &uri, &[], Style::Items, &ids, limit), Json(shown)))
}

/// One of them.
async fn show(
    State(app): State<App>,
    viewer: Reader,
    Path(id): Path<Number>,
) -> Result<Json<NotificationRequest>> {
    let mut conn = app.db.acquire().await?;
    let row = policies::request(&mut conn, viewer.account_id, id.0).await?;
    let row = row.ok_or(Error::NotFound)?;
    let shown = NotificationRequest::render(&app, &mut conn, viewer.account_id, vec![row]).await?;
    Ok(Json(shown.into_iter().next().ok_or(Error::NotFound)?))
}
