//! `instances`: a view of the domains that are known, refreshed every hour.

use sqlx::PgConnection;

/// How many are known.
pub async fn count(conn: &mut PgConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar!(r#"select count(*) as "count!" from instances"#).fetch_one(conn).await
}

/// All domains about which nothing bad was decided.
pub async fn peers(conn: &mut PgConnection) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"select domain as "domain!"
           from instances
           where domain is not null
             and not exists (select from domain_blocks
                             where domain_blocks.domain = instances.domain)
           order by domain"#
    )
    .fetch_all(conn)
    .await
}

/// The domains that start with `prefix` (lower case), as whole names or after a dot.
pub async fn search(
    conn: &mut PgConnection,
    prefix: &str,
    limit: i64,
) -> sqlx::Result<Vec<String>> {
    let pattern = format!("{}%", crate::like_escaped(prefix));
    sqlx::query_scalar!(
        r#"select domain as "domain!"
           from instances
           where domain is not null and (domain like $1 or domain like '%.' || $1)
             and not exists (select from domain_blocks
                             where domain_blocks.domain = instances.domain)
           order by accounts_count desc, domain
           limit $2"#,
        pattern,
        limit
    )
    .fetch_all(conn)
    .await
}
