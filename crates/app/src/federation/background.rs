//! What follows from what came in, done later: threads completed, accounts looked up again or
//! removed.

use ferrodon_activitypub::value;
use ferrodon_core::{AccountId, StatusId, Visibility};
use ferrodon_db as db;
use ferrodon_db::Connection as _;
use serde_json::Value;

use super::fetch::{self, Fetcher, document};
use super::inbox::delete;
use super::{local, signer};
use crate::{App, Error, Result, follows};

/// Replies fetched of one post.
const REPLIES: usize = 5;
/// Pins read of one account.
const PINS: usize = 20;
/// Statuses removed before others get their turn.
const REMOVED_AT_ONCE: i64 = 100;
/// Followers that move before others are read.
const MOVED_AT_ONCE: i64 = 200;

/// Fetches the post that a known one answers, and files the answer under it.
pub async fn fetch_parent(
    app: &App,
    child_id: StatusId,
    parent_uri: &str,
    chain: Option<&str>,
) -> Result<()> {
    {
        let mut conn = app.db.acquire().await?;
        let child = db::statuses::find(&mut conn, child_id).await?.ok_or(Error::NotFound)?;
        if child.in_reply_to_id.is_some() {
            return Ok(());
        }
    }
    let fetcher = match chain {
        Some(chain) => Fetcher::in_chain(app, chain),
        None => Fetcher::new(app),
    };
    let parent = match fetcher.status(parent_uri).await? {
        Some(parent) => Some(parent),
        // Some answer a page instead of a post.
        None => match fetcher.resolve(parent_uri).await? {
            Some(fetch::Resolved::Status(status)) => Some(*status),
            _ => None,
        },
    };
    let Some(parent) = parent else { return Ok(()) };
    let now = app.clock.now().naive_utc();
    let mut conn = app.db.acquire().await?;
    let mut tx = conn.begin().await?;
    if db::statuses::set_parent(&mut tx, child_id, &parent, now).await?
        && let Some(child) = db::statuses::find(&mut tx, child_id).await?
        && child.visibility.is_distributable()
    {
        let one = db::status_stats::Change { replies: 1, ..Default::default() };
        db::status_stats::change(&mut tx, parent.id, one, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Fetches some replies to a post.
pub async fn fetch_replies(
    app: &App,
    mut uris: Vec<String>,
    collection: Option<&str>,
    chain: &str,
) -> Result<()> {
    let fetcher = Fetcher::in_chain(app, chain);
    if let Some(collection) = collection {
        uris.extend(first_page(app, collection).await?.unwrap_or_default());
    }
    uris.truncate(REPLIES);
    for uri in uris {
        match fetcher.status(&uri).await {
            Ok(_) => {}
            Err(error) if error.is_temporary() => {
                tracing::debug!(%error, "a reply could not be fetched");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Takes over which posts a remote account shows first.
pub async fn fetch_pins(app: &App, account_id: AccountId) -> Result<()> {
    let account = {
        let mut conn = app.db.acquire().await?;
        db::accounts::find(&mut conn, account_id).await?.ok_or(Error::NotFound)?
    };
    let Some(featured) = account.featured_collection_url.as_deref() else { return Ok(()) };
    if account.is_local() || !value::same_host(featured, &account.uri) {
        return Ok(());
    }
    let fetcher = Fetcher::new(app);
    let mut pinned = Vec::new();
    let Some(uris) = first_page(app, featured).await? else { return Ok(()) };
    for uri in uris.into_iter().take(PINS) {
        let status = fetcher.status(&uri).await?;
        pinned.extend(status.filter(|status| {
            status.account_id == account_id
                && status.reblog_of_id.is_none()
                && status.visibility != Visibility::Direct
        }));
    }
    let now = app.clock.now().naive_utc();
    let pinned: Vec<StatusId> = pinned.iter().map(|status| status.id).collect();
    let mut conn = app.db.acquire().await?;
    let mut tx = conn.begin().await?;
    db::status_pins::replace(&mut tx, account_id, &pinned, now).await?;
    tx.commit().await?;
    Ok(())
}

/// The ids on the first page of a collection that are on its host; none if there is no such
/// collection.
async fn first_page(app: &App, uri: &str) -> Result<Option<Vec<String>>> {
    {
        let mut conn = app.db.acquire().await?;
        if local::is_local(&app.config, uri)
            || super::domains::is_blocked(app, &mut conn, uri).await?
        {
            return Ok(None);
        }
    }
    let signer = signer::instance(app).await?;
    let get = async |uri: &str| -> Result<Option<Value>> {
        Ok(document::get(app, uri, Some(&signer)).await?.document())
    };
    let Some(collection) = get(uri).await? else { return Ok(None) };
    let page = match &collection["first"] {
        Value::Null => collection,
        Value::String(first) if value::same_host(first, uri) => {
            get(first).await?.unwrap_or_default()
        }
        page => page.clone(),
    };
    let items = if page["items"].is_null() { &page["orderedItems"] } else { &page["items"] };
    let on_host = value::many(items).iter().filter_map(value::id);
    Ok(Some(on_host.filter(|id| value::same_host(id, uri)).map(str::to_owned).collect()))
}

/// Looks a remote account up again.
pub async fn refresh_account(app: &App, account_id: AccountId) -> Result<()> {
    let account = {
        let mut conn = app.db.acquire().await?;
        db::accounts::find(&mut conn, account_id).await?.ok_or(Error::NotFound)?
    };
    if !account.is_local() {
        fetch::refresh_account(app, &account).await?;
    }
    Ok(())
}

/// Removes an account that its own server deleted: first its posts, each with what people here see
/// of it, then the account.
pub async fn delete_account(app: &App, account_id: AccountId) -> Result<()> {
    loop {
        let mut conn = app.db.acquire().await?;
        let account = db::accounts::find(&mut conn, account_id).await?.ok_or(Error::NotFound)?;
        if account.is_local() {
            return Ok(());
        }
        let some = db::statuses::some_of_account(&mut conn, account_id, REMOVED_AT_ONCE).await?;
        if some.is_empty() {
            break;
        }
        let mut tx = conn.begin().await?;
        for status in &some {
            delete::remove(app, &mut tx, status).await?;
        }
        tx.commit().await?;
    }
    let mut conn = app.db.acquire().await?;
    let mut tx = conn.begin().await?;
    let now = app.clock.now();
    if db::statuses::some_with_deleted(&mut tx, account_id).await? {
        // Their own jobs remove them; the account goes when they are gone.
        let job = ferrodon_core::Job::DeleteRemoteAccount { account_id };
        let soon = now + chrono::TimeDelta::minutes(1);
        db::jobs::enqueue_at(&mut tx, &job, soon, now).await?;
    } else {
        db::follows::uncount_all_of(&mut tx, account_id, now.naive_utc()).await?;
        db::accounts::delete(&mut tx, account_id).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Lets everyone here who follows an account that moved follow where it moved to, with what they
/// wish to see of it; blocks, mutes and private notes go along.
pub async fn move_followers(app: &App, from: AccountId, to: AccountId) -> Result<()> {
    let now = app.clock.now().naive_utc();
    {
        let mut conn = app.db.acquire().await?;
        let mut tx = conn.begin().await?;
        db::relationships::carry_over(&mut tx, from, to, now).await?;
        tx.commit().await?;
    }
    let mut after = AccountId(0);
    loop {
        let some = {
            let mut conn = app.db.acquire().await?;
            db::follows::of_local_followers(&mut conn, from, after, MOVED_AT_ONCE).await?
        };
        let Some(last) = some.last() else { return Ok(()) };
        after = last.account_id;
        for follow in some {
            let follower = follow.account_id;
            let wishes = follows::Asked {
                show_reblogs: Some(follow.show_reblogs),
                notify: Some(follow.notify),
                languages: follow.languages,
            };
            match follows::add(app, follower, to, &wishes).await {
                Ok(()) => {
                    let mut conn = app.db.acquire().await?;
                    db::lists::carry_over(&mut conn, follower, from, to).await?;
                }
                Err(error @ (Error::Database(_) | Error::Internal(_) | Error::Unavailable(_))) => {
                    return Err(error);
                }
                // Blocked, too many, or themself: they only stop to follow the old account.
                Err(error) => tracing::debug!(%error, "a follower did not move along"),
            }
            follows::remove(app, follower, from).await?;
        }
    }
}
