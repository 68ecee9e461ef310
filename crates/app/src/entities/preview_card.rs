//! `PreviewCard`.

use std::collections::HashMap;
use std::sync::Arc;

use ferrodon_core::media::Attachment;
use ferrodon_core::text::embed;
use ferrodon_core::{AccountId, Config};
use ferrodon_db::preview_cards::StatusCard;
use serde::Serialize;

use super::{Account, Time, shared_option};

/// What a link in a status leads to.
#[derive(Clone, Debug, Serialize)]
pub struct PreviewCard {
    pub url: String,
    pub title: String,
    pub description: String,
    pub language: Option<String>,
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub author_name: String,
    pub author_url: String,
    pub provider_name: String,
    pub provider_url: String,
    pub html: String,
    pub width: i32,
    pub height: i32,
    pub image: Option<String>,
    pub image_description: String,
    pub embed_url: String,
    pub blurhash: Option<String>,
    pub published_at: Option<Time>,
    pub authors: Vec<PreviewCardAuthor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing_attribution: Option<bool>,
}

/// Who wrote what is linked.
#[derive(Clone, Debug, Serialize)]
pub struct PreviewCardAuthor {
    pub name: String,
    pub url: String,
    #[serde(serialize_with = "shared_option")]
    pub account: Option<Arc<Account>>,
}

impl PreviewCard {
    /// The entity of a row.
    #[must_use]
    pub fn of(
        config: &Config,
        row: &StatusCard,
        viewer: Option<AccountId>,
        accounts: &HashMap<AccountId, Arc<Account>>,
    ) -> Self {
        let account = row.author_account_id.and_then(|id| accounts.get(&id)).cloned();
        let has_author =
            account.is_some() || !row.author_name.is_empty() || !row.author_url.is_empty();
        let author = has_author.then(|| PreviewCardAuthor {
            name: row.author_name.clone(),
            url: row.author_url.clone(),
            account,
        });
        let original = row.original_url.as_deref().filter(|url| !url.is_empty());
        Self {
            url: original.unwrap_or(&row.url).to_owned(),
            title: row.title.clone(),
            description: row.description.clone(),
            language: row.language.clone(),
            kind: match row.kind {
                1 => "photo",
                2 => "video",
                3 => "rich",
                _ => "link",
            },
            author_name: row.author_name.clone(),
            author_url: row.author_url.clone(),
            provider_name: row.provider_name.clone(),
            provider_url: row.provider_url.clone(),
            html: embed::sanitize(&row.html),
            width: row.width,
            height: row.height,
            image: row.image_file_name.as_deref().map(|file| {
                let cached = row.image_storage_schema_version.unwrap_or(0) >= 1;
                Attachment::CardImage.url(config, row.id, "original", file, cached)
            }),
            image_description: row.image_description.clone(),
            embed_url: row.embed_url.clone(),
            blurhash: row.blurhash.clone(),
            published_at: row.published_at.map(Time),
            authors: author.into_iter().collect(),
            missing_attribution: viewer
                .map(|viewer| row.unverified_author_account_id == Some(viewer)),
        }
    }
}
