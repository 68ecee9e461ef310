//! `follows`: who follows whom. The row ids page the lists of followers and followed.

use ferrodon_core::{AccountId, Page};
use sqlx::{PgConnection, Postgres, QueryBuilder};

use crate::page;

/// Which side of `follows` is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Who follows the account.
    Followers,
    /// Whom the account follows.
    Following,
}

/// A page of the account's followers or followed, newest first: row ids and accounts. Suspended
/// accounts are left out, and for a `viewer` who is not the account itself those that block,
/// are blocked or are muted.
pub async fn page(
    conn: &mut PgConnection,
    account_id: AccountId,
    side: Side,
    viewer: Option<AccountId>,
    page: &Page,
    limit: i64,
) -> sqlx::Result<Vec<(i64, AccountId)>> {
    let (listed, fixed) = match side {
        Side::Followers => ("follows.account_id", "follows.target_account_id"),
        Side::Following => ("follows.target_account_id", "follows.account_id"),
    };
    let mut sql = QueryBuilder::<Postgres>::new("select follows.id, accounts.id from follows ");
    sql.push("join accounts on accounts.id = ").push(listed);
    sql.push(" where accounts.suspended_at is null and ").push(fixed).push(" = ");
    sql.push_bind(account_id);
    if let Some(viewer) = viewer.filter(|viewer| *viewer != account_id) {
        page::push_not_excluded(&mut sql, "accounts.id", viewer);
    }
    page::apply(&mut sql, "follows.id", page, limit);
    sql.build_query_as().fetch_all(conn).await
}
