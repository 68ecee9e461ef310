//! Comparing who follows whom (FEP-8fcf): a server that sends private posts says which people of
//! ours it has as followers. Where our list differs, theirs decides.

use std::collections::HashSet;

use ferrodon_activitypub::synchronization::{Header, digest};
use ferrodon_activitypub::value;
use ferrodon_core::delivery::Priority;
use ferrodon_core::{AccountId, Job};
use ferrodon_db as db;
use ferrodon_db::Connection as _;
use ferrodon_db::accounts::Account;
use serde_json::Value;

use super::fetch::document::{self, Answer};
use super::inbox::accept;
use super::sender::Sender;
use super::{local, outbox, render, signer, uris};
use crate::{App, Error, Result, follows};

/// Pages of a list that are read.
const MAX_PAGES: usize = 10;
/// People of ours of whom one list makes us say that they are no followers.
const MOST_TOLD: usize = 500;

/// Takes note of what a sender says of its followers; queues a comparison if ours differ.
pub async fn notice(app: &App, sender: &Sender, header: &str) -> Result<()> {
    let Some(header) = Header::parse(header) else { return Ok(()) };
    if header.collection_id != sender.followers_url || !value::same_host(&header.url, &sender.uri) {
        return Ok(());
    }
    let mut conn = app.db.acquire().await?;
    let followers = db::follows::local_followers(&mut conn, sender.id).await?;
    let ours: Vec<String> =
        followers.iter().map(|follower| uris::actor(&app.config, follower)).collect();
    if header.digest.as_deref() == Some(digest(ours.iter().map(String::as_str)).as_str()) {
        return Ok(());
    }
    let key = format!("synchronize_followers:{}", sender.id);
    let Header { url, digest, .. } = header;
    let job = Job::SynchronizeFollowers { account_id: sender.id, url, digest };
    let now = app.clock.now();
    db::jobs::enqueue_once(&mut conn, &job, &key, now, now).await?;
    Ok(())
}

/// Reads the list at `url` and makes ours the same. People of ours who are not on it stop
/// following only if all of it was read and is what the sender meant.
pub async fn run(
    app: &App,
    account_id: AccountId,
    url: &str,
    expected: Option<&str>,
) -> Result<()> {
    let (account, followers) = {
        let mut conn = app.db.acquire().await?;
        let account = db::accounts::find(&mut conn, account_id).await?.ok_or(Error::NotFound)?;
        (account, db::follows::local_followers(&mut conn, account_id).await?)
    };
    let (listed, is_all) = read(app, url).await?;
    let known: HashSet<String> =
        followers.iter().map(|follower| uris::actor(&app.config, follower)).collect();
    // One person of ours has addresses without end, and the list may name each.
    let mut settled: HashSet<AccountId> = followers.iter().map(|follower| follower.id).collect();
    let most = settled.len() + MOST_TOLD;
    for uri in &listed {
        if settled.len() >= most {
            break;
        }
        if !known.contains(uri) && local::is_local(&app.config, uri) {
            agree(app, uri, &account, &mut settled).await?;
        }
    }
    let is_meant =
        expected.is_none_or(|expected| digest(listed.iter().map(String::as_str)) == expected);
    if is_all && is_meant {
        let listed: HashSet<&str> = listed.iter().map(String::as_str).collect();
        for follower in &followers {
            if !listed.contains(uris::actor(&app.config, follower).as_str()) {
                follows::remove(app, follower.id, account_id).await?;
            }
        }
    }
    Ok(())
}

/// Somebody of ours is taken for a follower but is none: if they asked to be, that is the answer,
/// else the sender is told.
async fn agree(
    app: &App,
    uri: &str,
    target: &Account,
    settled: &mut HashSet<AccountId>,
) -> Result<()> {
    let now = app.clock.now();
    let mut conn = app.db.acquire().await?;
    let mut tx = conn.begin().await?;
    let Some(follower) = local::account(app, &mut tx, uri).await? else { return Ok(()) };
    if !settled.insert(follower.id) {
        return Ok(());
    }
    if db::follow_requests::find(&mut tx, follower.id, target.id).await?.is_some() {
        accept::request(app, &mut tx, target.id, follower.id).await?;
    } else {
        // There is no follow whose number could be named; what has been undone once is not undone
        // again under the same id.
        let number = now.timestamp_micros();
        let undo = render::activity::undo_follow(&app.config, &follower, &target.uri, number, None);
        outbox::send(&mut tx, follower.id, undo, &target.inbox_url, Priority::Low, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// The ids in a list, and whether that was all of them. Its pages must be on its own host.
async fn read(app: &App, url: &str) -> Result<(Vec<String>, bool)> {
    let signer = signer::instance(app).await?;
    let get = async |uri: &str| {
        if !value::same_host(uri, url) {
            return Ok(None);
        }
        match document::get_any(app, uri, Some(&signer)).await? {
            Answer::Document(document) => Ok(Some(document)),
            Answer::Later => Err(Error::Unavailable("The list of followers could not be read")),
            Answer::Gone(_) | Answer::Unusable => Ok(None),
        }
    };
    let mut listed = Vec::new();
    let Some(collection) = get(url).await? else { return Ok((listed, false)) };
    let mut page = match &collection["first"] {
        Value::Null => Some(collection),
        Value::String(first) => get(first).await?,
        first => Some(first.clone()),
    };
    for _ in 0..MAX_PAGES {
        let Some(current) = page else { return Ok((listed, false)) };
        for items in [&current["items"], &current["orderedItems"]] {
            listed.extend(value::many(items).iter().filter_map(value::id).map(str::to_owned));
        }
        page = match &current["next"] {
            Value::Null => return Ok((listed, true)),
            next => match value::id(next) {
                Some(next) => get(next).await?,
                None => None,
            },
        };
    }
    Ok((listed, false))
}
