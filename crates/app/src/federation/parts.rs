//! What hangs on a post: hashtags, emoji, files and a poll.

use chrono::{DateTime, NaiveDateTime, Utc};
use ferrodon_activitypub::note::{Attachment, Note};
use ferrodon_core::text::hashtag;
use ferrodon_core::{AccountId, MediaId, StatusId, TagId};
use ferrodon_db as db;
use ferrodon_db::PgConnection;
use ferrodon_db::accounts::Account;
use ferrodon_db::media_attachments::RemoteFile;
use ferrodon_db::polls::RemotePoll;
use serde_json::json;

use crate::Result;

/// Gives a status the hashtags of a post.
pub(crate) async fn set_tags(
    conn: &mut PgConnection,
    id: StatusId,
    note: &Note,
    now: NaiveDateTime,
) -> Result<Vec<TagId>> {
    let mut tags: Vec<(String, String)> = Vec::new();
    for name in &note.hashtags {
        let name = name.strip_prefix('#').unwrap_or(name);
        let stored = hashtag::normalize(name);
        let digits_only = stored.chars().all(|c| c.is_numeric() || c == '_');
        if !digits_only && !tags.iter().any(|(other, _)| *other == stored) {
            tags.push((stored, hashtag::display_name(name)));
        }
    }
    let ids = db::tags::find_or_insert(conn, &tags, now).await?;
    db::tags::set_of_status(conn, id, &ids).await?;
    Ok(ids)
}

/// Keeps where the emoji of a post are.
pub(crate) async fn save_emojis(
    conn: &mut PgConnection,
    author: &Account,
    note: &Note,
    rejects_media: bool,
    now: NaiveDateTime,
) -> Result<()> {
    let (Some(domain), false) = (&author.domain, rejects_media) else { return Ok(()) };
    let emojis: Vec<_> = note
        .emojis
        .iter()
        .map(|emoji| (emoji.shortcode.clone(), emoji.image_url.clone(), emoji.uri.clone()))
        .collect();
    db::custom_emojis::upsert_remote(conn, domain, &emojis, now).await?;
    Ok(())
}

/// Adds the files of a post to its status.
pub(crate) async fn add_media(
    conn: &mut PgConnection,
    author: AccountId,
    id: StatusId,
    note: &Note,
    rejects_media: bool,
    now: NaiveDateTime,
) -> Result<Vec<MediaId>> {
    let mut media = Vec::new();
    for attachment in &note.attachments {
        let file = remote_file(attachment, rejects_media);
        media.push(db::media_attachments::insert_remote(conn, author, id, &file, now).await?);
    }
    Ok(media)
}

const IMAGES: [&str; 7] = [
    "image/jpeg",
    "image/png",
    "image/gif",
    "image/heic",
    "image/heif",
    "image/webp",
    "image/avif",
];

const VIDEOS: [&str; 4] = ["video/webm", "video/mp4", "video/quicktime", "video/ogg"];

const AUDIOS: [&str; 17] = [
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

/// A file of a post as it is stored.
pub(crate) fn remote_file(attachment: &Attachment, rejects_media: bool) -> RemoteFile {
    let kind = match attachment.media_type.as_deref() {
        _ if rejects_media => 3,
        Some(kind) if IMAGES.contains(&kind) => 0,
        Some(kind) if VIDEOS.contains(&kind) => 2,
        Some(kind) if AUDIOS.contains(&kind) => 4,
        _ => 3,
    };
    RemoteFile {
        remote_url: attachment.url.clone(),
        thumbnail_remote_url: attachment.thumbnail_url.clone(),
        kind,
        description: attachment.description.clone(),
        blurhash: attachment.blurhash.clone(),
        file_meta: attachment.focus.map(|(x, y)| json!({ "focus": { "x": x, "y": y } })),
    }
}

/// The poll of a post as it is stored.
pub(crate) fn remote_poll(note: &Note, now: DateTime<Utc>) -> Option<RemotePoll> {
    let poll = note.poll.as_ref()?;
    let closed = poll.closed.then_some(now);
    Some(RemotePoll {
        options: poll.options.clone(),
        tallies: poll.tallies.clone(),
        multiple: poll.multiple,
        expires_at: closed.or(poll.expires_at).map(|at| at.naive_utc()),
        voters_count: poll.voters_count,
    })
}
