//! A post as the pages show it.

use chrono::NaiveDateTime;
use ferrodon_app::entities::{MediaAttachment, Poll, Status};

use super::emoji;
use crate::texts::{Texts, fill};

/// What the template of a post needs.
#[derive(Debug)]
pub(crate) struct Post {
    /// That someone boosted it, where it is shown because of that.
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
    pub(crate) poll: Option<Ballot>,
    pub(crate) card: Option<Card>,
    pub(crate) url: String,
    pub(crate) iso: String,
    pub(crate) shown: String,
    /// When it was changed last.
    pub(crate) edited: Option<String>,
    pub(crate) boosts: i64,
    pub(crate) favourites: i64,
}

/// A picture, a film or a sound.
#[derive(Debug)]
pub(crate) struct File {
    /// `image`, `gifv`, `video`, `audio` or `unknown`.
    pub(crate) kind: &'static str,
    pub(crate) url: String,
    pub(crate) preview: String,
    pub(crate) description: String,
}

impl File {
    /// What it shows, in words.
    pub(crate) fn words<'a>(&'a self, texts: &'a Texts) -> &'a str {
        if self.description.is_empty() { &texts.undescribed } else { &self.description }
    }

    fn of(file: &MediaAttachment) -> Self {
        let url = file.url.clone().or_else(|| file.remote_url.clone());
        Self {
            kind: file.kind,
            url: url.unwrap_or_default(),
            preview: file.preview_url.clone().unwrap_or_default(),
            description: file.description.clone().unwrap_or_default(),
        }
    }
}

/// A poll: what was chosen by how many, as far as that is public.
#[derive(Debug)]
pub(crate) struct Ballot {
    pub(crate) options: Vec<Choice>,
    pub(crate) votes: i64,
    pub(crate) closed: bool,
    pub(crate) ends: Option<(String, String)>,
    /// Whether the votes are hidden until the end.
    pub(crate) hidden: bool,
}

#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) title: String,
    pub(crate) html: String,
    /// Of a hundred; none while it is hidden.
    pub(crate) share: Option<i64>,
}

impl Ballot {
    fn of(poll: &Poll) -> Self {
        // Where one may choose several, shares are of people, not of votes.
        let all = poll.voters_count.filter(|_| poll.multiple).unwrap_or(poll.votes_count).max(1);
        let choices = poll.options.iter().map(|option| Choice {
            title: option.title.clone(),
            html: emoji::in_text(&option.title, &poll.emojis),
            share: option.votes_count.map(|votes| (votes.clamp(0, all) * 200 + all) / (2 * all)),
        });
        Self {
            options: choices.collect(),
            votes: poll.votes_count,
            closed: poll.expired,
            ends: poll.expires_at.map(|at| (iso(at.0), shown(at.0))),
            hidden: poll.options.iter().any(|option| option.votes_count.is_none()),
        }
    }
}

/// Where a link in a post leads.
#[derive(Debug)]
pub(crate) struct Card {
    pub(crate) url: String,
    pub(crate) title: String,
    pub(crate) provider: String,
}

impl Post {
    /// What to show of a status: of a boost, the status that was boosted.
    pub(crate) fn of(texts: &Texts, status: &Status) -> Self {
        let boosted_by = status.reblog.is_some().then(|| {
            let by = format!("@{}", status.account.acct);
            fill(&texts.boosted_by, &[("name", &by)])
        });
        let status = status.reblog.as_deref().unwrap_or(status);
        let account = &status.account;
        let card = status.card.as_ref().filter(|card| is_web(&card.url) && !card.title.is_empty());
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
            media: status.media_attachments.iter().map(File::of).collect(),
            poll: status.poll.as_ref().map(Ballot::of),
            card: card.map(|card| Card {
                url: card.url.clone(),
                title: card.title.clone(),
                provider: card.provider_name.clone(),
            }),
            url: status.url.clone().unwrap_or_else(|| status.uri.clone()),
            iso: iso(status.created_at.0),
            shown: shown(status.created_at.0),
            edited: status.edited_at.map(|at| shown(at.0)),
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

    /// Pictures that previews elsewhere may show.
    pub(crate) fn pictures(&self) -> impl Iterator<Item = &File> {
        self.media.iter().filter(|file| file.kind == "image" && !self.sensitive)
    }
}

fn iso(at: NaiveDateTime) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn shown(at: NaiveDateTime) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

fn is_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

/// The name people see: the display name, or the user name without one.
pub(crate) fn name_of(display_name: &str, username: &str) -> String {
    let name = if display_name.trim().is_empty() { username } else { display_name };
    name.to_owned()
}
