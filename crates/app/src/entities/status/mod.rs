//! `Status` and what hangs on it.

use std::collections::HashMap;
use std::sync::Arc;

use ferrodon_core::{AccountId, StatusId};
use ferrodon_db as db;
use ferrodon_db::PgConnection;
use ferrodon_db::statuses::Status as Row;
use serde::Serialize;

use super::{
    Account, Collection, CustomEmoji, FilterResult, MediaAttachment, Poll, PreviewCard, Quote,
    QuoteApproval, Time, shared,
};
use crate::{App, Error, Result};

mod related;

use related::Related;

/// A status as one viewer sees it.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    pub id: StatusId,
    pub created_at: Time,
    pub in_reply_to_id: Option<StatusId>,
    pub in_reply_to_account_id: Option<AccountId>,
    pub sensitive: bool,
    pub spoiler_text: String,
    pub visibility: &'static str,
    pub language: Option<String>,
    pub uri: String,
    pub url: Option<String>,
    pub replies_count: i64,
    pub reblogs_count: i64,
    pub favourites_count: i64,
    pub quotes_count: i64,
    pub edited_at: Option<Time>,
    #[serde(flatten)]
    pub viewed: Option<Viewed>,
    /// Left out when `text` is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// What was typed, for whoever deletes the status to write it again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    pub reblog: Option<Box<Status>>,
    /// Left out if the author does not show it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application: Option<Option<StatusApplication>>,
    #[serde(serialize_with = "shared")]
    pub account: Arc<Account>,
    pub media_attachments: Vec<MediaAttachment>,
    pub mentions: Vec<Mention>,
    pub tags: Vec<ShallowTag>,
    pub emojis: Vec<CustomEmoji>,
    pub tagged_collections: Vec<Collection>,
    pub quote: Option<Quote>,
    pub card: Option<PreviewCard>,
    pub poll: Option<Poll>,
    pub quote_approval: QuoteApproval,
}

/// What a viewer has done with a status, and what their filters say of it.
#[derive(Clone, Debug, Serialize)]
pub struct Viewed {
    pub favourited: bool,
    pub reblogged: bool,
    pub muted: bool,
    pub bookmarked: bool,
    /// Left out unless the viewer could pin it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pinned: Option<bool>,
    pub filtered: Vec<FilterResult>,
}

/// Someone a status names.
#[derive(Clone, Debug, Serialize)]
pub struct Mention {
    pub id: AccountId,
    pub username: String,
    pub url: String,
    pub acct: String,
}

/// A hashtag of a status.
#[derive(Clone, Debug, Serialize)]
pub struct ShallowTag {
    pub name: String,
    pub url: String,
}

/// The app a status was posted with.
#[derive(Clone, Debug, Serialize)]
pub struct StatusApplication {
    pub name: String,
    pub website: Option<String>,
}

/// What is above and below a status in its thread.
#[derive(Clone, Debug, Serialize)]
pub struct Context {
    pub ancestors: Vec<Status>,
    pub descendants: Vec<Status>,
}

/// How statuses are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// In a list: what the viewer did with the original of a reblog shows on the original only.
    List,
    /// By itself: it shows on the reblog too.
    One,
    /// To its author who deletes it: as typed.
    Source,
}

impl Status {
    /// Renders a list, in its order.
    pub async fn render(
        app: &App,
        conn: &mut PgConnection,
        viewer: Option<AccountId>,
        rows: Vec<Row>,
    ) -> Result<Vec<Self>> {
        Self::render_as(app, conn, viewer, &rows, Manner::List).await
    }

    /// Renders the statuses with these ids, in the order of the ids; deleted ones are left out.
    /// Who may see them is for the caller to know.
    pub async fn render_ids(
        app: &App,
        conn: &mut PgConnection,
        viewer: Option<AccountId>,
        ids: &[StatusId],
    ) -> Result<Vec<Self>> {
        let rows = db::statuses::by_ids(conn, ids).await?;
        Self::render(app, conn, viewer, in_order(rows, ids)).await
    }

    /// Renders one status by itself.
    pub async fn render_one(
        app: &App,
        conn: &mut PgConnection,
        viewer: Option<AccountId>,
        row: Row,
    ) -> Result<Self> {
        Self::single(app, conn, viewer, row, Manner::One).await
    }

    /// Renders a status as it was typed, for its author to write it again.
    pub async fn render_source(
        app: &App,
        conn: &mut PgConnection,
        viewer: AccountId,
        row: Row,
    ) -> Result<Self> {
        Self::single(app, conn, Some(viewer), row, Manner::Source).await
    }

    async fn single(
        app: &App,
        conn: &mut PgConnection,
        viewer: Option<AccountId>,
        row: Row,
        manner: Manner,
    ) -> Result<Self> {
        let rendered = Self::render_as(app, conn, viewer, &[row], manner).await?;
        rendered.into_iter().next().ok_or(Error::Missing("Not Found"))
    }

    async fn render_as(
        app: &App,
        conn: &mut PgConnection,
        viewer: Option<AccountId>,
        rows: &[Row],
        manner: Manner,
    ) -> Result<Vec<Self>> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let related = Related::read(app, conn, viewer, rows, manner).await?;
        // A row without its author was deleted between two queries.
        Ok(rows.iter().filter_map(|row| related.status(row)).collect())
    }
}

/// Rows in the order of `ids`.
pub(super) fn in_order(mut rows: Vec<Row>, ids: &[StatusId]) -> Vec<Row> {
    let place: HashMap<StatusId, usize> =
        ids.iter().enumerate().map(|(place, id)| (*id, place)).collect();
    rows.sort_by_key(|row| place.get(&row.id).copied());
    rows
}
