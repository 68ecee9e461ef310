//! `/api/v1/instance`, `/api/v2/instance` and what hangs on them.

use axum::extract::State;
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use chrono::NaiveDate;
use ferrodon_app::entities::{Date, Seconds};
use ferrodon_app::{App, Error, entities, instance, settings};
use ferrodon_core::languages::LANGUAGES;
use ferrodon_core::text::markdown;
use ferrodon_db as db;
use ferrodon_db::terms_of_services::Terms;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::auth::{Viewer, functional, scope};
use crate::error::{ApiError, Result};
use crate::headers;
use crate::params::{Params, Path};

mod about;

pub(crate) fn router() -> Router<App> {
    let for_everyone = Router::new()
        .route("/api/v2/instance", get(about::v2))
        .route(
            "/api/v1/instance",
            get(about::v1).layer(map_response(headers::deprecated::<1_668_384_000>)),
        )
        .route("/api/v1/instance/peers", get(peers))
        .route("/api/v1/instance/rules", get(rules))
        .route("/api/v1/instance/activity", get(activity))
        .route("/api/v1/instance/terms_of_service", get(terms))
        .route("/api/v1/instance/terms_of_service/{date}", get(terms_of))
        .route("/api/v1/instance/privacy_policy", get(privacy_policy))
        .route("/api/v1/instance/extended_description", get(extended_description))
        .route("/api/v1/instance/translation_languages", get(translation_languages))
        .route("/api/v1/instance/languages", get(languages))
        .route("/api/v1/peers/search", get(search_peers))
        .layer(map_response(headers::for_everyone));
    Router::new().route("/api/v1/instance/domain_blocks", get(domain_blocks)).merge(for_everyone)
}

