//! What was taken back before it came: activities do not always arrive in the order in which they
//! were sent.

use chrono::TimeDelta;
use ferrodon_core::AccountId;
use ferrodon_db as db;

use crate::{App, Result};

const REMEMBERED: TimeDelta = TimeDelta::hours(6);
/// Longer addresses are not remembered: nobody has such, and they would fill the memory.
const LONGEST: usize = 2048;

/// Remembers that `uri` was taken back by `account_id`, so that it is refused when it comes.
pub(crate) async fn take_back(app: &App, account_id: AccountId, uri: &str) {
    if uri.len() <= LONGEST {
        app.transient.set(&key(account_id, uri), "true", REMEMBERED).await;
    }
}

/// Whether `uri` was taken back before it came.
pub(crate) async fn was_taken_back(app: &App, account_id: AccountId, uri: &str) -> bool {
    uri.len() <= LONGEST && app.transient.get(&key(account_id, uri)).await.is_some()
}

/// Whether the post `uri` was deleted, now or long ago.
pub(crate) async fn was_deleted(app: &App, account_id: AccountId, uri: &str) -> Result<bool> {
    if was_taken_back(app, account_id, uri).await {
        return Ok(true);
    }
    let mut conn = app.db.acquire().await?;
    Ok(db::tombstones::exists(&mut conn, uri).await?)
}

fn key(account_id: AccountId, uri: &str) -> String {
    format!("delete_upon_arrival:{account_id}:{uri}")
}
