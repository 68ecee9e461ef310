//! Addresses that are ours, read back: every form that ever named an account or a status.

use ferrodon_activitypub::value;
use ferrodon_core::{AccountId, Config, StatusId};
use ferrodon_db as db;
use ferrodon_db::PgConnection;
use ferrodon_db::accounts::Account;
use ferrodon_db::statuses::Status;
use url::Url;

use super::uris::INSTANCE_ACTOR;
use crate::{App, Result};

/// What one of our addresses names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    AccountCalled(String),
    Account(AccountId),
    Status(StatusId),
}

/// Whether an address is on this server.
#[must_use]
pub fn is_local(config: &Config, uri: &str) -> bool {
    value::domain_of(uri)
        .is_some_and(|domain| domain == config.local_domain || domain == config.web_domain)
}

/// What an address of ours names; none if it is not ours or names something else.
#[must_use]
pub fn named(config: &Config, uri: &str) -> Option<Named> {
    let url = Url::parse(uri).ok().filter(|_| is_local(config, uri))?;
    let on_web_domain = value::domain_of(uri)? == config.web_domain;
    let parts: Vec<&str> = url.path_segments()?.filter(|part| !part.is_empty()).collect();
    let status = |id: &str| id.parse().ok().filter(|_| on_web_domain).map(Named::Status);
    match parts[..] {
        ["actor"] => Some(Named::Account(INSTANCE_ACTOR)),
        ["users", name] => Some(Named::AccountCalled(name.to_owned())),
        ["ap", "users", id] => id.parse().ok().map(Named::Account),
        ["users", _, "statuses", id] | ["users", _, "statuses", id, "activity"] => status(id),
        ["ap", "users", _, "statuses", id] | ["ap", "users", _, "statuses", id, "activity"] => {
            status(id)
        }
        [handle] if handle.starts_with('@') && !handle[1..].contains('@') => {
            Some(Named::AccountCalled(handle[1..].to_owned()))
        }
        [handle, id] if handle.starts_with('@') && !handle[1..].contains('@') => status(id),
        _ => None,
    }
}

/// The account of ours that an address names.
pub async fn account(app: &App, conn: &mut PgConnection, uri: &str) -> Result<Option<Account>> {
    let found = match named(&app.config, uri) {
        Some(Named::AccountCalled(name)) => db::accounts::by_handle(conn, &name, None).await?,
        Some(Named::Account(id)) => db::accounts::find(conn, id).await?,
        _ => None,
    };
    Ok(found.filter(Account::is_local))
}

/// The status of ours that an address names.
pub async fn status(app: &App, conn: &mut PgConnection, uri: &str) -> Result<Option<Status>> {
    match named(&app.config, uri) {
        Some(Named::Status(id)) => {
            Ok(db::statuses::find(conn, id).await?.filter(|status| status.local != Some(false)))
        }
        _ => Ok(None),
    }
}

/// The account with this id, ours or one we know.
pub async fn known_account(
    app: &App,
    conn: &mut PgConnection,
    uri: &str,
) -> Result<Option<Account>> {
    if is_local(&app.config, uri) {
        return account(app, conn, uri).await;
    }
    Ok(db::accounts::by_uri(conn, uri).await?)
}

/// The status with this id, ours or one we know.
pub async fn known_status(app: &App, conn: &mut PgConnection, uri: &str) -> Result<Option<Status>> {
    if is_local(&app.config, uri) {
        return status(app, conn, uri).await;
    }
    Ok(db::statuses::by_uri(conn, uri).await?)
}
