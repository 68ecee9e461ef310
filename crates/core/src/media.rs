//! Where uploaded files stand: Mastodon's paths below `public/system`, a bucket or a CDN.

use crate::Config;

/// What a file belongs to; each kind has a folder of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attachment {
    AccountAvatar,
    AccountHeader,
    MediaFile,
    MediaThumbnail,
    EmojiImage,
    CardImage,
    ProviderIcon,
    SiteUpload,
    BackupDump,
}

impl Attachment {
    fn folder(self) -> &'static str {
        match self {
            Self::AccountAvatar => "accounts/avatars",
            Self::AccountHeader => "accounts/headers",
            Self::MediaFile => "media_attachments/files",
            Self::MediaThumbnail => "media_attachments/thumbnails",
            Self::EmojiImage => "custom_emojis/images",
            Self::CardImage => "preview_cards/images",
            Self::ProviderIcon => "preview_card_providers/icons",
            Self::SiteUpload => "site_uploads/files",
            Self::BackupDump => "backups/dumps",
        }
    }

    /// The path of a file below the storage root. `cached` is for remote things whose
    /// `…_storage_schema_version` is 1 or more.
    #[must_use]
    pub fn path(self, id: i64, style: &str, file_name: &str, cached: bool) -> String {
        let cache = if cached { "cache/" } else { "" };
        format!("{cache}{}/{}/{style}/{file_name}", self.folder(), partition(id))
    }

    /// The address of a file.
    #[must_use]
    pub fn url(
        self,
        config: &Config,
        id: i64,
        style: &str,
        file_name: &str,
        cached: bool,
    ) -> String {
        let path = self.path(id, style, file_name, cached);
        format!("{}/{path}", config.media_url.trim_end_matches('/'))
    }
}

/// The name of another style of a file: the same base with this extension.
#[must_use]
pub fn with_extension(file_name: &str, extension: &str) -> String {
    let base = file_name.rsplit_once('.').map_or(file_name, |(base, _)| base);
    format!("{base}.{extension}")
}

/// An id cut into folders of three digits; a shorter group at the end is dropped.
fn partition(id: i64) -> String {
    let digits = if id < 1_000_000_000 { format!("{id:09}") } else { format!("{id:012}") };
    let groups: Vec<&str> = digits
        .as_bytes()
        .chunks_exact(3)
        .filter_map(|group| std::str::from_utf8(group).ok())
        .collect();
    groups.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_become_folders_of_three_digits() {
        assert_eq!(partition(1234), "000/001/234");
        assert_eq!(partition(12_345_678_901), "012/345/678/901");
        assert_eq!(partition(112_233_445_566_778_899), "112/233/445/566/778/899");
    }

    #[test]
    fn a_static_picture_keeps_its_base_name() {
        let name = with_extension("f747d674d95b8097.gif", "png");
        let path = Attachment::EmojiImage.path(1, "static", &name, false);
        assert_eq!(path, "custom_emojis/images/000/000/001/static/f747d674d95b8097.png");
    }
}
