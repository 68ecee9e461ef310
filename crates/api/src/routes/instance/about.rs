//! What the server says of itself, in both forms.

use axum::Json;
use axum::extract::State;
use chrono::Datelike;
use ferrodon_app::instance::{self, Counts};
use ferrodon_app::{App, entities, settings};
use ferrodon_core::ServerSettings;
use ferrodon_core::media::Attachment;
use ferrodon_core::server_settings::{Feed, Registrations};
use ferrodon_core::text::markdown;
use ferrodon_db as db;
use ferrodon_db::site_uploads::SiteUpload;
use ferrodon_db::user_roles::permission;
use serde_json::{Value, json};

use super::read_rules;
use crate::error::Result;

/// The kinds of media that may be uploaded.
const MEDIA_TYPES: [&str; 28] = [
    "image/jpeg",
    "image/png",
    "image/gif",
    "image/heic",
    "image/heif",
    "image/webp",
    "image/avif",
    "video/webm",
    "video/mp4",
    "video/quicktime",
    "video/ogg",
    "audio/wave",
    "audio/wav",
    "audio/x-wav",
    "audio/x-pn-wave",
    "audio/vnd.wave",
    "audio/ogg",
    "audio/vorbis",
    "audio/mpeg",
    "audio/mp3",
    "audio/webm",
    "audio/flac",
    "audio/aac",
    "audio/m4a",
    "audio/x-m4a",
    "audio/mp4",
    "audio/3gpp",
    "video/x-ms-asf",
];

/// The current form.
pub(super) async fn v2(State(app): State<App>) -> Result<Json<Value>> {
    let settings = settings::current(&app).await?;
    let counts = visible_counts(&app).await?;
    let mut conn = app.db.acquire().await?;
    let thumbnail = db::site_uploads::find(&mut conn, "thumbnail").await?;
    let icon = db::site_uploads::find(&mut conn, "app_icon").await?;
    let today = app.clock.now().date_naive();
    let terms = db::terms_of_services::current(&mut conn, today).await?;
    drop(conn);
    let now = app.clock.now();
    let report_time = now.month() == 12 && (10..=31).contains(&now.day());
    let registrations = settings.registrations();
    let enabled = registrations != Registrations::None && !app.config.single_user_mode;
    let approval = registrations == Registrations::Approved;
    let message = Some(settings.closed_registrations_message());
    let message = message.filter(|text| !enabled && !text.is_empty()).map(markdown::to_html);
    Ok(Json(json!({
        "domain": app.config.local_domain,
        "title": settings.title(),
        "version": instance::MASTODON_VERSION,
        "source_url": app.config.source_url,
        "description": settings.short_description(),
        "usage": { "users": { "active_month": counts.active_month } },
        "thumbnail": thumbnail_of(&app, &settings, thumbnail.as_ref()),
        "icon": icons(&app, icon.as_ref()),
        "languages": [app.config.default_locale],
        "configuration": configuration(&app, &settings, terms.is_some()),
        "registrations": {
            "enabled": enabled,
            "approval_required": approval,
            "reason_required": approval && settings.require_invite_text(),
            "message": message,
            "min_age": settings.min_age(),
            "url": null,
        },
        "api_versions": { "mastodon": 11 },
        "wrapstodon": (report_time && settings.wrapstodon()).then(|| now.year()),
        "contact": {
            "email": settings.contact_email(),
            "account": contact(&app).await?,
        },
        "rules": read_rules(&app).await?,
    })))
}

fn configuration(app: &App, settings: &ServerSettings, has_terms: bool) -> Value {
    let access = |local: Feed, remote: Feed| json!({ "local": settings.feed_access(local), "remote": settings.feed_access(remote) });
    let mut media = media_limits();
    media["description_limit"] = 10_000.into();
    json!({
        "urls": {
            "streaming": streaming_url(app),
            "status": settings.status_page_url(),
            "about": app.config.url("/about"),
            "privacy_policy": app.config.url("/privacy-policy"),
            "terms_of_service": has_terms.then(|| app.config.url("/terms-of-service")),
        },
        "vapid": { "public_key": app.config.vapid_public_key },
        "accounts": {
            "max_display_name_length": 40,
            "max_note_length": 500,
            "max_avatar_description_length": 150,
            "max_header_description_length": 150,
            "max_featured_tags": 10,
            "max_pinned_statuses": 5,
            "max_profile_fields": 4,
            "profile_field_name_limit": 255,
            "profile_field_value_limit": 255,
        },
        "statuses": status_limits(),
        "media_attachments": media,
        "polls": poll_limits(),
        "translation": { "enabled": app.config.translation_enabled },
        "timelines_access": {
            "live_feeds": access(Feed::LocalLive, Feed::RemoteLive),
            "hashtag_feeds": access(Feed::LocalTopic, Feed::RemoteTopic),
            "trending_link_feeds": access(Feed::LocalTopic, Feed::RemoteTopic),
        },
        "limited_federation": app.config.limited_federation,
    })
}

