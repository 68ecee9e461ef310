//! A post as the pages show it.

use ferrodon_app::entities::Status;

use super::emoji;

/// What the template of a post needs.
#[derive(Debug)]
pub(crate) struct Post {
    /// Who boosted it, where it is shown because of that.
    pub(crate) boosted_by: Option<String>,
    pub(crate) author_name: String,
    /// The name as HTML, with its emojis.
    pub(crate) author_html: String,
    pub(crate) author_acct: String,
    pub(crate) author_url: String,
    pub(crate) avatar: String,
    pub(crate) spoiler: String,
    pub(crate) spoiler_html: String,
    pub(crate) language: Option<String>,
    /// Safe HTML: made by us, or cleaned when it came in.
    pub(crate) html: String,
    pub(crate) sensitive: bool,
    pub(crate) media: Vec<File>,
    pub(crate) url: String,
    pub(crate) iso: String,
    pub(crate) shown: String,
    pub(crate) boosts: i64,
    pub(crate) favourites: i64,
}

/// A picture, a film or a sound.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) url: String,
    pub(crate) preview: String,
    pub(crate) description: String,
}

impl Post {
    /// What to show of a status: of a boost, the status that was boosted.
    pub(crate) fn of(status: &Status) -> Self {
        let boosted_by = status.reblog.is_some().then(|| status.account.acct.clone());
        let status = status.reblog.as_deref().unwrap_or(status);
        let account = &status.account;
        let media = status.media_attachments.iter().map(|file| {
            let url = file.url.clone().or_else(|| file.remote_url.clone());
            File {
                url: url.unwrap_or_default(),
                preview: file.preview_url.clone().unwrap_or_default(),
                description: file.description.clone().unwrap_or_default(),
            }
        });
        let name = name_of(&account.display_name, &account.username);
        Self {
            boosted_by,
            author_html: emoji::in_text(&name, &account.emojis),
            author_name: name,
            author_acct: account.acct.clone(),
            author_url: account.url.clone(),
            avatar: account.avatar.clone(),
            spoiler: status.spoiler_text.clone(),
            spoiler_html: emoji::in_text(&status.spoiler_text, &status.emojis),
            language: status.language.clone(),
            html: emoji::in_html(status.content.as_deref().unwrap_or_default(), &status.emojis),
            sensitive: status.sensitive,
            media: media.collect(),
            url: status.url.clone().unwrap_or_else(|| status.uri.clone()),
            iso: status.created_at.0.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            shown: status.created_at.0.format("%Y-%m-%d %H:%M UTC").to_string(),
            boosts: status.reblogs_count,
            favourites: status.favourites_count,
        }
    }

    /// The beginning of its words (or of its warning), for titles and previews.
    pub(crate) fn excerpt(&self, chars: usize) -> String {
        let text = if self.spoiler.is_empty() {
            ferrodon_core::text::remote::to_plain(&self.html)
        } else {
            self.spoiler.clone()
        };
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.chars().count() <= chars {
            return text;
        }
        text.chars().take(chars).chain(['…']).collect()
    }
}

/// The name people see: the display name, or the user name without one.
pub(crate) fn name_of(display_name: &str, username: &str) -> String {
    let name = if display_name.trim().is_empty() { username } else { display_name };
    name.to_owned()
}
