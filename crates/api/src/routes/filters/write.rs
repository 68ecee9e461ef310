//! Making, changing and removing filters and their rules.

use axum::Json;
use axum::extract::State;
use ferrodon_app::App;
use ferrodon_app::filters::{self, Change, KeywordChange};
use ferrodon_core::StatusId;
use ferrodon_core::page::lenient;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Filter, FilterKeyword, FilterStatus, Writer};
use crate::error::Result;
use crate::params::{Collected, Number, Params, Path};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Form {
    title: Option<String>,
    context: Option<Vec<String>>,
    filter_action: Option<String>,
    #[serde(deserialize_with = "lenient")]
    expires_in: Option<i64>,
    keywords_attributes: Vec<KeywordForm>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct KeywordForm {
    #[serde(deserialize_with = "lenient")]
    id: Option<i64>,
    keyword: Option<String>,
    whole_word: Option<bool>,
    _destroy: Option<bool>,
}

impl Form {
    fn change(self, sent: &Collected) -> Change {
        let keywords = self.keywords_attributes.into_iter().map(|word| KeywordChange {
            id: word.id,
            keyword: word.keyword,
            whole_word: word.whole_word,
            destroy: word._destroy.unwrap_or(false),
        });
        Change {
            title: self.title,
            context: self.context,
            action: self.filter_action.filter(|action| !action.is_empty()),
            expires_in: (self.expires_in.is_some() || sent.has("expires_in"))
                .then_some(self.expires_in),
            keywords: keywords.collect(),
        }
    }
}

/// Makes a filter.
pub(super) async fn create(
    State(app): State<App>,
    viewer: Writer,
    sent: Collected,
    Params(form): Params<Form>,
) -> Result<Json<Filter>> {
    let filter = filters::create(&app, viewer.account_id, form.change(&sent)).await?;
    let mut conn = app.db.acquire().await?;
    Ok(Json(Filter::render_one(&mut conn, filter).await?))
}

/// Changes a filter.
pub(super) async fn update(
    State(app): State<App>,
    viewer: Writer,
    Path(id): Path<Number>,
    sent: Collected,
    Params(form): Params<Form>,
) -> Result<Json<Filter>> {
    let filter = filters::update(&app, viewer.account_id, id.0, form.change(&sent)).await?;
    let mut conn = app.db.acquire().await?;
    Ok(Json(Filter::render_one(&mut conn, filter).await?))
}

/// Removes a filter.
pub(super) async fn delete(
    State(app): State<App>,
    viewer: Writer,
    Path(id): Path<Number>,
) -> Result<Json<Value>> {
    filters::delete(&app, viewer.account_id, id.0).await?;
    Ok(Json(json!({})))
}

/// Adds a word.
pub(super) async fn add_keyword(
    State(app): State<App>,
    viewer: Writer,
    Path(id): Path<Number>,
    Params(form): Params<KeywordForm>,
) -> Result<Json<FilterKeyword>> {
    let keyword = form.keyword.unwrap_or_default();
    let whole_word = form.whole_word.unwrap_or(true);
    let word = filters::add_keyword(&app, viewer.account_id, id.0, &keyword, whole_word).await?;
    Ok(Json(word.into()))
}

/// Changes a word.
pub(super) async fn update_keyword(
    State(app): State<App>,
    viewer: Writer,
    Path(id): Path<Number>,
    Params(form): Params<KeywordForm>,
) -> Result<Json<FilterKeyword>> {
    let (keyword, whole_word) = (form.keyword.as_deref(), form.whole_word);
    let word = filters::update_keyword(&app, viewer.account_id, id.0, keyword, whole_word).await?;
    Ok(Json(word.into()))
}

/// Removes a word.
pub(super) async fn delete_keyword(
    State(app): State<App>,
    viewer: Writer,
    Path(id): Path<Number>,
) -> Result<Json<Value>> {
    filters::delete_keyword(&app, viewer.account_id, id.0).await?;
    Ok(Json(json!({})))
}

#[derive(Debug, Deserialize)]
pub(super) struct StatusForm {
    status_id: StatusId,
}

/// Adds a status.
pub(super) async fn add_status(
    State(app): State<App>,
    viewer: Writer,
    Path(id): Path<Number>,
    Params(form): Params<StatusForm>,
) -> Result<Json<FilterStatus>> {
    let rule = filters::add_status(&app, viewer.account_id, id.0, form.status_id).await?;
    Ok(Json(rule.into()))
}

/// Removes a status rule.
pub(super) async fn delete_status(
    State(app): State<App>,
    viewer: Writer,
    Path(id): Path<Number>,
) -> Result<Json<Value>> {
    filters::delete_status(&app, viewer.account_id, id.0).await?;
    Ok(Json(json!({})))
}
