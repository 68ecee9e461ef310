//! `StatusEdit` and `StatusSource`.

use std::collections::HashMap;
use std::sync::Arc;

use ferrodon_core::text::{local, remote};
use ferrodon_core::{AccountId, MediaId, StatusId};
use ferrodon_db as db;
use ferrodon_db::PgConnection;
use ferrodon_db::status_edits::StatusEdit as EditRow;
use ferrodon_db::statuses::Status as Row;
use serde::Serialize;

use super::{Account, CustomEmoji, Emojis, MediaAttachment, Quote, Status, Time, shared};
use crate::{App, Error, Result};

/// What a status said at one time.
#[derive(Clone, Debug, Serialize)]
pub struct StatusEdit {
    #[serde(serialize_with = "shared")]
    pub account: Arc<Account>,
    pub content: String,
    pub spoiler_text: String,
    pub sensitive: bool,
    pub created_at: Time,
    pub media_attachments: Vec<MediaAttachment>,
    pub emojis: Vec<CustomEmoji>,
    /// Left out of revisions that quoted nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<Quote>,
    /// Left out of revisions without a poll.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub poll: Option<PollOptions>,
}

/// The choices of a poll without their votes.
#[derive(Clone, Debug, Serialize)]
pub struct PollOptions {
    pub options: Vec<PollTitle>,
}

/// One choice.
#[derive(Clone, Debug, Serialize)]
pub struct PollTitle {
    pub title: String,
}

/// What was typed.
#[derive(Clone, Debug, Serialize)]
pub struct StatusSource {
    pub id: StatusId,
    pub text: String,
    pub spoiler_text: String,
}

impl From<Row> for StatusSource {
    fn from(row: Row) -> Self {
        Self { id: row.id, text: row.text, spoiler_text: row.spoiler_text }
    }
}

impl StatusEdit {
    /// All revisions of a status, oldest first; one that was never edited has one.
    pub async fn render(
        app: &App,
        conn: &mut PgConnection,
        viewer: Option<AccountId>,
        row: Row,
    ) -> Result<Vec<Self>> {
        let mut edits = db::status_edits::by_status(conn, row.id).await?;
        let author = db::accounts::find(conn, row.account_id).await?.ok_or(Error::NotFound)?;
        let account = Account::render_one(app, conn, viewer, author.clone()).await?;
        let account = Arc::new(account);
        let media = db::media_attachments::by_statuses(conn, &[row.id]).await?;
        let media: HashMap<MediaId, _> = media.into_iter().map(|row| (row.id, row)).collect();
        let mentions = db::mentions::shown_by_statuses(conn, &[row.id]).await?;
        let current = Status::render_one(app, conn, viewer, row.clone()).await?;
        if edits.is_empty() {
            edits.push(snapshot(&row, &current));
        }

        let domain = author.domain.as_deref();
        let mut emojis = Emojis::default();
        for edit in &edits {
            each_text(edit, |text| emojis.want(domain, text));
        }
        emojis.read(&app.config, conn).await?;

        let base_url = app.config.base_url();
        let local_domains = local::local_domains(&app.config);
        let site = local::Site { base_url: &base_url, local_domains: &local_domains };
        let mut mentioned = vec![local::Mentioned {
            username: author.username.clone(),
            domain: author.domain.clone(),
            url: account.url.clone(),
        }];
        mentioned.extend(mentions.iter().filter(|one| one.account_id != author.id).map(|one| {
            local::Mentioned {
                username: one.username.clone(),
                domain: one.domain.clone(),
                url: crate::address::handle_url(
                    &app.config,
                    &one.username,
                    one.domain.as_deref(),
                    one.url.as_deref(),
                    &one.uri,
                ),
            }
        }));
        let quote_of = |edit: &EditRow| edit.quote_id.and(current.quote.clone());
        Ok(edits
            .iter()
            .map(|edit| Self {
                account: account.clone(),
                content: if row.is_local() {
                    local::to_html(&site, &edit.text, &mentioned)
                } else {
                    remote::sanitize(&edit.text)
                },
                spoiler_text: edit.spoiler_text.clone(),
                sensitive: edit.sensitive.unwrap_or(false),
                created_at: Time(edit.created_at),
                media_attachments: media_of(app, edit, &media),
                emojis: {
                    let mut texts = Vec::new();
                    each_text(edit, |text| texts.push(text));
                    emojis.used(domain, texts)
                },
                quote: quote_of(edit),
                poll: edit.poll_options.as_ref().map(|options| PollOptions {
                    options: options.iter().map(|t| PollTitle { title: t.clone() }).collect(),
                }),
            })
            .collect())
    }
}

/// The one revision of a status that was never edited.
fn snapshot(row: &Row, current: &Status) -> EditRow {
    EditRow {
        id: 0,
        status_id: row.id,
        account_id: Some(row.account_id),
        text: row.text.clone(),
        spoiler_text: row.spoiler_text.clone(),
        sensitive: Some(row.sensitive),
        ordered_media_attachment_ids: Some(
            current.media_attachments.iter().map(|media| media.id.0).collect(),
        ),
        media_descriptions: None,
        poll_options: current
            .poll
            .as_ref()
            .map(|poll| poll.options.iter().map(|option| option.title.clone()).collect()),
        quote_id: current.quote.is_some().then_some(0),
        created_at: row.created_at,
    }
}

/// The attachments of a revision, with the descriptions they had then.
fn media_of(
    app: &App,
    edit: &EditRow,
    media: &HashMap<MediaId, db::media_attachments::MediaAttachment>,
) -> Vec<MediaAttachment> {
    let ids = edit.ordered_media_attachment_ids.as_deref().unwrap_or_default();
    let rows = ids.iter().enumerate().filter_map(|(place, id)| {
        let mut shown = MediaAttachment::of(&app.config, media.get(&MediaId(*id))?);
        if let Some(then) = edit.media_descriptions.as_ref().and_then(|all| all.get(place)) {
            shown.description = Some(then.clone());
        }
        Some(shown)
    });
    rows.collect()
}

fn each_text<'e>(edit: &'e EditRow, mut each: impl FnMut(&'e str)) {
    each(&edit.spoiler_text);
    each(&edit.text);
    for option in edit.poll_options.iter().flatten() {
        each(option);
    }
}
