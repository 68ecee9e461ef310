//! `/api/v1/preferences`

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use ferrodon_app::{App, Error};
use ferrodon_core::UserSettings;
use ferrodon_db as db;
use serde_json::{Value, json};

use crate::auth::{Viewer, scope};
use crate::error::Result;

pub(crate) fn router() -> Router<App> {
    Router::new().route("/api/v1/preferences", get(show))
}

/// What a person chose that apps should heed.
async fn show(State(app): State<App>, viewer: Viewer<scope::ReadAccounts>) -> Result<Json<Value>> {
    let mut conn = app.db.acquire().await?;
    let account = db::accounts::find(&mut conn, viewer.account_id).await?.ok_or(Error::NotFound)?;
    let settings = UserSettings::parse(viewer.user().settings.as_deref());
    let locale = viewer.user().locale.as_deref().filter(|locale| !locale.is_empty());
    let locale = locale.unwrap_or(&app.config.default_locale);
    Ok(Json(json!({
        "posting:default:visibility": settings.default_privacy(account.locked),
        "posting:default:sensitive": settings.default_sensitive(),
        "posting:default:language": settings.default_language().unwrap_or(locale),
        "posting:default:quote_policy": settings.default_quote_policy(),
        "reading:expand:media": settings.word("web.display_media").unwrap_or("default"),
        "reading:expand:spoilers": settings.flag("web.expand_content_warnings").unwrap_or(false),
        "reading:autoplay:gifs": settings.flag("web.auto_play").unwrap_or(false),
    })))
}
