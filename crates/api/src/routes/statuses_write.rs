//! `/api/v1/statuses`: posting, deleting, and what people do with a status.

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{delete, post, put};
use ferrodon_app::statuses::{Draft, Edit, Poll, PostError, Sensitive, marks, schedule};
use ferrodon_app::{App, Error, entities, favourites, reblogs, statuses, throttle};
use ferrodon_core::page::lenient;
use ferrodon_core::{AccountId, MediaId, StatusId, Visibility};
use ferrodon_db as db;
use ferrodon_db::statuses::Status;
use serde::Deserialize;
use serde_json::{Value, json};

use super::scheduled_statuses;
use crate::auth::{Viewer, scope};
use crate::error::{ApiError, Result};
use crate::params::{Params, Path};

/// How many deletions and boosts taken back, in how many seconds.
const DELETIONS: (i64, i64) = (30, 30 * 60);

pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/api/v1/statuses", post(create))
        .route("/api/v1/statuses/{id}", delete(remove).put(edit).patch(edit))
        .route(
            "/api/v1/statuses/{id}/interaction_policy",
            put(set_quote_policy).patch(set_quote_policy),
        )
        .route("/api/v1/statuses/{id}/favourite", post(favourite))
        .route("/api/v1/statuses/{id}/unfavourite", post(unfavourite))
        .route("/api/v1/statuses/{id}/reblog", post(reblog))
        .route("/api/v1/statuses/{id}/unreblog", post(unreblog))
        .route("/api/v1/statuses/{id}/bookmark", post(bookmark))
        .route("/api/v1/statuses/{id}/unbookmark", post(unbookmark))
        .route("/api/v1/statuses/{id}/pin", post(pin))
        .route("/api/v1/statuses/{id}/unpin", post(unpin))
        .route("/api/v1/statuses/{id}/mute", post(mute))
        .route("/api/v1/statuses/{id}/unmute", post(unmute))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct NewStatus {
    status: Option<String>,
    spoiler_text: Option<String>,
    visibility: Option<String>,
    language: Option<String>,
    sensitive: Option<Value>,
    in_reply_to_id: Option<StatusId>,
    media_ids: Vec<MediaId>,
    poll: Option<NewPoll>,
    quoted_status_id: Option<StatusId>,
    quote_approval_policy: Option<String>,
    allowed_mentions: Option<Vec<AccountId>>,
    scheduled_at: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct NewPoll {
    options: Vec<String>,
    #[serde(deserialize_with = "lenient")]
    expires_in: Option<i64>,
    multiple: bool,
    hide_totals: bool,
}

impl NewPoll {
    /// A poll without choices is none.
    fn into_poll(self) -> Option<Poll> {
        (!self.options.is_empty()).then(|| Poll {
            options: self.options,
            expires_in: self.expires_in.unwrap_or(0),
            multiple: self.multiple,
            hide_totals: self.hide_totals,
        })
    }
}

/// Posts a status, now or at a later time.
async fn create(
    State(app): State<App>,
    viewer: Viewer<scope::WriteStatuses>,
    headers: HeaderMap,
    Params(new): Params<NewStatus>,
) -> Result<impl IntoResponse> {
    let key = headers.get("idempotency-key").and_then(|value| value.to_str().ok());
    let draft = Draft {
        text: new.status.unwrap_or_default(),
        spoiler_text: new.spoiler_text,
        visibility: visibility(new.visibility.as_deref())?,
        language: new.language,
        sensitive: sensitive(new.sensitive.as_ref()),
        in_reply_to_id: new.in_reply_to_id,
        media_ids: new.media_ids,
        poll: new.poll.and_then(NewPoll::into_poll),
        quoted_status_id: new.quoted_status_id,
        quote_approval_policy: new.quote_approval_policy,
        allowed_mentions: new.allowed_mentions,
        idempotency_key: key.filter(|key| !key.is_empty()).map(str::to_owned),
        application_id: viewer.application_id(),
    };
    if let Some(at) = new.scheduled_at.as_deref().filter(|at| !at.is_empty()) {
        let at = scheduled_statuses::instant(at)?;
        if at > app.clock.now() {
            let row = schedule::schedule(&app, viewer.account_id, &draft, at).await?;
            return Ok(scheduled_statuses::shown(&app, row).await?.into_response());
        }
    }
    let status = match statuses::post(&app, viewer.account_id, draft).await {
        Ok(status) => status,
        Err(PostError::Other(error)) => return Err(error.into()),
        Err(PostError::UnexpectedAccounts(ids)) => {
            return Err(unexpected(&app, viewer.account_id, &ids).await?);
        }
    };
    Ok(shown(&app, viewer.account_id, status).await?.into_response())
}

/// Says whom a post would have been sent to although nobody expected that.
async fn unexpected(app: &App, viewer: AccountId, ids: &[AccountId]) -> Result<ApiError> {
    let mut conn = app.db.acquire().await?;
    let accounts = entities::Account::render_ids(app, &mut conn, Some(viewer), ids).await?;
    let body = json!({
        "error": "Post would be sent to unexpected accounts",
        "unexpected_accounts": accounts,
    });
    Ok(ApiError::with_body(StatusCode::UNPROCESSABLE_ENTITY, body))
}

fn visibility(given: Option<&str>) -> Result<Option<Visibility>> {
    match given.filter(|given| !given.is_empty()) {
        None => Ok(None),
        Some(given) => match given.parse() {
            Ok(Visibility::Limited) | Err(()) => {
                let text = "Visibility is not included in the list".to_owned();
                Err(Error::Invalid(text).into())
            }
            Ok(visibility) => Ok(Some(visibility)),
        },
    }
}

/// A warning makes a post sensitive; only the word `false`, as forms send it, is stronger.
fn sensitive(given: Option<&Value>) -> Sensitive {
    match given {
        None | Some(Value::Null | Value::Array(_) | Value::Object(_)) => Sensitive::Default,
        Some(Value::Bool(false)) => Sensitive::No,
        Some(Value::String(word)) if word.is_empty() => Sensitive::Default,
        Some(Value::String(word))
            if matches!(word.as_str(), "false" | "0" | "f" | "F" | "FALSE" | "off" | "OFF") =>
        {
            Sensitive::Never
        }
        Some(Value::Number(number)) if number.as_i64() == Some(0) => Sensitive::Never,
        Some(_) => Sensitive::Yes,
    }
}

/// A status by itself as its viewer sees it.
async fn shown(app: &App, viewer: AccountId, row: Status) -> Result<Json<entities::Status>> {
    let mut conn = app.db.acquire().await?;
    Ok(Json(entities::Status::render_one(app, &mut conn, Some(viewer), row).await?))
}

/// Deletes one's own status, and gives it back as it was typed.
async fn remove(
    State(app): State<App>,
    viewer: Viewer<scope::WriteStatuses>,
    Path(id): Path<StatusId>,
) -> Result<impl IntoResponse> {
    throttle_deletions(&app, &viewer).await?;
    let mut conn = app.db.acquire().await?;
    let row = db::statuses::find(&mut conn, id).await?;
    let row = row.filter(|row| row.account_id == viewer.account_id).ok_or(Error::NotFound)?;
    let source = entities::Status::render_source(&app, &mut conn, viewer.account_id, row).await?;
    drop(conn);
    statuses::remove(&app, viewer.account_id, id).await?;
    Ok(Json(source))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Changes {
    status: Option<String>,
    spoiler_text: Option<String>,
    language: Option<String>,
    sensitive: Option<Value>,
    media_ids: Vec<MediaId>,
    media_attributes: Vec<MediaChanges>,
    poll: Option<NewPoll>,
    quote_approval_policy: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct MediaChanges {
    id: Option<MediaId>,
    description: Option<String>,
}

/// Edits one's own status: what is not sent is taken away.
async fn edit(
    State(app): State<App>,
    viewer: Viewer<scope::WriteStatuses>,
    Path(id): Path<StatusId>,
    Params(changes): Params<Changes>,
) -> Result<impl IntoResponse> {
    let edit = Edit {
        text: changes.status.unwrap_or_default(),
        spoiler_text: changes.spoiler_text,
        sensitive: sensitive(changes.sensitive.as_ref()),
        language: changes.language,
        media_ids: changes.media_ids,
        descriptions: changes
            .media_attributes
            .into_iter()
            .filter_map(|media| Some((media.id?, media.description?)))
            .collect(),
        poll: changes.poll.and_then(NewPoll::into_poll),
        quote_approval_policy: changes.quote_approval_policy,
    };
    let status = statuses::edit(&app, viewer.account_id, id, edit).await?;
    shown(&app, viewer.account_id, status).await
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Policy {
    quote_approval_policy: Option<String>,
}

/// Changes who may quote one's own status.
async fn set_quote_policy(
    State(app): State<App>,
    viewer: Viewer<scope::WriteStatuses>,
    Path(id): Path<StatusId>,
    Params(policy): Params<Policy>,
) -> Result<impl IntoResponse> {
    let word = policy.quote_approval_policy.as_deref();
    let status = statuses::set_quote_policy(&app, viewer.account_id, id, word).await?;
    shown(&app, viewer.account_id, status).await
}

async fn throttle_deletions(app: &App, viewer: &Viewer<scope::WriteStatuses>) -> Result<()> {
    let (limit, period) = DELETIONS;
    let who = viewer.user_id.to_string();
    if throttle::hit(app, "throttle_api_delete", &who, period).await > limit {
        return Err(Error::TooManyRequests.into());
    }
    Ok(())
}

/// Favourites a status.
async fn favourite(
    State(app): State<App>,
    viewer: Viewer<scope::WriteFavourites>,
    Path(id): Path<StatusId>,
) -> Result<impl IntoResponse> {
    let status = favourites::add(&app, viewer.account_id, id).await?;
    shown(&app, viewer.account_id, status).await
}

/// Takes a favourite back.
async fn unfavourite(
    State(app): State<App>,
    viewer: Viewer<scope::WriteFavourites>,
    Path(id): Path<StatusId>,
) -> Result<impl IntoResponse> {
    let status = favourites::remove(&app, viewer.account_id, id).await?;
    shown(&app, viewer.account_id, status).await
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct NewReblog {
    visibility: Option<String>,
}

/// Boosts a status.
async fn reblog(
    State(app): State<App>,
    viewer: Viewer<scope::WriteStatuses>,
    Path(id): Path<StatusId>,
    Params(new): Params<NewReblog>,
) -> Result<impl IntoResponse> {
    let visibility = visibility(new.visibility.as_deref())?;
    let reblog = reblogs::add(&app, viewer.account_id, id, visibility).await?;
    shown(&app, viewer.account_id, reblog).await
}

/// Takes a boost back.
async fn unreblog(
    State(app): State<App>,
    viewer: Viewer<scope::WriteStatuses>,
    Path(id): Path<StatusId>,
) -> Result<impl IntoResponse> {
    throttle_deletions(&app, &viewer).await?;
    let status = reblogs::remove(&app, viewer.account_id, id).await?;
    shown(&app, viewer.account_id, status).await
}

/// Keeps a status for oneself.
async fn bookmark(
    State(app): State<App>,
    viewer: Viewer<scope::WriteBookmarks>,
    Path(id): Path<StatusId>,
) -> Result<impl IntoResponse> {
    let status = marks::bookmark(&app, viewer.account_id, id).await?;
    shown(&app, viewer.account_id, status).await
}

/// Keeps a status no longer.
async fn unbookmark(
    State(app): State<App>,
    viewer: Viewer<scope::WriteBookmarks>,
    Path(id): Path<StatusId>,
) -> Result<impl IntoResponse> {
    let status = marks::unbookmark(&app, viewer.account_id, id).await?;
    shown(&app, viewer.account_id, status).await
}

/// Shows a status first on one's profile.
async fn pin(
    State(app): State<App>,
    viewer: Viewer<scope::WriteAccounts>,
    Path(id): Path<StatusId>,
) -> Result<impl IntoResponse> {
    let status = marks::pin(&app, viewer.account_id, id).await?;
    shown(&app, viewer.account_id, status).await
}

/// Shows a status no longer first.
async fn unpin(
    State(app): State<App>,
    viewer: Viewer<scope::WriteAccounts>,
    Path(id): Path<StatusId>,
) -> Result<impl IntoResponse> {
    let status = marks::unpin(&app, viewer.account_id, id).await?;
    shown(&app, viewer.account_id, status).await
}

/// Wants to hear no more of a thread.
async fn mute(
    State(app): State<App>,
    viewer: Viewer<scope::WriteMutes>,
    Path(id): Path<StatusId>,
) -> Result<impl IntoResponse> {
    let status = marks::mute_thread(&app, viewer.account_id, id, true).await?;
    shown(&app, viewer.account_id, status).await
}

/// Wants to hear of a thread again.
async fn unmute(
    State(app): State<App>,
    viewer: Viewer<scope::WriteMutes>,
    Path(id): Path<StatusId>,
) -> Result<impl IntoResponse> {
    let status = marks::mute_thread(&app, viewer.account_id, id, false).await?;
    shown(&app, viewer.account_id, status).await
}
