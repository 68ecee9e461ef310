//! `Notification`.

use std::collections::HashMap;

use ferrodon_core::{AccountId, NotificationId, NotificationKind, StatusId};
use ferrodon_db::PgConnection;
use ferrodon_db::notifications::Notification as Row;
use serde::Serialize;

use super::{Account, Status, Time};
use crate::{App, Result};

/// What someone is told of.
#[derive(Clone, Debug, Serialize)]
pub struct Notification {
    pub id: NotificationId,
    #[serde(rename = "type")]
    pub kind: String,
    pub created_at: Time,
    pub group_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filtered: Option<bool>,
    pub account: Account,
    /// Left out of what is not about a post; null if the post is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Option<Status>>,
}

impl Notification {
    /// Renders a list for the person it was made for, in its order. Those by accounts that are
    /// gone are left out.
    pub async fn render(
        app: &App,
        conn: &mut PgConnection,
        viewer: AccountId,
        rows: &[Row],
    ) -> Result<Vec<Self>> {
        let accounts: Vec<AccountId> = distinct(rows.iter().map(|row| row.from_account_id));
        let accounts: HashMap<AccountId, Account> =
            Account::render_ids(app, conn, Some(viewer), &accounts)
                .await?
                .into_iter()
                .map(|account| (account.id, account))
                .collect();
        let statuses: Vec<StatusId> = distinct(rows.iter().filter_map(|row| row.status_id));
        let statuses: HashMap<StatusId, Status> =
            Status::render_ids(app, conn, Some(viewer), &statuses)
                .await?
                .into_iter()
                .map(|status| (status.id, status))
                .collect();
        Ok(rows
            .iter()
            .filter_map(|row| {
                Some(Self {
                    id: row.id,
                    kind: row.kind.clone(),
                    created_at: Time(row.created_at),
                    group_key: group_key(row),
                    filtered: row.filtered.then_some(true),
                    account: accounts.get(&row.from_account_id)?.clone(),
                    status: shows_status(&row.kind)
                        .then(|| row.status_id.and_then(|id| statuses.get(&id).cloned())),
                })
            })
            .collect())
    }
}

/// The group of a notification, or a name of its own.
#[must_use]
pub fn group_key(row: &Row) -> String {
    row.group_key.clone().unwrap_or_else(|| format!("ungrouped-{}", row.id))
}

/// Whether notifications of this kind show a status.
#[must_use]
pub fn shows_status(kind: &str) -> bool {
    use NotificationKind::{Favourite, Mention, Poll, Quote, QuotedUpdate, Reblog, Status, Update};
    kind.parse().is_ok_and(|kind: NotificationKind| {
        matches!(kind, Favourite | Reblog | Status | Mention | Poll | Update | Quote | QuotedUpdate)
    })
}

fn distinct<T: Ord>(ids: impl Iterator<Item = T>) -> Vec<T> {
    let mut ids: Vec<T> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
