//! `AccountWarning` and `RelationshipSeveranceEvent`: what moderation did to a person.

use std::collections::HashMap;
use std::sync::Arc;

use ferrodon_core::AccountId;
use ferrodon_db::account_warnings::AccountWarning as WarningRow;
use ferrodon_db::severance_events::SeveranceEvent as EventRow;
use serde::Serialize;

use super::{Account, Time, id_text, shared};

/// What moderators told someone.
#[derive(Clone, Debug, Serialize)]
pub struct AccountWarning {
    #[serde(serialize_with = "id_text")]
    pub id: i64,
    pub action: &'static str,
    pub text: String,
    pub status_ids: Option<Vec<String>>,
    pub created_at: Time,
    #[serde(serialize_with = "shared")]
    pub target_account: Arc<Account>,
    pub appeal: Option<Appeal>,
}

/// What they answered.
#[derive(Clone, Debug, Serialize)]
pub struct Appeal {
    pub text: String,
    pub state: &'static str,
}

impl AccountWarning {
    pub(super) fn of(row: WarningRow, accounts: &HashMap<AccountId, Arc<Account>>) -> Option<Self> {
        let state = match (row.appeal_approved_at, row.appeal_rejected_at) {
            (Some(_), _) => "approved",
            (None, Some(_)) => "rejected",
            (None, None) => "pending",
        };
        Some(Self {
            id: row.id,
            action: match row.action {
                1000 => "disable",
                1250 => "mark_statuses_as_sensitive",
                1500 => "delete_statuses",
                2000 => "sensitive",
                3000 => "silence",
                4000 => "suspend",
                _ => "none",
            },
            text: row.text,
            status_ids: row.status_ids,
            created_at: Time(row.created_at),
            target_account: accounts.get(&row.target_account_id)?.clone(),
            appeal: row.appeal_text.map(|text| Appeal { text, state }),
        })
    }
}

/// Whom someone lost, and why.
#[derive(Clone, Debug, Serialize)]
pub struct RelationshipSeveranceEvent {
    #[serde(serialize_with = "id_text")]
    pub id: i64,
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub purged: bool,
    pub target_name: String,
    pub followers_count: i32,
    pub following_count: i32,
    pub created_at: Time,
}

impl From<EventRow> for RelationshipSeveranceEvent {
    fn from(row: EventRow) -> Self {
        Self {
            id: row.id,
            kind: match row.kind {
                1 => "user_domain_block",
                2 => "account_suspension",
                _ => "domain_block",
            },
            purged: row.purged,
            target_name: row.target_name,
            followers_count: row.followers_count,
            following_count: row.following_count,
            created_at: Time(row.created_at),
        }
    }
}
