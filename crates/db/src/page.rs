//! Turns a [`Page`] into SQL.
#![expect(dead_code, reason = "the list queries that page come next")]

use ferrodon_core::Page;
use sqlx::{Postgres, QueryBuilder};

/// Adds the bounds, order and limit of `page` on the id column `column`.
pub(crate) fn apply(
    sql: &mut QueryBuilder<Postgres>,
    column: &'static str,
    page: &Page,
    limit: i64,
) {
    if let Some(max_id) = page.max_id {
        sql.push(" and ").push(column).push(" < ").push_bind(max_id);
    }
    if let Some(newer_than) = page.min_id.or(page.since_id) {
        sql.push(" and ").push(column).push(" > ").push_bind(newer_than);
    }
    let direction = if page.min_id.is_some() { " asc" } else { " desc" };
    sql.push(" order by ").push(column).push(direction);
    sql.push(" limit ").push_bind(limit);
}

/// `min_id` reads upwards; clients still expect the newest item first.
pub(crate) fn newest_first<T>(page: &Page, mut rows: Vec<T>) -> Vec<T> {
    if page.min_id.is_some() {
        rows.reverse();
    }
    rows
}
