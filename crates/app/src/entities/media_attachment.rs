//! `MediaAttachment`.

use ferrodon_core::media::{Attachment, with_extension};
use ferrodon_core::{Config, MediaId};
use ferrodon_db::media_attachments as rows;
use serde::Serialize;
use serde_json::Value;

/// A picture, film or sound.
#[derive(Clone, Debug, Serialize)]
pub struct MediaAttachment {
    pub id: MediaId,
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The file, none until it is processed.
    pub url: Option<String>,
    pub preview_url: Option<String>,
    pub remote_url: Option<String>,
    pub preview_remote_url: Option<String>,
    pub text_url: Option<String>,
    pub meta: Option<Value>,
    pub description: Option<String>,
    pub blurhash: Option<String>,
}

/// The parts of `file_meta` that clients see.
const META: [&str; 4] = ["focus", "colors", "original", "small"];

impl MediaAttachment {
    /// The entity of a row.
    #[must_use]
    pub fn of(config: &Config, row: &rows::MediaAttachment) -> Self {
        let remote = !row.remote_url.is_empty();
        Self {
            id: row.id,
            kind: match row.kind {
                0 => "image",
                1 => "gifv",
                2 => "video",
                4 => "audio",
                _ => "unknown",
            },
            url: url(config, row),
            preview_url: preview_url(config, row),
            remote_url: remote.then(|| row.remote_url.clone()),
            preview_remote_url: row.thumbnail_remote_url.clone(),
            text_url: row
                .shortcode
                .as_deref()
                .filter(|code| !remote && !code.is_empty())
                .map(|code| config.url(&format!("/media/{code}"))),
            meta: row.file_meta.as_ref().map(shown_meta),
            description: row.description.clone(),
            blurhash: row.blurhash.clone(),
        }
    }
}

fn url(config: &Config, row: &rows::MediaAttachment) -> Option<String> {
    if matches!(row.processing, Some(state) if state != 2) {
        return None;
    }
    match &row.file_file_name {
        Some(file) => {
            let cached = is_cached(row, row.file_storage_schema_version);
            Some(Attachment::MediaFile.url(config, row.id.0, "original", file, cached))
        }
        None => proxy(config, row, "original"),
    }
}

fn preview_url(config: &Config, row: &rows::MediaAttachment) -> Option<String> {
    let Some(file) = &row.file_file_name else { return proxy(config, row, "small") };
    if let Some(thumbnail) = &row.thumbnail_file_name {
        let cached = is_cached(row, row.thumbnail_storage_schema_version);
        let place = Attachment::MediaThumbnail;
        return Some(place.url(config, row.id.0, "original", thumbnail, cached));
    }
    let content_type = row.file_content_type.as_deref().unwrap_or_default();
    let still = match content_type {
        "image/gif" => with_extension(file, "png"),
        "image/heic" | "image/heif" | "image/avif" => with_extension(file, "jpeg"),
        _ if content_type.starts_with("image/") => file.clone(),
        _ if matches!(row.kind, 1 | 2) || content_type.starts_with("video/") => {
            with_extension(file, "png")
        }
        _ => return None,
    };
    let cached = is_cached(row, row.file_storage_schema_version);
    Some(Attachment::MediaFile.url(config, row.id.0, "small", &still, cached))
}

/// Where a remote file that we do not hold any more is fetched again.
fn proxy(config: &Config, row: &rows::MediaAttachment, style: &str) -> Option<String> {
    (!row.remote_url.is_empty()).then(|| config.url(&format!("/media_proxy/{}/{style}", row.id)))
}

fn is_cached(row: &rows::MediaAttachment, schema_version: Option<i32>) -> bool {
    !row.remote_url.is_empty() && schema_version.unwrap_or(0) >= 1
}

fn shown_meta(meta: &Value) -> Value {
    let Value::Object(all) = meta else { return meta.clone() };
    let shown = all.iter().filter(|(key, _)| META.contains(&key.as_str()));
    Value::Object(shown.map(|(key, value)| (key.clone(), value.clone())).collect())
}
