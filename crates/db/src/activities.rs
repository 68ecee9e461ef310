//! `ferrodon.activities`: what is sent to other servers, once for all its deliveries.

use chrono::{DateTime, Utc};
use ferrodon_core::AccountId;
use sqlx::PgConnection;

/// An activity about to be sent.
#[derive(Clone, Copy, Debug)]
pub struct New<'a> {
    /// Who signs the requests.
    pub account_id: AccountId,
    pub body: &'a [u8],
    /// The value of the `Digest` header.
    pub digest: &'a str,
    /// Whether receivers are told which of their people follow the sender.
    pub follower_sync: bool,
}

/// An activity as stored.
#[derive(Clone, Debug)]
pub struct Activity {
    pub id: i64,
    pub account_id: AccountId,
    pub body: Vec<u8>,
    pub digest: String,
    pub follower_sync: bool,
    pub created_at: DateTime<Utc>,
}

/// The activities with these ids.
pub async fn by_ids(conn: &mut PgConnection, ids: &[i64]) -> sqlx::Result<Vec<Activity>> {
    sqlx::query_as!(
        Activity,
        "select id, account_id, body, digest, follower_sync, created_at
         from ferrodon.activities
         where id = any($1)",
        ids
    )
    .fetch_all(conn)
    .await
}

/// Removes what no delivery needs any more, should a crash have left something behind.
pub async fn sweep(conn: &mut PgConnection, before: DateTime<Utc>) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        "delete from ferrodon.activities a
         where a.created_at < $1
           and not exists (select from ferrodon.deliveries d where d.activity_id = a.id)",
        before
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}
