//! Whom a text mentions.

use std::time::Duration;

use ferrodon_core::AccountId;
use ferrodon_core::text::entities::{EntityKind, entities};
use ferrodon_core::text::local::ascii_domain;
use ferrodon_db as db;
use ferrodon_db::accounts::Account;
use tokio::time::{Instant, timeout_at};

use crate::federation::fetch;
use crate::{App, Result};

/// A text whose handles lead somewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Addressed {
    /// The text, with each known handle in its one form.
    pub(super) text: String,
    /// Those it mentions, without those whom the author blocks.
    pub(super) accounts: Vec<AccountId>,
}

/// How long all that is asked of other servers for one post may take.
const LOOKUPS: Duration = Duration::from_secs(20);
/// How many different handles of a text are looked at.
const MAX_HANDLES: usize = 100;

/// Finds the accounts that a text names, asking other servers for those not known yet.
pub(super) async fn resolve(app: &App, author: &Account, text: &str) -> Result<Addressed> {
    let deadline = Instant::now() + LOOKUPS;
    let mut known: Vec<(String, Option<Account>)> = Vec::new();
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for entity in entities(text) {
        let EntityKind::Mention { username, domain } = entity.kind else { continue };
        let domain =
            domain.map(|domain| ascii_domain(&domain)).filter(|d| !app.config.is_local_host(d));
        let handle = match &domain {
            Some(domain) => format!("{username}@{domain}").to_lowercase(),
            None => username.to_lowercase(),
        };
        let at = match known.iter().position(|(name, _)| *name == handle) {
            Some(at) => at,
            None if known.len() >= MAX_HANDLES => continue,
            None => {
                let account = find(app, &username, domain.as_deref(), deadline).await?;
                known.push((handle, account));
                known.len() - 1
            }
        };
        if let Some(account) = &known[at].1 {
            out.push_str(&text[from..entity.at.start]);
            out.push('@');
            out.push_str(&account.acct());
            from = entity.at.end;
        }
    }
    out.push_str(&text[from..]);

    let mut accounts: Vec<AccountId> = Vec::new();
    for account in known.into_iter().filter_map(|(_, account)| account) {
        if !accounts.contains(&account.id) {
            accounts.push(account.id);
        }
    }
    if !accounts.is_empty() {
        let mut conn = app.db.acquire().await?;
        let blocked = db::blocks::by_account(&mut conn, author.id, &accounts).await?;
        accounts.retain(|id| !blocked.contains(id));
    }
    Ok(Addressed { text: out, accounts })
}

/// The account behind a handle, if it can be mentioned.
async fn find(
    app: &App,
    username: &str,
    domain: Option<&str>,
    deadline: Instant,
) -> Result<Option<Account>> {
    let asked = fetch::account_by_handle(app, username, domain);
    let found = match timeout_at(deadline, asked).await {
        Err(_) => {
            let mut conn = app.db.acquire().await?;
            db::accounts::by_handle(&mut conn, username, domain).await?
        }
        Ok(Ok(found)) => found,
        // Another server that does not answer must not keep anyone from posting.
        Ok(Err(error)) => {
            tracing::debug!(%error, "a mentioned account was not found");
            None
        }
    };
    Ok(found.filter(|account| account.suspended_at.is_none() && account.id.0 > 0))
}
