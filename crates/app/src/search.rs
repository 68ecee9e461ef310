//! Looking for accounts, hashtags and posts.

use ferrodon_core::AccountId;
use ferrodon_core::text::hashtag;
use ferrodon_db as db;
use ferrodon_db::account_search::Search;
use ferrodon_db::accounts::Account;
use ferrodon_db::statuses::Status;
use ferrodon_db::tags::Tag;

use crate::federation::fetch::{self, Resolved};
use crate::{App, Result};

/// Without being signed in, shorter words find nobody.
const SHORTEST: usize = 3;

/// What someone looks for.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    pub query: &'a str,
    pub viewer: Option<AccountId>,
    /// Ask other servers.
    pub resolve: bool,
    /// Only accounts the viewer follows.
    pub following: bool,
    /// Only hashtags that moderators looked at.
    pub exclude_unreviewed: bool,
    pub limit: i64,
    pub offset: i64,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    pub accounts: Vec<Account>,
    pub statuses: Vec<Status>,
    pub tags: Vec<Tag>,
}

/// Which kinds of things are looked for; all of them without a choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Accounts,
    Statuses,
    Hashtags,
    Collections,
}

/// Looks for what fits. An address that may be resolved finds only what is there.
pub async fn search(app: &App, wanted: &Wanted<'_>, kind: Option<Kind>) -> Result<Found> {
    let query = wanted.query.trim();
    let mut found = Found::default();
    if query.is_empty() || wanted.limit == 0 {
        return Ok(found);
    }
    let wants = |one: Kind| kind.is_none_or(|kind| kind == one);
    let is_address = query.starts_with("https://") || query.starts_with("http://");
    if wanted.resolve && is_address {
        match fetch::resolve_url(app, query, wanted.viewer).await? {
            Some(Resolved::Account(account)) if wants(Kind::Accounts) => {
                found.accounts.push(*account);
            }
            Some(Resolved::Status(status)) if wants(Kind::Statuses) => {
                found.statuses.push(*status);
            }
            _ => {}
        }
        return Ok(found);
    }
    if wants(Kind::Accounts)
        && !query.starts_with('#')
        && !(query.contains('@') && query.contains(' '))
    {
        found.accounts = accounts(app, wanted).await?;
    }
    if wants(Kind::Hashtags) && !query.contains('@') {
        found.tags = tags(app, wanted).await?;
    }
    Ok(found)
}

/// The accounts that fit, one whose handle this is first.
pub async fn accounts(app: &App, wanted: &Wanted<'_>) -> Result<Vec<Account>> {
    let query = wanted.query.trim().trim_start_matches('@');
    if query.is_empty() || wanted.limit <= 0 {
        return Ok(Vec::new());
    }
    let (username, domain) = match query.split_once('@') {
        Some((username, domain)) if app.config.is_local_host(&domain.to_ascii_lowercase()) => {
            (username, None)
        }
        Some((username, domain)) => (username, Some(domain)),
        None => (query, None),
    };
    let exact = match wanted.offset {
        0 => exact(app, wanted, username, domain).await?,
        _ => None,
    };
    let mut ids: Vec<AccountId> = exact.iter().map(|account| account.id).collect();
    let long_enough = query.chars().count() >= SHORTEST || wanted.viewer.is_some();
    if long_enough {
        let terms = domain.map_or(username.to_owned(), |domain| format!("{username} {domain}"));
        let search = Search {
            terms: &terms,
            viewer: wanted.viewer,
            following: wanted.following,
            limit: wanted.limit,
            offset: wanted.offset,
        };
        let mut conn = app.db.acquire().await?;
        for id in db::account_search::find(&mut conn, &search).await? {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
    }
    ids.truncate(usize::try_from(wanted.limit).unwrap_or(usize::MAX));
    let mut conn = app.db.acquire().await?;
    let mut rows = db::accounts::by_ids(&mut conn, &ids).await?;
    rows.sort_by_key(|row| ids.iter().position(|id| *id == row.id));
    Ok(rows)
}

/// The account with just this handle. Another server is asked if it may be.
async fn exact(
    app: &App,
    wanted: &Wanted<'_>,
    username: &str,
    domain: Option<&str>,
) -> Result<Option<Account>> {
    let account = if wanted.resolve && domain.is_some() {
        // A server that does not answer has no account to show.
        fetch::account_by_handle(app, username, domain).await.unwrap_or_else(|error| {
            tracing::debug!(%error, "an account could not be looked up");
            None
        })
    } else {
        let mut conn = app.db.acquire().await?;
        db::accounts::by_handle(&mut conn, username, domain).await?
    };
    let Some(account) = account.filter(|account| account.suspended_at.is_none()) else {
        return Ok(None);
    };
    let mut conn = app.db.acquire().await?;
    if account.is_local() {
        let login = db::users::profiles(&mut conn, &[account.id]).await?;
        if !login.first().is_some_and(|login| login.confirmed && login.approved) {
            return Ok(None);
        }
    }
    match wanted.viewer {
        Some(viewer) if wanted.following && viewer != account.id => {
            let follow = db::follows::find(&mut conn, viewer, account.id).await?;
            Ok(follow.map(|_| account))
        }
        _ => Ok(Some(account)),
    }
}

async fn tags(app: &App, wanted: &Wanted<'_>) -> Result<Vec<Tag>> {
    let name = hashtag::normalize(wanted.query.trim().trim_start_matches(['#', '＃']));
    if name.is_empty() {
        return Ok(Vec::new());
    }
    let mut conn = app.db.acquire().await?;
    let (reviewed_only, limit) = (wanted.exclude_unreviewed, wanted.limit);
    Ok(db::tags::search(&mut conn, &name, reviewed_only, limit, wanted.offset).await?)
}
