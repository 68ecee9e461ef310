//! `preview_cards` and `preview_cards_statuses`: what a link in a status leads to.

use chrono::NaiveDateTime;
use ferrodon_core::{AccountId, StatusId};
use sqlx::PgConnection;

/// The card of one status.
#[derive(Clone, Debug, PartialEq)]
pub struct StatusCard {
    pub status_id: StatusId,
    /// The address as the status has it, if it was kept.
    pub original_url: Option<String>,
    pub id: i64,
    pub url: String,
    pub title: String,
    pub description: String,
    pub language: Option<String>,
    pub kind: i32,
    pub author_name: String,
    pub author_url: String,
    pub author_account_id: Option<AccountId>,
    pub unverified_author_account_id: Option<AccountId>,
    pub provider_name: String,
    pub provider_url: String,
    pub html: String,
    pub width: i32,
    pub height: i32,
    pub image_file_name: Option<String>,
    pub image_storage_schema_version: Option<i32>,
    pub image_description: String,
    pub embed_url: String,
    pub blurhash: Option<String>,
    pub published_at: Option<NaiveDateTime>,
}

/// The cards of these statuses.
pub async fn by_statuses(
    conn: &mut PgConnection,
    ids: &[StatusId],
) -> sqlx::Result<Vec<StatusCard>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    sqlx::query_as!(
        StatusCard,
        "select links.status_id, links.url as original_url, cards.id, cards.url, cards.title,
                cards.description, cards.language, cards.type as kind, cards.author_name,
                cards.author_url, cards.author_account_id, cards.unverified_author_account_id,
                cards.provider_name, cards.provider_url, cards.html, cards.width, cards.height,
                cards.image_file_name, cards.image_storage_schema_version,
                cards.image_description, cards.embed_url, cards.blurhash, cards.published_at
         from preview_cards_statuses links
         join preview_cards cards on cards.id = links.preview_card_id
         where links.status_id = any($1)",
        &ids
    )
    .fetch_all(conn)
    .await
}

/// The card of this address, if it is a trend that everyone may see.
pub async fn trending_by_url(conn: &mut PgConnection, url: &str) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar!(
        "select cards.id
         from preview_cards cards
         join preview_card_trends trends on trends.preview_card_id = cards.id
         where cards.url = $1 and trends.allowed",
        url
    )
    .fetch_optional(conn)
    .await
}

/// Takes the card off a status whose text changed.
pub async fn detach(conn: &mut PgConnection, status_id: StatusId) -> sqlx::Result<()> {
    sqlx::query!("delete from preview_cards_statuses where status_id = $1", status_id as _)
        .execute(conn)
        .await?;
    Ok(())
}