/// The domains that are known.
async fn peers(State(app): State<App>) -> Result<Json<Vec<String>>> {
    if app.config.limited_federation || !settings::current(&app).await?.peers_api_enabled() {
        return Err(ApiError::empty_not_found());
    }
    let mut conn = app.db.acquire().await?;
    Ok(Json(db::instances::peers(&mut conn).await?))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Search {
    q: String,
}

/// The known domains that begin with something.
async fn search_peers(
    State(app): State<App>,
    Params(search): Params<Search>,
) -> Result<Json<Option<Vec<String>>>> {
    if app.config.limited_federation || !settings::current(&app).await?.peers_api_enabled() {
        return Err(ApiError::empty_not_found());
    }
    let prefix = search.q.trim().to_lowercase();
    if prefix.is_empty() {
        return Ok(Json(None));
    }
    let mut conn = app.db.acquire().await?;
    Ok(Json(Some(db::instances::search(&mut conn, &prefix, 10).await?)))
}

/// A rule of the server.
#[derive(Debug, Serialize)]
struct Rule {
    id: String,
    text: String,
    hint: String,
    translations: Value,
}

async fn read_rules(app: &App) -> Result<Vec<Rule>> {
    let mut conn = app.db.acquire().await?;
    let rules = db::rules::all(&mut conn).await?.into_iter().map(|row| Rule {
        id: row.id.to_string(),
        text: row.text,
        hint: row.hint,
        translations: row.translations.0,
    });
    Ok(rules.collect())
}

/// The rules.
async fn rules(State(app): State<App>) -> Result<Json<Vec<Rule>>> {
    Ok(Json(read_rules(&app).await?))
}

/// The last twelve weeks in numbers.
async fn activity(State(app): State<App>) -> Result<Json<Value>> {
    if app.config.limited_federation || !settings::current(&app).await?.activity_api_enabled() {
        return Err(ApiError::empty_not_found());
    }
    let weeks = instance::weeks(&app).await?;
    let weeks = weeks.iter().map(|week| {
        json!({
            "week": week.start.to_string(),
            "statuses": week.statuses.to_string(),
            "logins": week.logins.to_string(),
            "registrations": week.registrations.to_string(),
        })
    });
    Ok(Json(weeks.collect()))
}

/// The servers with which contact is limited, where admins show them.
async fn domain_blocks(
    State(app): State<App>,
    viewer: Option<Viewer<scope::Any>>,
) -> Result<Response> {
    let settings = settings::current(&app).await?;
    let is_user = viewer.is_some_and(|viewer| functional(viewer.user()).is_ok());
    let visible = |to: &str| to == "all" || (to == "users" && is_user);
    if !visible(settings.show_domain_blocks()) {
        return Err(ApiError::empty_not_found());
    }
    let with_comments = visible(settings.show_domain_blocks_rationale());
    let blocks = Json(instance::domain_blocks(&app, with_comments).await?);
    if settings.show_domain_blocks() == "all" {
        return Ok(headers::for_everyone(blocks.into_response()).await);
    }
    Ok(blocks.into_response())
}

#[derive(Debug, Serialize)]
struct TermsOfService {
    effective_date: Value,
    effective: Option<bool>,
    content: String,
    succeeded_by: Option<Date>,
}

impl TermsOfService {
    fn of(app: &App, terms: Terms) -> Self {
        let today = app.clock.now().date_naive();
        let date = match terms.effective_date {
            Some(date) => serde_json::to_value(Date(date)),
            None => serde_json::to_value(terms.published_at.map(Seconds)),
        };
        Self {
            effective_date: date.unwrap_or_default(),
            effective: terms.effective_date.map(|date| date <= today),
            content: markdown::to_html(&terms.text),
            succeeded_by: terms.succeeded_by.map(Date),
        }
    }
}

/// The terms that count now, else those that will.
async fn terms(State(app): State<App>) -> Result<Json<TermsOfService>> {
    let mut conn = app.db.acquire().await?;
    let today = app.clock.now().date_naive();
    let terms = db::terms_of_services::current(&mut conn, today).await?.ok_or(Error::NotFound)?;
    Ok(Json(TermsOfService::of(&app, terms)))
}

/// The terms that count from a day on.
async fn terms_of(
    State(app): State<App>,
    Path(date): Path<String>,
) -> Result<Json<TermsOfService>> {
    let date: NaiveDate = date.parse().map_err(|_| Error::NotFound)?;
    let mut conn = app.db.acquire().await?;
    let terms = db::terms_of_services::from_date(&mut conn, date).await?.ok_or(Error::NotFound)?;
    Ok(Json(TermsOfService::of(&app, terms)))
}

/// The privacy policy: the admins' own, or the built-in one.
async fn privacy_policy(State(app): State<App>) -> Result<Json<Value>> {
    let settings = settings::current(&app).await?;
    let (text, updated_at) = match settings.privacy_policy() {
        Some(text) => (text, settings.updated_at("site_terms").map(Seconds)),
        None => (instance::PRIVACY_POLICY, None),
    };
    let content = markdown::to_html(&text.replace("%DOMAIN%", &app.config.local_domain));
    let updated_at = match updated_at {
        Some(at) => serde_json::to_value(at).unwrap_or_default(),
        None => json!("2022-10-07T00:00:00+00:00"),
    };
    Ok(Json(json!({ "updated_at": updated_at, "content": content })))
}

/// The long description.
async fn extended_description(State(app): State<App>) -> Result<Json<Value>> {
    let settings = settings::current(&app).await?;
    let updated_at = settings.updated_at("site_extended_description").map(entities::Seconds);
    let content = markdown::to_html(settings.extended_description());
    Ok(Json(json!({ "updated_at": updated_at, "content": content })))
}

/// Between which languages posts can be translated: none.
async fn translation_languages() -> Json<Value> {
    Json(json!({}))
}

/// The languages that posts may be in.
async fn languages() -> Json<Vec<Value>> {
    let languages = LANGUAGES.iter().map(|(code, name)| json!({ "code": code, "name": name }));
    Json(languages.collect())
}
