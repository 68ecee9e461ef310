//! `/api/v1/apps`

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use ferrodon_app::oauth::registration::{self, NewApp};
use ferrodon_app::{App, Error};
use ferrodon_core::ApplicationId;
use ferrodon_db as db;
use ferrodon_db::oauth_applications;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::auth::{Token, scope};
use crate::error::Result;
use crate::params::Params;

pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/api/v1/apps", post(create))
        .route("/api/v1/apps/verify_credentials", get(verify_credentials))
}

/// An app, as it sees itself.
#[derive(Debug, Serialize)]
struct Application {
    id: ApplicationId,
    name: String,
    website: Option<String>,
    scopes: Vec<String>,
    redirect_uris: Vec<String>,
    redirect_uri: String,
    vapid_key: String,
}

/// The same with its secret, which it is told once.
#[derive(Serialize)]
struct CredentialApplication {
    #[serde(flatten)]
    application: Application,
    client_id: String,
    client_secret: String,
    client_secret_expires_at: i64,
}

impl Application {
    fn of(app: &App, row: &oauth_applications::Application) -> Self {
        let words = |text: &str| text.split_ascii_whitespace().map(str::to_owned).collect();
        Self {
            id: row.id,
            name: row.name.clone(),
            website: row.website.clone(),
            scopes: words(&row.scopes),
            redirect_uris: words(&row.redirect_uri),
            redirect_uri: row.redirect_uri.clone(),
            vapid_key: app.config.vapid_public_key.clone(),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Form {
    client_name: String,
    /// Text with one address a line, or a list.
    redirect_uris: Value,
    scopes: Option<String>,
    website: Option<String>,
}

/// Registers an app.
async fn create(
    State(app): State<App>,
    Params(form): Params<Form>,
) -> Result<Json<CredentialApplication>> {
    let redirect_uris = match form.redirect_uris {
        Value::String(text) => text,
        Value::Array(list) => {
            let words: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
            words.join("\n")
        }
        _ => String::new(),
    };
    let new = NewApp {
        name: form.client_name,
        redirect_uris,
        scopes: form.scopes.unwrap_or_default(),
        website: form.website,
    };
    let new = registration::register(&app, new).await?;
    Ok(Json(CredentialApplication {
        application: Application::of(&app, &new.application),
        client_id: new.client_id,
        client_secret: new.client_secret,
        client_secret_expires_at: 0,
    }))
}

/// Shows the app whose token this is.
async fn verify_credentials(
    State(app): State<App>,
    token: Token<scope::Any>,
) -> Result<Json<Application>> {
    let id = token.presented.application_id.ok_or(Error::NotFound)?;
    let mut conn = app.db.acquire().await?;
    let row = db::oauth_applications::find(&mut conn, id).await?.ok_or(Error::NotFound)?;
    Ok(Json(Application::of(&app, &row)))
}