/// The old form.
pub(super) async fn v1(State(app): State<App>) -> Result<Json<Value>> {
    let settings = settings::current(&app).await?;
    let counts = visible_counts(&app).await?;
    let mut conn = app.db.acquire().await?;
    let thumbnail = db::site_uploads::find(&mut conn, "thumbnail").await?;
    let everyone = db::user_roles::everyone_permissions(&mut conn).await?;
    drop(conn);
    let registrations = settings.registrations();
    Ok(Json(json!({
        "uri": app.config.local_domain,
        "title": settings.title(),
        "short_description": settings.short_description(),
        "description": settings.description(),
        "email": settings.contact_email(),
        "version": instance::MASTODON_VERSION,
        "urls": { "streaming_api": streaming_url(&app) },
        "stats": {
            "user_count": counts.users,
            "status_count": counts.statuses,
            "domain_count": counts.domains,
        },
        "thumbnail": thumbnail_of(&app, &settings, thumbnail.as_ref())["url"],
        "languages": [app.config.default_locale],
        "registrations":
            registrations != Registrations::None && !app.config.single_user_mode,
        "approval_required": registrations == Registrations::Approved,
        "invites_enabled": everyone & permission::INVITE_USERS != 0,
        "configuration": {
            "accounts": { "max_featured_tags": 10 },
            "statuses": status_limits(),
            "media_attachments": media_limits(),
            "polls": poll_limits(),
        },
        "contact_account": contact(&app).await?,
        "rules": read_rules(&app).await?,
    })))
}

fn status_limits() -> Value {
    json!({
        "max_characters": 500,
        "max_media_attachments": 4,
        "characters_reserved_per_url": 23,
    })
}

fn media_limits() -> Value {
    json!({
        "supported_mime_types": MEDIA_TYPES.as_slice(),
        "image_size_limit": 16_777_216,
        "image_matrix_limit": 33_177_600,
        "video_size_limit": 103_809_024,
        "video_frame_rate_limit": 120,
        "video_matrix_limit": 8_294_400,
    })
}

fn poll_limits() -> Value {
    json!({
        "max_options": 4,
        "max_characters_per_option": 50,
        "min_expiration": 300,
        "max_expiration": 2_629_746,
    })
}

/// A server that speaks only with few says nothing of its size.
async fn visible_counts(app: &App) -> Result<Counts> {
    if app.config.limited_federation {
        return Ok(Counts::default());
    }
    Ok(instance::counts(app).await?)
}

async fn contact(app: &App) -> Result<Option<entities::Account>> {
    let Some(row) = instance::contact(app).await? else { return Ok(None) };
    let mut conn = app.db.acquire().await?;
    Ok(Some(entities::Account::render_one(app, &mut conn, None, row).await?))
}

fn streaming_url(app: &App) -> String {
    let scheme = if app.config.https { "wss" } else { "ws" };
    let derived = || format!("{scheme}://{}", app.config.web_domain);
    app.config.streaming_url.clone().unwrap_or_else(derived)
}

fn thumbnail_of(app: &App, settings: &ServerSettings, upload: Option<&SiteUpload>) -> Value {
    let Some(upload) = upload else {
        let url = app.config.url(instance::PREVIEW);
        return json!({ "url": url, "description": instance::PREVIEW_DESCRIPTION });
    };
    let url = |style: &str| {
        Attachment::SiteUpload.url(&app.config, upload.id, style, &upload.file_name, false)
    };
    json!({
        "url": url("@1x"),
        "blurhash": upload.blurhash,
        "versions": { "@1x": url("@1x"), "@2x": url("@2x") },
        "description": settings.thumbnail_description(),
    })
}

fn icons(app: &App, upload: Option<&SiteUpload>) -> Vec<Value> {
    let icons = instance::ICONS.iter().map(|(size, path)| {
        let src = match upload {
            None => app.config.url(path),
            Some(upload) => {
                let (style, file) = (size.to_string(), &upload.file_name);
                Attachment::SiteUpload.url(&app.config, upload.id, &style, file, false)
            }
        };
        json!({ "src": src, "size": format!("{size}x{size}") })
    });
    icons.collect()
}
