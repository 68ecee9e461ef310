//! Files of a multipart body. They go to disk as they arrive, so that many large ones at once
//! do not fill the memory.

use std::path::{Path, PathBuf};

use axum::extract::multipart::Field;
use bytes::Bytes;
use tokio::io::AsyncWriteExt;

use super::collect::broken_part;
use crate::error::ApiError;

/// One file, deleted when this is dropped.
#[derive(Debug)]
pub(crate) struct Upload {
    /// The name it had on the client's side.
    pub(crate) file_name: String,
    /// What the client says it is.
    pub(crate) content_type: Option<String>,
    /// Its size in bytes.
    pub(crate) size: u64,
    path: TemporaryPath,
}

/// The files of a request by the names of their fields.
#[derive(Debug, Default)]
pub(crate) struct Files(Vec<(String, Upload)>);

impl Files {
    /// Takes out the file of field `name`, such as `file` or `source[avatar]`.
    pub(crate) fn take(&mut self, name: &str) -> Option<Upload> {
        let index = self.0.iter().position(|(field, _)| field == name)?;
        Some(self.0.swap_remove(index).1)
    }
}

impl Files {
    pub(super) fn add(&mut self, name: String, upload: Upload) {
        self.0.push((name, upload));
    }
}

impl Upload {
    /// Where it is while this lives.
    pub(crate) fn path(&self) -> &Path {
        &self.path.0
    }

    /// All of it. Ask [`Upload::size`] first.
    pub(crate) async fn bytes(&self) -> std::io::Result<Bytes> {
        tokio::fs::read(&self.path.0).await.map(Bytes::from)
    }
}

impl Upload {
    /// Writes a field to disk.
    pub(super) async fn receive(field: &mut Field<'_>) -> Result<Self, ApiError> {
        let file_name = field.file_name().unwrap_or_default().to_owned();
        let content_type = field.content_type().map(str::to_owned);
        let path = TemporaryPath::new();
        let mut file = tokio::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&path.0)
            .await
            .map_err(disk_trouble)?;
        let mut size = 0;
        while let Some(chunk) = field.chunk().await.map_err(broken_part)? {
            size += chunk.len() as u64;
            file.write_all(&chunk).await.map_err(disk_trouble)?;
        }
        file.flush().await.map_err(disk_trouble)?;
        Ok(Self { file_name, content_type, size, path })
    }
}

fn disk_trouble(error: std::io::Error) -> ApiError {
    ApiError::from(anyhow::Error::new(error).context("keeping an uploaded file"))
}

#[derive(Debug)]
struct TemporaryPath(PathBuf);

impl TemporaryPath {
    fn new() -> Self {
        let name = format!("ferrodon-upload-{}", uuid::Uuid::new_v4());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for TemporaryPath {
    fn drop(&mut self) {
        // A file that was never made cannot be removed, and that is fine.
        let _ = std::fs::remove_file(&self.0);
    }
}
