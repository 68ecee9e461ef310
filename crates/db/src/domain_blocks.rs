//! `domain_blocks` and `domain_allows`: which servers are limited, and which may be spoken with
//! where only listed ones may.

use chrono::NaiveDateTime;
use sqlx::PgConnection;

/// Everything from there is hidden from who does not follow it.
pub const SILENCE: i32 = 0;
/// Nothing is taken from there or sent to it.
pub const SUSPEND: i32 = 1;

/// What is decided about a domain.
#[derive(Clone, Debug, PartialEq)]
pub struct DomainBlock {
    pub domain: String,
    pub severity: i32,
    pub reject_media: bool,
    pub reject_reports: bool,
    pub created_at: NaiveDateTime,
}

/// The block that applies to `host` (without port): of those for it and the domains it lies under,
/// the one for the longest.
pub async fn for_host(conn: &mut PgConnection, host: &str) -> sqlx::Result<Option<DomainBlock>> {
    let mut domains = vec![host];
    let mut rest = host;
    while let Some((_, above)) = rest.split_once('.') {
        domains.push(above);
        rest = above;
    }
    sqlx::query_as!(
        DomainBlock,
        r#"select domain, coalesce(severity, 0) as "severity!", reject_media, reject_reports,
                  created_at
           from domain_blocks
           where domain = any($1::text[])
           order by length(domain) desc
           limit 1"#,
        &domains as &[&str]
    )
    .fetch_optional(conn)
    .await
}

/// Whether `domain` is on the list of those that may be spoken with.
pub async fn is_allowed(conn: &mut PgConnection, domain: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from domain_allows where domain = $1) as "exists!""#,
        domain
    )
    .fetch_one(conn)
    .await
}

/// A block as people are shown it.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    pub domain: String,
    pub severity: i32,
    pub obfuscate: bool,
    pub public_comment: Option<String>,
}

/// The blocks that limit or end contact, the lighter first.
pub async fn shown(conn: &mut PgConnection) -> sqlx::Result<Vec<Shown>> {
    sqlx::query_as!(
        Shown,
        r#"select domain, coalesce(severity, 0) as "severity!", obfuscate, public_comment
           from domain_blocks
           where severity in (0, 1)
           order by severity, domain"#
    )
    .fetch_all(conn)
    .await
}
