//! `Relationship`.

use ferrodon_core::AccountId;
use ferrodon_db as db;
use ferrodon_db::PgConnection;
use serde::Serialize;

use super::Seconds;
use crate::Result;

/// What an account is to the viewer.
#[derive(Clone, Debug, Serialize)]
pub struct Relationship {
    pub id: AccountId,
    pub following: bool,
    pub showing_reblogs: bool,
    pub notifying: bool,
    pub languages: Option<Vec<String>>,
    pub followed_by: bool,
    pub blocking: bool,
    pub blocked_by: bool,
    pub muting: bool,
    pub muting_notifications: bool,
    pub muting_expires_at: Option<Seconds>,
    pub requested: bool,
    pub requested_by: bool,
    pub domain_blocking: bool,
    pub endorsed: bool,
    pub note: String,
}

impl Relationship {
    /// The relationships of `viewer` with those of these accounts that exist.
    pub async fn of(
        conn: &mut PgConnection,
        viewer: AccountId,
        ids: &[AccountId],
        with_suspended: bool,
    ) -> Result<Vec<Self>> {
        let rows = db::relationships::of(conn, viewer, ids, with_suspended).await?;
        Ok(rows.into_iter().map(Self::from).collect())
    }
}

impl From<db::relationships::Relationship> for Relationship {
    fn from(row: db::relationships::Relationship) -> Self {
        Self {
            id: row.account_id,
            following: row.following,
            showing_reblogs: row.showing_reblogs,
            notifying: row.notifying,
            languages: row.languages,
            followed_by: row.followed_by,
            blocking: row.blocking,
            blocked_by: row.blocked_by,
            muting: row.muting,
            muting_notifications: row.muting_notifications,
            muting_expires_at: row.muting_expires_at.map(Seconds),
            requested: row.requested,
            requested_by: row.requested_by,
            domain_blocking: row.domain_blocking,
            endorsed: row.endorsed,
            note: row.note,
        }
    }
}
