//! Filters as they were before they had several words: each word looks like a filter.

use axum::extract::State;
use axum::middleware::map_response;
use axum::routing::get;
use axum::{Json, Router};
use ferrodon_app::entities::Time;
use ferrodon_app::filters::{self, Change};
use ferrodon_app::{App, Error};
use ferrodon_core::page::lenient;
use ferrodon_db::custom_filters as rows;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Reader, Writer};
use crate::error::Result;
use crate::headers;
use crate::params::{Collected, Number, Params, Path};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/api/v1/filters", get(list).post(create))
        .route("/api/v1/filters/{id}", get(show).put(update).patch(update).delete(delete))
        .layer(map_response(headers::deprecated::<1_668_384_000>))
}

#[derive(Debug, Serialize)]
struct Filter {
    id: String,
    phrase: String,
    context: Vec<String>,
    whole_word: bool,
    expires_at: Option<Time>,
    irreversible: bool,
}

impl Filter {
    fn of(filter: &rows::Filter, word: rows::Keyword) -> Self {
        Self {
            id: word.id.to_string(),
            phrase: word.keyword,
            context: filter.context.clone(),
            whole_word: word.whole_word,
            expires_at: filter.expires_at.map(Time),
            irreversible: filter.action == 1,
        }
    }
}

/// One entry a word.
async fn list(State(app): State<App>, viewer: Reader) -> Result<Json<Vec<Filter>>> {
    let mut conn = app.db.acquire().await?;
    let filters = rows::of_account(&mut conn, viewer.account_id).await?;
    let ids: Vec<i64> = filters.iter().map(|filter| filter.id).collect();
    let words = rows::keywords(&mut conn, &ids).await?;
    let entries = words.into_iter().filter_map(|word| {
        let filter = filters.iter().find(|filter| filter.id == word.custom_filter_id)?;
        Some(Filter::of(filter, word))
    });
    Ok(Json(entries.collect()))
}

/// The entry of one word.
async fn show(
    State(app): State<App>,
    viewer: Reader,
    Path(id): Path<Number>,
) -> Result<Json<Filter>> {
    let mut conn = app.db.acquire().await?;
    let account = viewer.account_id;
    let word = rows::keyword(&mut conn, account, id.0).await?.ok_or(Error::NotFound)?;
    let filter = rows::find(&mut conn, account, word.custom_filter_id).await?;
    Ok(Json(Filter::of(&filter.ok_or(Error::NotFound)?, word)))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Form {
    phrase: Option<String>,
    context: Option<Vec<String>>,
    irreversible: Option<bool>,
    whole_word: Option<bool>,
    #[serde(deserialize_with = "lenient")]
    expires_in: Option<i64>,
}

impl Form {
    fn change(self, sent: &Collected) -> Change {
        let action = |hides| if hides { "hide" } else { "warn" };
        Change {
            title: self.phrase,
            context: self.context,
            action: self.irreversible.map(action).map(str::to_owned),
            expires_in: (self.expires_in.is_some() || sent.has("expires_in"))
                .then_some(self.expires_in),
            keywords: Vec::new(),
        }
    }
}

/// Makes a filter of one word.
async fn create(
    State(app): State<App>,
    viewer: Writer,
    sent: Collected,
    Params(form): Params<Form>,
) -> Result<Json<Filter>> {
    let whole_word = form.whole_word.unwrap_or(true);
    let change = form.change(&sent);
    let (filter, word) = filters::create_v1(&app, viewer.account_id, change, whole_word).await?;
    Ok(Json(Filter::of(&filter, word)))
}

/// Changes a word and its filter.
async fn update(
    State(app): State<App>,
    viewer: Writer,
    Path(id): Path<Number>,
    sent: Collected,
    Params(form): Params<Form>,
) -> Result<Json<Filter>> {
    let whole_word = form.whole_word;
    let change = form.change(&sent);
    let (filter, word) =
        filters::update_v1(&app, viewer.account_id, id.0, change, whole_word).await?;
    Ok(Json(Filter::of(&filter, word)))
}

/// Removes a word.
async fn delete(
    State(app): State<App>,
    viewer: Writer,
    Path(id): Path<Number>,
) -> Result<Json<Value>> {
    filters::delete_keyword(&app, viewer.account_id, id.0).await?;
    Ok(Json(json!({})))
}
