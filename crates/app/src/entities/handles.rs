//! Handles in the texts of local profiles, which become links when whom they name is known.

use std::collections::HashSet;

use ferrodon_core::Config;
use ferrodon_core::text::entities::{EntityKind, entities};
use ferrodon_core::text::local;
use ferrodon_db as db;
use ferrodon_db::PgConnection;

use crate::{Result, address};

/// Notes the handles in a text as pairs of name and domain, which is empty for ours.
pub(super) fn want(local_domains: &[String], text: &str, wanted: &mut HashSet<(String, String)>) {
    if !text.contains('@') {
        return;
    }
    for entity in entities(text) {
        if let EntityKind::Mention { username, domain } = entity.kind {
            let domain = domain.map(|domain| local::ascii_domain(&domain)).unwrap_or_default();
            let ours = local_domains.iter().any(|local| local.eq_ignore_ascii_case(&domain));
            let domain = if ours { String::new() } else { domain };
            wanted.insert((username.to_lowercase(), domain));
        }
    }
}

/// Reads whom these handles name, as far as we know them.
pub(super) async fn read(
    config: &Config,
    conn: &mut PgConnection,
    handles: HashSet<(String, String)>,
) -> Result<Vec<local::Mentioned>> {
    if handles.is_empty() {
        return Ok(Vec::new());
    }
    let handles: Vec<(String, String)> = handles.into_iter().collect();
    let found = db::accounts::by_handles(conn, &handles).await?;
    let mentioned = found.into_iter().map(|row| local::Mentioned {
        url: address::handle_url(
            config,
            &row.username,
            row.domain.as_deref(),
            row.url.as_deref(),
            &row.uri,
        ),
        username: row.username,
        domain: row.domain,
    });
    Ok(mentioned.collect())
}
