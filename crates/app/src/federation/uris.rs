//! The addresses that name our things to other servers. An account keeps the form of its id for
//! life: by name (made before Mastodon 4.5) or by number.

use chrono::NaiveDateTime;
use ferrodon_core::{AccountId, Config, StatusId};
use ferrodon_db::accounts::Account;
use ferrodon_db::documents::{Actor, Conversation, Reference};
use ferrodon_db::statuses::Status;

/// Everyone, as an address.
pub const PUBLIC: &str = "https://www.w3.org/ns/activitystreams#Public";

/// The account that stands for the server itself.
pub const INSTANCE_ACTOR: AccountId = AccountId(-99);

/// What it takes to name an account; made from whichever row is at hand.
#[derive(Clone, Copy, Debug)]
pub struct Name<'a> {
    pub id: AccountId,
    pub username: &'a str,
    pub domain: Option<&'a str>,
    pub by_number: bool,
    pub uri: &'a str,
    pub url: Option<&'a str>,
}

impl<'a> From<&'a Account> for Name<'a> {
    fn from(account: &'a Account) -> Self {
        Self {
            id: account.id,
            username: &account.username,
            domain: account.domain.as_deref(),
            by_number: account.id_scheme == Some(1),
            uri: &account.uri,
            url: account.url.as_deref(),
        }
    }
}

impl<'a> From<&'a Actor> for Name<'a> {
    fn from(actor: &'a Actor) -> Self {
        Self {
            id: actor.id,
            username: &actor.username,
            domain: actor.domain.as_deref(),
            by_number: actor.id_scheme == Some(1),
            uri: &actor.uri,
            url: actor.url.as_deref(),
        }
    }
}

/// The id of an account, ours or not.
#[must_use]
pub fn actor<'a>(config: &Config, name: impl Into<Name<'a>>) -> String {
    let name = name.into();
    match name.domain {
        Some(_) => name.uri.to_owned(),
        None if name.id == INSTANCE_ACTOR => config.url("/actor"),
        None if name.by_number => config.url(&format!("/ap/users/{}", name.id)),
        None => config.url(&format!("/users/{}", name.username)),
    }
}

/// The page of an account.
#[must_use]
pub fn profile<'a>(config: &Config, name: impl Into<Name<'a>>) -> String {
    let name = name.into();
    match name.domain {
        Some(_) => name.url.filter(|url| !url.is_empty()).unwrap_or(name.uri).to_owned(),
        None if name.id == INSTANCE_ACTOR => config.url("/about/more?instance_actor=true"),
        None => config.url(&format!("/@{}", name.username)),
    }
}

/// The id of the key an account of ours signs with.
#[must_use]
pub fn key<'a>(config: &Config, name: impl Into<Name<'a>>) -> String {
    format!("{}#main-key", actor(config, name))
}

/// Where an account of ours publishes who follows it.
#[must_use]
pub fn followers<'a>(config: &Config, name: impl Into<Name<'a>>) -> String {
    format!("{}/followers", actor(config, name))
}

/// The inbox of an account of ours.
#[must_use]
pub fn inbox<'a>(config: &Config, name: impl Into<Name<'a>>) -> String {
    format!("{}/inbox", actor(config, name))
}

/// The inbox that all accounts of ours share.
#[must_use]
pub fn shared_inbox(config: &Config) -> String {
    config.url("/inbox")
}

/// The id that a new status of ours gets; a boost is named by its Announce.
#[must_use]
pub fn new_status<'a>(
    config: &Config,
    author: impl Into<Name<'a>>,
    id: StatusId,
    is_reblog: bool,
) -> String {
    let end = if is_reblog { "/activity" } else { "" };
    format!("{}/statuses/{id}{end}", actor(config, author))
}

/// The id of a status: what is stored, or what it would be for one of ours.
#[must_use]
pub fn status<'a>(config: &Config, author: impl Into<Name<'a>>, status: &Status) -> String {
    match status.uri.as_deref().filter(|uri| !uri.is_empty()) {
        Some(uri) => uri.to_owned(),
        None => new_status(config, author, status.id, status.reblog_of_id.is_some()),
    }
}

/// The page of a status.
#[must_use]
pub fn status_page<'a>(config: &Config, author: impl Into<Name<'a>>, status: &Status) -> String {
    let author = author.into();
    if author.domain.is_some() {
        let url = status.url.as_deref().filter(|url| !url.is_empty());
        return url.or(status.uri.as_deref()).unwrap_or_default().to_owned();
    }
    if status.reblog_of_id.is_some() {
        return config.url(&format!("/users/{}/statuses/{}/activity", author.username, status.id));
    }
    config.url(&format!("/@{}/{}", author.username, status.id))
}

/// The id of a status that another one refers to.
#[must_use]
pub fn reference(config: &Config, to: &Reference) -> String {
    match to.uri.as_deref().filter(|uri| !uri.is_empty()) {
        Some(uri) => uri.to_owned(),
        None => new_status(config, &to.actor, to.id, false),
    }
}

/// The page of a status that another one refers to.
#[must_use]
pub fn reference_page(config: &Config, to: &Reference) -> String {
    if to.actor.domain.is_none() {
        return config.url(&format!("/@{}/{}", to.actor.username, to.id));
    }
    match to.url.as_deref().filter(|url| !url.is_empty()) {
        Some(url) => url.to_owned(),
        None => reference(config, to),
    }
}

/// How a conversation is named: by its first status, by the name it came with, or by its row.
#[must_use]
pub fn conversation(config: &Config, conversation: &Conversation) -> String {
    if let Some(uri) = &conversation.uri {
        return uri.clone();
    }
    if let (Some(account), Some(status)) =
        (conversation.parent_account_id, conversation.parent_status_id)
    {
        return config.url(&format!("/contexts/{account}-{status}"));
    }
    format!(
        "tag:{},{}:objectId={}:objectType=Conversation",
        config.local_domain,
        conversation.created_at.format("%Y-%m-%d"),
        conversation.id
    )
}

/// The stamp that allows a status to quote one of `quoted`'s.
#[must_use]
pub fn quote_authorization<'a>(
    config: &Config,
    quoted: impl Into<Name<'a>>,
    quote_id: i64,
) -> String {
    format!("{}/quote_authorizations/{quote_id}", actor(config, quoted))
}

/// A new id for an activity that nothing else names.
#[must_use]
pub fn random(config: &Config) -> String {
    config.url(&format!("/{}", uuid::Uuid::new_v4()))
}

/// A time as ActivityPub documents show it: whole seconds, UTC.
#[must_use]
pub fn time(at: NaiveDateTime) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}
