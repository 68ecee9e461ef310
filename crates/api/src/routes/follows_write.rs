//! Following: `/api/v1/accounts/{id}/follow` and its kin, `/api/v1/follow_requests`.

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::post;
use ferrodon_app::follows::Asked;
use ferrodon_app::{App, Error, entities, follows};
use ferrodon_core::AccountId;
use ferrodon_db as db;
use serde::Deserialize;

use crate::auth::{Viewer, scope};
use crate::error::Result;
use crate::params::{Params, Path};

pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/api/v1/accounts/{id}/follow", post(follow))
        .route("/api/v1/accounts/{id}/unfollow", post(unfollow))
        .route("/api/v1/accounts/{id}/remove_from_followers", post(remove_from_followers))
        .route("/api/v1/follow_requests/{id}/authorize", post(authorize))
        .route("/api/v1/follow_requests/{id}/reject", post(reject))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Wanted {
    reblogs: Option<bool>,
    notify: Option<bool>,
    languages: Option<Vec<String>>,
}

/// Follows an account, or asks to.
async fn follow(
    State(app): State<App>,
    viewer: Viewer<scope::WriteFollows>,
    Path(id): Path<AccountId>,
    Params(wanted): Params<Wanted>,
) -> Result<impl IntoResponse> {
    let asked =
        Asked { show_reblogs: wanted.reblogs, notify: wanted.notify, languages: wanted.languages };
    follows::add(&app, viewer.account_id, id, &asked).await?;
    let mut relationship = relationship(&app, viewer.account_id, id).await?;
    // A remote account that lets everyone follow will say yes: clients are not made to wait.
    if relationship.requested {
        let mut conn = app.db.acquire().await?;
        let target = db::accounts::find(&mut conn, id).await?.ok_or(Error::NotFound)?;
        let viewer = db::accounts::find(&mut conn, viewer.account_id).await?;
        let limited = viewer.is_none_or(|viewer| viewer.silenced_at.is_some());
        if !target.locked && !limited {
            relationship.following = true;
            relationship.requested = false;
        }
    }
    Ok(Json(relationship))
}

/// Follows an account no longer, or takes the request back.
async fn unfollow(
    State(app): State<App>,
    viewer: Viewer<scope::WriteFollows>,
    Path(id): Path<AccountId>,
) -> Result<impl IntoResponse> {
    follows::remove(&app, viewer.account_id, id).await?;
    Ok(Json(relationship(&app, viewer.account_id, id).await?))
}

/// Ends that an account follows the viewer.
async fn remove_from_followers(
    State(app): State<App>,
    viewer: Viewer<scope::WriteFollows>,
    Path(id): Path<AccountId>,
) -> Result<impl IntoResponse> {
    follows::remove_follower(&app, viewer.account_id, id).await?;
    Ok(Json(relationship(&app, viewer.account_id, id).await?))
}

/// Lets someone follow who asked to.
async fn authorize(
    State(app): State<App>,
    viewer: Viewer<scope::WriteFollows>,
    Path(id): Path<AccountId>,
) -> Result<impl IntoResponse> {
    follows::authorize(&app, viewer.account_id, id).await?;
    Ok(Json(relationship(&app, viewer.account_id, id).await?))
}

/// Does not let someone follow who asked to.
async fn reject(
    State(app): State<App>,
    viewer: Viewer<scope::WriteFollows>,
    Path(id): Path<AccountId>,
) -> Result<impl IntoResponse> {
    follows::reject(&app, viewer.account_id, id).await?;
    Ok(Json(relationship(&app, viewer.account_id, id).await?))
}

/// What the account is to the viewer now.
async fn relationship(
    app: &App,
    viewer: AccountId,
    id: AccountId,
) -> Result<entities::Relationship> {
    let mut conn = app.db.acquire().await?;
    let found = entities::Relationship::of(&mut conn, viewer, &[id], true).await?;
    Ok(found.into_iter().next().ok_or(Error::NotFound)?)
}
