//! `/api/v1/custom_emojis`

use axum::extract::State;
use axum::middleware::map_response;
use axum::routing::get;
use axum::{Json, Router};
use ferrodon_app::{App, entities};
use ferrodon_db as db;
use serde::Serialize;

use crate::error::Result;
use crate::headers;

pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/api/v1/custom_emojis", get(list))
        .layer(map_response(headers::for_everyone))
}

/// An emoji as pickers need it.
#[derive(Debug, Serialize)]
struct CustomEmoji {
    #[serde(flatten)]
    emoji: entities::CustomEmoji,
    #[serde(flatten)]
    category: Option<Category>,
}

#[derive(Debug, Serialize)]
struct Category {
    category: String,
    featured: bool,
}

/// The emojis of this server.
async fn list(State(app): State<App>) -> Result<Json<Vec<CustomEmoji>>> {
    let mut conn = app.db.acquire().await?;
    let rows = db::custom_emojis::listed(&mut conn).await?;
    let emojis = rows.into_iter().filter_map(|row| {
        let featured = row.featured;
        let category = row.category.map(|category| Category { category, featured });
        entities::CustomEmoji::of(&app.config, row.emoji)
            .map(|emoji| CustomEmoji { emoji, category })
    });
    Ok(Json(emojis.collect()))
}
