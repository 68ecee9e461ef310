//! Where accounts and statuses live: their pages and their ActivityPub ids.

use ferrodon_core::Config;
use ferrodon_db::accounts::Account;
use ferrodon_db::statuses::Status;

use crate::federation::uris;

/// The page of a local account.
#[must_use]
pub fn profile(config: &Config, username: &str) -> String {
    config.url(&format!("/@{username}"))
}

/// The page of an account; a remote one without a page has its ActivityPub id.
#[must_use]
pub fn account_url(config: &Config, account: &Account) -> String {
    uris::profile(config, account)
}

/// [`account_url`] of an account of which only this is known.
#[must_use]
pub fn handle_url(
    config: &Config,
    username: &str,
    domain: Option<&str>,
    url: Option<&str>,
    uri: &str,
) -> String {
    match domain {
        None => profile(config, username),
        Some(_) => url.filter(|url| !url.is_empty()).unwrap_or(uri).to_owned(),
    }
}

/// The ActivityPub id of an account.
#[must_use]
pub fn account_uri(config: &Config, account: &Account) -> String {
    uris::actor(config, account)
}

/// The page of a status; remote ones may have none. A local reblog has only its activity.
#[must_use]
pub fn status_url(config: &Config, author: &Account, status: &Status) -> Option<String> {
    if !status.is_local() {
        return status.url.clone();
    }
    Some(if status.reblog_of_id.is_some() {
        config.url(&format!("/users/{}/statuses/{}/activity", author.username, status.id))
    } else {
        local_status_url(config, &author.username, status.id.0)
    })
}

/// The page of a local status that is no reblog.
#[must_use]
pub fn local_status_url(config: &Config, username: &str, id: i64) -> String {
    config.url(&format!("/@{username}/{id}"))
}

/// The ActivityPub id of a status.
#[must_use]
pub fn status_uri(config: &Config, author: &Account, status: &Status) -> String {
    match &status.uri {
        Some(uri) if !status.is_local() => uri.clone(),
        _ => {
            let activity = if status.reblog_of_id.is_some() { "/activity" } else { "" };
            format!("{}/statuses/{}{activity}", account_uri(config, author), status.id)
        }
    }
}
