//! `Report`.

use std::collections::HashMap;
use std::sync::Arc;

use ferrodon_core::AccountId;
use ferrodon_db::reports::Report as Row;
use serde::Serialize;

use super::{Account, Time, shared};

/// What someone told moderators of.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub id: String,
    pub action_taken: bool,
    pub action_taken_at: Option<Time>,
    pub category: &'static str,
    pub comment: String,
    pub forwarded: Option<bool>,
    pub created_at: Time,
    pub status_ids: Vec<String>,
    pub rule_ids: Option<Vec<String>>,
    pub collection_ids: Vec<String>,
    #[serde(serialize_with = "shared")]
    pub target_account: Arc<Account>,
}

impl Report {
    /// Renders a report; none if the account it is about is gone.
    #[must_use]
    pub fn of(row: Row, accounts: &HashMap<AccountId, Arc<Account>>) -> Option<Self> {
        let texts = |ids: Vec<i64>| ids.iter().map(i64::to_string).collect();
        Some(Self {
            id: row.id.to_string(),
            action_taken: row.action_taken_at.is_some(),
            action_taken_at: row.action_taken_at.map(Time),
            category: match row.category {
                1000 => "spam",
                1500 => "legal",
                2000 => "violation",
                _ => "other",
            },
            comment: row.comment,
            forwarded: row.forwarded,
            created_at: Time(row.created_at),
            status_ids: texts(row.status_ids),
            rule_ids: row.rule_ids.map(texts),
            collection_ids: texts(row.collection_ids),
            target_account: accounts.get(&row.target_account_id)?.clone(),
        })
    }
}
