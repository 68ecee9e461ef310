//! What this server says of itself.

use aws_lc_rs::digest;
use chrono::TimeDelta;
use ferrodon_db as db;
use serde::{Deserialize, Serialize};

use crate::{App, Result, activity, settings};

/// What version of Mastodon clients and servers find here.
pub const MASTODON_VERSION: &str = "4.6.5";

/// How many there are of what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Confirmed logins whose account is not suspended.
    pub users: i64,
    /// Statuses of local accounts, as their counters say.
    pub statuses: i64,
    /// Domains that are known.
    pub domains: i64,
    /// People who were here in the last four weeks.
    pub active_month: i64,
    /// People who were here in the last 24 weeks.
    pub active_half_year: i64,
}

/// Counts all of it, at most every five minutes.
pub async fn counts(app: &App) -> Result<Counts> {
    const KEY: &str = "ferrodon:instance:counts";
    if !app.config.testing.no_row_cache
        && let Some(kept) = app.transient.get(KEY).await
        && let Ok(counts) = serde_json::from_str(&kept)
    {
        return Ok(counts);
    }
    let mut conn = app.db.acquire().await?;
    let users = db::users::count(&mut conn).await?;
    let statuses = db::account_stats::local_statuses(&mut conn).await?;
    let domains = db::instances::count(&mut conn).await?;
    drop(conn);
    let today = app.clock.now().date_naive();
    let weeks = |weeks: i64| today - TimeDelta::weeks(weeks);
    let counts = Counts {
        users,
        statuses,
        domains,
        active_month: activity::logins(app, weeks(4), today).await?,
        active_half_year: activity::logins(app, weeks(24), today).await?,
    };
    if let Ok(text) = serde_json::to_string(&counts) {
        app.transient.set(KEY, &text, TimeDelta::minutes(5)).await;
    }
    Ok(counts)
}

/// The account that people are told to write to.
pub async fn contact(app: &App) -> Result<Option<db::accounts::Account>> {
    let settings = settings::current(app).await?;
    let name = settings.contact_username();
    if name.is_empty() {
        return Ok(None);
    }
    let (name, domain) = match name.split_once('@') {
        Some((name, domain)) if !app.config.is_local_host(&domain.to_ascii_lowercase()) => {
            (name, Some(domain))
        }
        Some((name, _)) => (name, None),
        None => (name, None),
    };
    let mut conn = app.db.acquire().await?;
    let account = db::accounts::by_handle(&mut conn, name, domain).await?;
    Ok(account.filter(|account| account.suspended_at.is_none()))
}

/// Where the picture of a server without its own is found: the address of Mastodon's, which
/// other servers and apps have kept.
pub const PREVIEW: &str = "/packs/assets/preview-vSUsFXid.png";

/// The same for icons, by size.
pub const ICONS: [(u16, &str); 9] = [
    (36, "/packs/assets/android-chrome-36x36-DLiBQg3N.png"),
    (48, "/packs/assets/android-chrome-48x48-C7lKWFwX.png"),
    (72, "/packs/assets/android-chrome-72x72-9LRpA3QN.png"),
    (96, "/packs/assets/android-chrome-96x96-BKKwkkY-.png"),
    (144, "/packs/assets/android-chrome-144x144-D-ewI-KZ.png"),
    (192, "/packs/assets/android-chrome-192x192-jYKJbpas.png"),
    (256, "/packs/assets/android-chrome-256x256-DXt2vsq7.png"),
    (384, "/packs/assets/android-chrome-384x384-CbK7cG33.png"),
    (512, "/packs/assets/android-chrome-512x512-Dz2ThkhV.png"),
];

/// What our picture shows, for who cannot see it.
pub const PREVIEW_DESCRIPTION: &str = "The letter F and a dot on a rust-brown tile";

/// A server with which contact is limited, as people are shown it.
#[derive(Clone, Debug, Serialize)]
pub struct DomainBlock {
    /// With stars where the admin wants it hidden.
    pub domain: String,
    /// SHA-256 of the real one.
    pub digest: String,
    pub severity: &'static str,
    pub comment: Option<String>,
}

/// The servers with which contact is limited.
pub async fn domain_blocks(app: &App, with_comments: bool) -> Result<Vec<DomainBlock>> {
    let mut conn = app.db.acquire().await?;
    let rows = db::domain_blocks::shown(&mut conn).await?;
    let shown = rows.into_iter().map(|row| {
        let digest = digest::digest(&digest::SHA256, row.domain.as_bytes());
        DomainBlock {
            digest: hex::encode(digest),
            severity: if row.severity == db::domain_blocks::SUSPEND {
                "suspend"
            } else {
                "silence"
            },
            comment: row.public_comment.filter(|text| with_comments && !text.is_empty()),
            domain: if row.obfuscate { obfuscated(&row.domain) } else { row.domain },
        }
    });
    Ok(shown.collect())
}

/// A name of which only the ends can be read, a quarter of it each.
fn obfuscated(domain: &str) -> String {
    let length = domain.chars().count();
    let visible = length / 4;
    let hidden = visible + 1..length.saturating_sub(visible);
    let stars = domain.chars().enumerate();
    stars.map(|(at, c)| if hidden.contains(&at) && c != '.' { '*' } else { c }).collect()
}

/// One of the last weeks, in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Week {
    /// When it began, in seconds since 1970.
    pub start: i64,
    pub statuses: i64,
    pub logins: i64,
    pub registrations: i64,
}

/// The last twelve weeks, the newest first.
pub async fn weeks(app: &App) -> Result<Vec<Week>> {
    let now = app.clock.now();
    let mut weeks = Vec::new();
    for ago in 0..12 {
        let start = now - TimeDelta::weeks(ago);
        let (first, last) = (start.date_naive(), (start + TimeDelta::days(6)).date_naive());
        weeks.push(Week {
            start: start.timestamp(),
            statuses: activity::sum(app, "statuses:local", first, last).await,
            logins: activity::logins(app, first, last).await?,
            registrations: activity::sum(app, "accounts:local", first, last).await,
        });
    }
    Ok(weeks)
}

/// The privacy policy of a server that wrote none. Markdown; `%DOMAIN%` is its name.
pub const PRIVACY_POLICY: &str = include_str!("privacy_policy.md");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn obfuscated_names_keep_their_ends_and_dots() {
        assert_eq!(obfuscated("example.com"), "exa****.*om");
        assert_eq!(obfuscated(""), "");
    }
}
