//! The lists of people that one keeps: blocked, muted, asking to follow, endorsed, in a list.

use chrono::NaiveDateTime;
use ferrodon_core::{AccountId, Page};
use sqlx::{PgConnection, Postgres, QueryBuilder};

use crate::page;

/// Which list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    Blocked,
    Muted,
    /// Who asks to follow.
    Requesting,
}

/// Someone in a list: the id of the row, which pages the list, and the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Entry {
    pub id: i64,
    pub account_id: AccountId,
    /// Until when a mute lasts.
    pub expires_at: Option<NaiveDateTime>,
}

/// A page of one of `account_id`'s lists, newest first, without suspended accounts.
pub async fn page(
    conn: &mut PgConnection,
    account_id: AccountId,
    kept: Kept,
    page: &Page,
    limit: i64,
) -> sqlx::Result<Vec<Entry>> {
    let mut sql = QueryBuilder::<Postgres>::new("select kept.id, accounts.id as account_id, ");
    sql.push(match kept {
        Kept::Blocked => {
            "null::timestamp as expires_at from blocks kept
             join accounts on accounts.id = kept.target_account_id
             where kept.account_id = "
        }
        Kept::Muted => {
            "kept.expires_at from mutes kept
             join accounts on accounts.id = kept.target_account_id
             where kept.account_id = "
        }
        Kept::Requesting => {
            "null::timestamp as expires_at from follow_requests kept
             join accounts on accounts.id = kept.account_id
             where kept.target_account_id = "
        }
    });
    sql.push_bind(account_id).push(" and accounts.suspended_at is null");
    page::apply(&mut sql, "kept.id", page, limit);
    sql.build_query_as().fetch_all(conn).await
}

/// Which list that is paged by its accounts' ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// Whom an account endorses.
    EndorsedBy(AccountId),
    /// The members of a list.
    InList(i64),
}

/// A page of chosen accounts, newest first, without suspended ones; all of them without a limit.
pub async fn chosen(
    conn: &mut PgConnection,
    chosen: Chosen,
    page: &Page,
    limit: Option<i64>,
) -> sqlx::Result<Vec<AccountId>> {
    let mut sql = QueryBuilder::<Postgres>::new("select accounts.id from accounts ");
    match chosen {
        Chosen::EndorsedBy(id) => {
            sql.push("join account_pins chosen on chosen.target_account_id = accounts.id ");
            sql.push("where chosen.account_id = ").push_bind(id);
        }
        Chosen::InList(id) => {
            sql.push("join list_accounts chosen on chosen.account_id = accounts.id ");
            sql.push("where chosen.list_id = ").push_bind(id);
        }
    }
    sql.push(" and accounts.suspended_at is null");
    match limit {
        Some(limit) => page::apply(&mut sql, "accounts.id", page, limit),
        None => {
            sql.push(" order by accounts.id desc");
        }
    }
    sql.build_query_scalar().fetch_all(conn).await
}

/// A page of the domains that `account_id` blocks, newest first: row ids and domains.
pub async fn blocked_domains(
    conn: &mut PgConnection,
    account_id: AccountId,
    page: &Page,
    limit: i64,
) -> sqlx::Result<Vec<(i64, String)>> {
    let mut sql = QueryBuilder::<Postgres>::new(
        "select id, domain from account_domain_blocks where account_id = ",
    );
    sql.push_bind(account_id);
    page::apply(&mut sql, "id", page, limit);
    sql.build_query_as().fetch_all(conn).await
}

/// Which accounts that `viewer` follows also follow these: pairs of followed and follower. Those
/// that hide their network are on neither side.
pub async fn familiar_followers(
    conn: &mut PgConnection,
    viewer: AccountId,
    ids: &[AccountId],
) -> sqlx::Result<Vec<(AccountId, AccountId)>> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    sqlx::query!(
        r#"select theirs.target_account_id, theirs.account_id
           from follows theirs
           join follows mine on mine.target_account_id = theirs.account_id
           join accounts follower on follower.id = theirs.account_id
           join accounts followed on followed.id = theirs.target_account_id
           where mine.account_id = $1 and theirs.target_account_id = any($2)
             and follower.hide_collections is not true
             and followed.hide_collections is not true
           order by theirs.id"#,
        viewer as _,
        &ids
    )
    .map(|row| (row.target_account_id, row.account_id))
    .fetch_all(conn)
    .await
}
