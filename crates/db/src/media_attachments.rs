//! `media_attachments`: pictures, films and sounds of statuses, and uploads not yet posted.

use chrono::NaiveDateTime;
use ferrodon_core::{AccountId, MediaId, StatusId};
use sqlx::PgConnection;

/// A media attachment as stored.
#[derive(Clone, Debug, PartialEq)]
pub struct MediaAttachment {
    pub id: MediaId,
    pub account_id: Option<AccountId>,
    pub status_id: Option<StatusId>,
    pub kind: i32,
    /// 0 queued, 1 in progress, 2 complete, 3 failed; none is complete.
    pub processing: Option<i32>,
    pub description: Option<String>,
    pub blurhash: Option<String>,
    pub shortcode: Option<String>,
    pub remote_url: String,
    pub file_file_name: Option<String>,
    pub file_content_type: Option<String>,
    pub file_file_size: Option<i32>,
    pub file_meta: Option<serde_json::Value>,
    pub file_storage_schema_version: Option<i32>,
    pub thumbnail_file_name: Option<String>,
    pub thumbnail_content_type: Option<String>,
    pub thumbnail_remote_url: Option<String>,
    pub thumbnail_storage_schema_version: Option<i32>,
}

/// `select` with the columns of [`MediaAttachment`], so that they are listed once.
macro_rules! select_media {
    ($rest:literal $(, $bind:expr)*) => {
        sqlx::query_as!(
            MediaAttachment,
            "select id, account_id, status_id, type as kind, processing, description, blurhash,
                    shortcode, remote_url, file_file_name, file_content_type, file_file_size,
                    file_meta, file_storage_schema_version, thumbnail_file_name,
                    thumbnail_content_type, thumbnail_remote_url,
                    thumbnail_storage_schema_version
             from media_attachments " + $rest
            $(, $bind)*
        )
    };
}

/// The attachments of these statuses, oldest first.
pub async fn by_statuses(
    conn: &mut PgConnection,
    ids: &[StatusId],
) -> sqlx::Result<Vec<MediaAttachment>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    select_media!("where status_id = any($1) order by id", &ids).fetch_all(conn).await
}

/// The attachments with these ids, in no particular order.
pub async fn by_ids(
    conn: &mut PgConnection,
    ids: &[MediaId],
) -> sqlx::Result<Vec<MediaAttachment>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    select_media!("where id = any($1)", &ids).fetch_all(conn).await
}

/// A file of a remote post: only where it is, not the file itself.
#[derive(Clone, Debug, PartialEq)]
pub struct RemoteFile {
    pub remote_url: String,
    pub thumbnail_remote_url: Option<String>,
    /// 0 image, 1 animation, 2 video, 3 unknown, 4 audio.
    pub kind: i32,
    pub description: Option<String>,
    pub blurhash: Option<String>,
    pub file_meta: Option<serde_json::Value>,
}

/// Adds a file to a remote status.
pub async fn insert_remote(
    conn: &mut PgConnection,
    account_id: AccountId,
    status_id: StatusId,
    file: &RemoteFile,
    now: NaiveDateTime,
) -> sqlx::Result<MediaId> {
    sqlx::query_scalar!(
        "insert into media_attachments
             (account_id, status_id, remote_url, thumbnail_remote_url, type, description, blurhash,
              file_meta, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
         returning id",
        account_id as _,
        status_id as _,
        file.remote_url,
        file.thumbnail_remote_url,
        file.kind,
        file.description,
        file.blurhash,
        file.file_meta,
        now
    )
    .fetch_one(conn)
    .await
}

/// Changes what is said of a file of a remote status.
pub async fn update_remote(
    conn: &mut PgConnection,
    id: MediaId,
    file: &RemoteFile,
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update media_attachments
         set thumbnail_remote_url = $2, description = $3, blurhash = coalesce($4, blurhash),
             file_meta = (coalesce(file_meta::jsonb, '{}') || coalesce($5::jsonb, '{}'))::json,
             updated_at = $6
         where id = $1",
        id as _,
        file.thumbnail_remote_url,
        file.description,
        file.blurhash,
        file.file_meta,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Those of these uploads that `account_id` may still attach, held until the transaction ends.
pub async fn hold_unattached(
    conn: &mut PgConnection,
    account_id: AccountId,
    ids: &[MediaId],
) -> sqlx::Result<Vec<MediaAttachment>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    select_media!(
        "where id = any($1) and account_id = $2 and status_id is null
           and scheduled_status_id is null
         order by id
         for update",
        &ids,
        account_id as _
    )
    .fetch_all(conn)
    .await
}

/// Gives uploads to a status.
pub async fn attach(
    conn: &mut PgConnection,
    ids: &[MediaId],
    status_id: StatusId,
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    sqlx::query!(
        "update media_attachments set status_id = $2, updated_at = $3 where id = any($1)",
        &ids,
        status_id as _,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Those of these uploads that may go to a status of `account_id`: not attached yet, or attached
/// to this one. Held until the transaction ends.
pub async fn hold_for_status(
    conn: &mut PgConnection,
    account_id: AccountId,
    status_id: StatusId,
    ids: &[MediaId],
) -> sqlx::Result<Vec<MediaAttachment>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    select_media!(
        "where id = any($1) and account_id = $2 and scheduled_status_id is null
           and (status_id is null or status_id = $3)
         order by id
         for update",
        &ids,
        account_id as _,
        status_id as _
    )
    .fetch_all(conn)
    .await
}

/// Changes what is said of a file.
pub async fn describe(
    conn: &mut PgConnection,
    id: MediaId,
    description: &str,
    now: NaiveDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update media_attachments set description = $2, updated_at = $3 where id = $1",
        id as _,
        description,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}
