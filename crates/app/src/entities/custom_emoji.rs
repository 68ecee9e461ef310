//! `CustomEmoji`.

use std::collections::{HashMap, HashSet};

use ferrodon_core::Config;
use ferrodon_core::media::{Attachment, with_extension};
use ferrodon_core::text::emoji::shortcodes;
use ferrodon_db as db;
use ferrodon_db::PgConnection;
use serde::Serialize;

use crate::Result;

/// A picture that stands for `:shortcode:`.
#[derive(Clone, Debug, Serialize)]
pub struct CustomEmoji {
    pub shortcode: String,
    pub url: String,
    pub static_url: String,
    pub visible_in_picker: bool,
}

impl CustomEmoji {
    /// The emoji of a row; none without a picture.
    #[must_use]
    pub fn of(config: &Config, row: db::custom_emojis::CustomEmoji) -> Option<Self> {
        let file = row.image_file_name?;
        let cached = row.domain.is_some() && row.image_storage_schema_version.unwrap_or(0) >= 1;
        let image = Attachment::EmojiImage;
        let still = with_extension(&file, "png");
        Some(Self {
            shortcode: row.shortcode,
            url: image.url(config, row.id, "original", &file, cached),
            static_url: image.url(config, row.id, "static", &still, cached),
            visible_in_picker: row.visible_in_picker,
        })
    }
}

/// The emojis that a set of texts needs: collect first, then read once, then ask for each text.
#[derive(Debug, Default)]
pub struct Emojis {
    wanted: HashSet<(String, String)>,
    known: HashMap<(String, String), CustomEmoji>,
}

impl Emojis {
    /// Notes what `text`, written on `domain`, refers to.
    pub fn want(&mut self, domain: Option<&str>, text: &str) {
        for shortcode in shortcodes(text) {
            self.wanted.insert((shortcode.to_owned(), domain.unwrap_or_default().to_owned()));
        }
    }

    /// Reads all that was wanted; no query if that is nothing.
    pub async fn read(&mut self, config: &Config, conn: &mut PgConnection) -> Result<()> {
        let wanted: Vec<(String, String)> = self.wanted.drain().collect();
        if wanted.is_empty() {
            return Ok(());
        }
        for row in db::custom_emojis::by_shortcodes(conn, &wanted).await? {
            let key = (row.shortcode.clone(), row.domain.clone().unwrap_or_default());
            if let Some(emoji) = CustomEmoji::of(config, row) {
                self.known.insert(key, emoji);
            }
        }
        Ok(())
    }

    /// The emojis in these texts from `domain`, in the order in which they stand there.
    #[must_use]
    pub fn used<'t>(
        &self,
        domain: Option<&str>,
        texts: impl IntoIterator<Item = &'t str>,
    ) -> Vec<CustomEmoji> {
        if self.known.is_empty() {
            return Vec::new();
        }
        let mut used: Vec<CustomEmoji> = Vec::new();
        for text in texts {
            for shortcode in shortcodes(text) {
                let key = (shortcode.to_owned(), domain.unwrap_or_default().to_owned());
                if let Some(emoji) = self.known.get(&key)
                    && !used.iter().any(|one| one.shortcode == shortcode)
                {
                    used.push(emoji.clone());
                }
            }
        }
        used
    }
}
