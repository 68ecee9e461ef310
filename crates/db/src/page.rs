//! Turns a [`Page`] into SQL, with the conditions that lists share.

use ferrodon_core::{AccountId, Page};
use sqlx::{Postgres, QueryBuilder};

/// Adds the bounds, order and limit of `page` on the id column `column`.
pub(crate) fn apply(
    sql: &mut QueryBuilder<Postgres>,
    column: &'static str,
    page: &Page,
    limit: i64,
) {
    bounds(sql, column, page);
    let direction = if page.min_id.is_some() { " asc" } else { " desc" };
    sql.push(" order by ").push(column).push(direction);
    sql.push(" limit ").push_bind(limit);
}

/// Adds the bounds of `page` alone.
pub(crate) fn bounds(sql: &mut QueryBuilder<Postgres>, column: &'static str, page: &Page) {
    if let Some(max_id) = page.max_id {
        sql.push(" and ").push(column).push(" < ").push_bind(max_id);
    }
    if let Some(newer_than) = page.min_id.or(page.since_id) {
        sql.push(" and ").push(column).push(" > ").push_bind(newer_than);
    }
}

/// `min_id` reads upwards; clients still expect the newest item first.
pub(crate) fn newest_first<T>(page: &Page, mut rows: Vec<T>) -> Vec<T> {
    if page.min_id.is_some() {
        rows.reverse();
    }
    rows
}

/// Leaves out accounts that `viewer` blocks or mutes, or that block `viewer`.
pub(crate) fn push_not_excluded(
    sql: &mut QueryBuilder<Postgres>,
    account_id: &'static str,
    viewer: AccountId,
) {
    sql.push(" and not exists (select from blocks where blocks.account_id = ").push_bind(viewer);
    sql.push(" and blocks.target_account_id = ").push(account_id);
    sql.push(") and not exists (select from blocks where blocks.target_account_id = ");
    sql.push_bind(viewer).push(" and blocks.account_id = ").push(account_id);
    sql.push(") and not exists (select from mutes where mutes.account_id = ").push_bind(viewer);
    sql.push(" and mutes.target_account_id = ").push(account_id).push(")");
}

/// Leaves out accounts of the domains that `viewer` blocks.
pub(crate) fn push_not_domain_blocked(
    sql: &mut QueryBuilder<Postgres>,
    domain: &'static str,
    viewer: AccountId,
) {
    sql.push(
        " and not exists (select from account_domain_blocks hidden where hidden.account_id = ",
    );
    sql.push_bind(viewer).push(" and hidden.domain = ").push(domain).push(")");
}
