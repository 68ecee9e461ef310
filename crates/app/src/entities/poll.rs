//! `Poll`.

use chrono::NaiveDateTime;
use ferrodon_core::{AccountId, PollId};
use ferrodon_db as db;
use ferrodon_db::PgConnection;
use serde::Serialize;

use super::{CustomEmoji, Emojis, Time};
use crate::{App, Error, Result};

/// A poll as one viewer sees it.
#[derive(Clone, Debug, Serialize)]
pub struct Poll {
    pub id: PollId,
    pub expires_at: Option<Time>,
    pub expired: bool,
    pub multiple: bool,
    pub votes_count: i64,
    pub voters_count: Option<i64>,
    pub options: Vec<PollOption>,
    pub emojis: Vec<CustomEmoji>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voted: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own_votes: Option<Vec<i32>>,
}

/// A choice; the votes are none while they are hidden.
#[derive(Clone, Debug, Serialize)]
pub struct PollOption {
    pub title: String,
    pub votes_count: Option<i64>,
}

impl Poll {
    /// Renders one poll by itself. Who may see it is for the caller to know.
    pub async fn render_one(
        app: &App,
        conn: &mut PgConnection,
        viewer: Option<AccountId>,
        row: &db::polls::Poll,
    ) -> Result<Self> {
        let author = db::accounts::find(conn, row.account_id).await?.ok_or(Error::NotFound)?;
        let domain = author.domain.as_deref();
        let mut emojis = Emojis::default();
        for title in &row.options {
            emojis.want(domain, title);
        }
        emojis.read(&app.config, conn).await?;
        Ok(Self::of(row, viewer, domain, &emojis, app.clock.now().naive_utc()))
    }

    /// The entity of a row that was read for `viewer`; `domain` is the author's.
    #[must_use]
    pub fn of(
        row: &db::polls::Poll,
        viewer: Option<AccountId>,
        domain: Option<&str>,
        emojis: &Emojis,
        now: NaiveDateTime,
    ) -> Self {
        let expired = row.expires_at.is_some_and(|at| at < now);
        let shows_totals = expired || !row.hide_totals;
        let options = row.options.iter().enumerate().map(|(index, title)| PollOption {
            title: title.clone(),
            votes_count: shows_totals.then(|| row.cached_tallies.get(index).copied().unwrap_or(0)),
        });
        Self {
            id: row.id,
            expires_at: row.expires_at.map(Time),
            expired,
            multiple: row.multiple,
            votes_count: row.votes_count,
            voters_count: row.voters_count,
            options: options.collect(),
            emojis: emojis.used(domain, row.options.iter().map(String::as_str)),
            voted: viewer.map(|viewer| viewer == row.account_id || !row.own_votes.is_empty()),
            own_votes: viewer.map(|_| row.own_votes.clone()),
        }
    }
}
