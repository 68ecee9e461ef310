//! `Notification`, and what it has in common with the groups of version 2.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use ferrodon_core::{AccountId, StatusId};
use ferrodon_db as db;
use ferrodon_db::PgConnection;
use ferrodon_db::notifications::Notification as Row;
use serde::Serialize;

use super::{
    Account, AccountWarning, RelationshipSeveranceEvent, Report, Status, Time, shared,
    shared_option,
};
use crate::{App, Result};

/// What someone is told of.
#[derive(Clone, Debug, Serialize)]
pub struct Notification {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub created_at: Time,
    pub group_key: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub filtered: bool,
    #[serde(serialize_with = "shared")]
    pub account: Arc<Account>,
    /// Left out of kinds that are not about a status; none if it is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<SharedStatus>,
    #[serde(flatten)]
    pub extra: Extra,
}

/// A status that several notifications share; none if it is gone.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct SharedStatus(#[serde(serialize_with = "shared_option")] pub Option<Arc<Status>>);

/// What only some kinds carry.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Extra {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<Report>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<RelationshipSeveranceEvent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moderation_warning: Option<AccountWarning>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback: Option<Fallback>,
}

/// For apps that do not know a kind.
#[derive(Clone, Debug, Serialize)]
pub struct Fallback {
    pub title: String,
    pub summary: Option<String>,
    pub description: Option<String>,
}

impl Notification {
    /// Renders a list, in its order. `supported` are the kinds that the app says it knows.
    pub async fn render(
        app: &App,
        conn: &mut PgConnection,
        viewer: AccountId,
        rows: &[Row],
        supported: Option<&[String]>,
    ) -> Result<Vec<Self>> {
        let related = Related::read(app, conn, viewer, rows, &[]).await?;
        Ok(rows.iter().filter_map(|row| related.notification(row, supported)).collect())
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
    matches!(
        kind,
        "favourite"
            | "reblog"
            | "status"
            | "mention"
            | "poll"
            | "update"
            | "quote"
            | "quoted_update"
    )
}

/// All that a list of notifications refers to.
#[derive(Debug)]
pub struct Related {
    pub accounts: HashMap<AccountId, Arc<Account>>,
    pub statuses: HashMap<StatusId, Arc<Status>>,
    reports: HashMap<i64, Report>,
    events: HashMap<i64, RelationshipSeveranceEvent>,
    warnings: HashMap<i64, AccountWarning>,
}

impl Related {
    /// Reads each kind of it once. `more` are further accounts to be rendered.
    pub async fn read(
        app: &App,
        conn: &mut PgConnection,
        viewer: AccountId,
        rows: &[Row],
        more: &[AccountId],
    ) -> Result<Self> {
        let about = |kind: &str| -> Vec<i64> {
            rows.iter().filter(|row| row.kind == kind).map(|row| row.activity_id).collect()
        };
        let (reports, events, warnings) =
            (about("admin.report"), about("severed_relationships"), about("moderation_warning"));
        let reports = match &*reports {
            [] => Vec::new(),
            ids => db::reports::by_ids(conn, ids).await?,
        };
        let events = match &*events {
            [] => Vec::new(),
            ids => db::severance_events::by_ids(conn, ids).await?,
        };
        let warnings = match &*warnings {
            [] => Vec::new(),
            ids => db::account_warnings::by_ids(conn, ids).await?,
        };

        let mut ids: HashSet<AccountId> = rows.iter().map(|row| row.from_account_id).collect();
        ids.extend(more);
        ids.extend(reports.iter().map(|report| report.target_account_id));
        ids.extend(warnings.iter().map(|warning| warning.target_account_id));
        let ids: Vec<AccountId> = ids.into_iter().collect();
        let accounts = Account::render_ids(app, conn, Some(viewer), &ids).await?;
        let accounts: HashMap<_, _> =
            accounts.into_iter().map(|account| (account.id, Arc::new(account))).collect();

        let ids: HashSet<StatusId> = rows.iter().filter_map(|row| row.status_id).collect();
        let ids: Vec<StatusId> = ids.into_iter().collect();
        let statuses = Status::render_ids(app, conn, Some(viewer), &ids).await?;

        Ok(Self {
            statuses: statuses.into_iter().map(|status| (status.id, Arc::new(status))).collect(),
            reports: reports
                .into_iter()
                .filter_map(|row| Some((row.id, Report::of(row, &accounts)?)))
                .collect(),
            events: events.into_iter().map(|row| (row.id, row.into())).collect(),
            warnings: warnings
                .into_iter()
                .filter_map(|row| Some((row.id, AccountWarning::of(row, &accounts)?)))
                .collect(),
            accounts,
        })
    }

    fn notification(&self, row: &Row, supported: Option<&[String]>) -> Option<Notification> {
        let status = row.status_id.and_then(|id| self.statuses.get(&id)).cloned();
        Some(Notification {
            id: row.id.to_string(),
            kind: row.kind.clone(),
            created_at: Time(row.created_at),
            group_key: group_key(row),
            filtered: row.filtered,
            account: self.accounts.get(&row.from_account_id)?.clone(),
            status: shows_status(&row.kind).then_some(SharedStatus(status)),
            extra: self.extra(row, supported),
        })
    }

    /// What only some kinds carry.
    #[must_use]
    pub fn extra(&self, row: &Row, supported: Option<&[String]>) -> Extra {
        let mut extra = Extra::default();
        match &*row.kind {
            "admin.report" => extra.report = self.reports.get(&row.activity_id).cloned(),
            "severed_relationships" => extra.event = self.events.get(&row.activity_id).cloned(),
            "moderation_warning" => {
                extra.moderation_warning = self.warnings.get(&row.activity_id).cloned();
            }
            _ => {}
        }
        if supported.is_some_and(|kinds| !kinds.contains(&row.kind)) {
            extra.fallback = self.fallback(row);
        }
        extra
    }

    /// A headline for apps that do not know the kind; none for kinds that all know.
    fn fallback(&self, row: &Row) -> Option<Fallback> {
        let name = self.accounts.get(&row.from_account_id).map_or("Someone", |account| {
            if account.display_name.is_empty() { &account.acct } else { &account.display_name }
        });
        let title = match &*row.kind {
            "severed_relationships" => "You lost connections because of a block".to_owned(),
            "moderation_warning" => "Moderators sent you a warning".to_owned(),
            "admin.sign_up" => format!("{name} signed up"),
            "admin.report" => format!("{name} filed a report"),
            "added_to_collection" => format!("{name} added you to a collection"),
            "collection_update" => format!("{name} changed a collection that you are in"),
            _ => return None,
        };
        let title = ferrodon_core::text::local::escape(&title).into_owned();
        Some(Fallback { title, summary: None, description: None })
    }
}
