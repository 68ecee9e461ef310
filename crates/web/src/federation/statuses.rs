//! Posts as documents: the note, its activity, answers, likes and boosts.

use axum::http::StatusCode;
use axum::http::request::Parts;
use ferrodon_app::App;
use ferrodon_app::federation::render::{Notes, Object, activity, collection};
use ferrodon_app::federation::uris;
use ferrodon_core::{AccountId, StatusId};
use ferrodon_db as db;
use ferrodon_db::accounts::Account;
use ferrodon_db::statuses::Status;
use serde::Deserialize;

use super::accept::{Wanted, wanted};
use super::answer::{Answer, Cache, Document, PLAIN, Refusal, SHARED, redirect};
use super::asker::{self, Owner, Suspended};

/// Answers in one piece of the list.
const PAGE: i64 = 60;

/// A post that the asker may see.
struct Found {
    account: Account,
    status: Status,
    signed_only: bool,
}

/// Finds a post of an account of ours that whoever asks may see.
async fn find(
    app: &App,
    owner: &Owner,
    id: &str,
    parts: &Parts,
    missing_account: Refusal,
    vary: &'static str,
) -> Result<Found, Refusal> {
    let mut conn = app.db.acquire().await?;
    let account = asker::owner(&mut conn, owner, Suspended::Refused, missing_account).await?;
    let signed_only = asker::signed_only(app, &mut conn).await?;
    drop(conn);
    let viewer = asker::signer(app, parts, signed_only).await?;
    let id: StatusId = asker::without_json(id).parse().map_err(|_| Refusal::not_found(vary))?;
    let mut conn = app.db.acquire().await?;
    let status = db::statuses::find_visible(&mut conn, id, viewer).await?;
    let status = status.filter(|status| status.account_id == account.id);
    let status = status.ok_or_else(|| Refusal::not_found(vary))?;
    Ok(Found { account, status, signed_only })
}

/// A post: the document, or away to its page.
pub(super) async fn show(app: App, owner: Owner, id: String, parts: Parts) -> Answer {
    if wanted(&parts.headers, parts.uri.path()) != Wanted::Document {
        if let Owner::Name(name) = &owner {
            let to = app.config.url(&format!("/@{name}/{id}"));
            return Ok(redirect(StatusCode::MOVED_PERMANENTLY, &to, PLAIN));
        }
        let missing = Refusal::not_found(SHARED);
        let found = find(&app, &owner, &id, &parts, missing, SHARED).await?;
        let to = uris::status_page(&app.config, &found.account, &found.status);
        return Ok(redirect(StatusCode::FOUND, &to, SHARED));
    }
    note(&app, &owner, &id, &parts).await
}

/// A post as a document.
pub(super) async fn note(app: &App, owner: &Owner, id: &str, parts: &Parts) -> Answer {
    let found = find(app, owner, id, parts, Refusal::not_found(SHARED), SHARED).await?;
    let mut conn = app.db.acquire().await?;
    if let Some(original) = found.status.reblog_of_id {
        let original = db::documents::references(&mut conn, &[original]).await?;
        let original = original.first().ok_or_else(|| Refusal::not_found(SHARED))?;
        let to = uris::reference_page(&app.config, original);
        return Ok(redirect(StatusCode::FOUND, &to, SHARED));
    }
    let statuses = [found.status];
    let notes = Notes::load(&mut conn, &app.config, app.clock.now(), &statuses).await?;
    let [status] = &statuses;
    let note = notes.note(status.id).ok_or_else(|| Refusal::not_found(SHARED))?;
    let cache = if status.visibility.is_distributable() {
        Cache::Public(if notes.awaits_quote(status.id) { 5 } else { 180 })
    } else {
        Cache::Never
    };
    let mut document = Document::new(note.into_document(), cache, SHARED);
    document.alternate = Some(uris::status(&app.config, &found.account, status));
    Ok(document.answer(&parts.headers, found.signed_only))
}

/// What told the world of the post.
pub(super) async fn activity(app: App, owner: Owner, id: String, parts: Parts) -> Answer {
    let missing = Refusal::not_found(SHARED);
    let found = find(&app, &owner, &id, &parts, missing, SHARED).await?;
    let mut conn = app.db.acquire().await?;
    let statuses = [found.status];
    let notes = Notes::load(&mut conn, &app.config, app.clock.now(), &statuses).await?;
    let [status] = &statuses;
    let activity = notes.activity(status.id).ok_or_else(|| Refusal::not_found(SHARED))?;
    let cache =
        if status.visibility.is_distributable() { Cache::Public(180) } else { Cache::Private(180) };
    let mut document = Document::new(activity.into_document(), cache, SHARED);
    document.alternate = Some(uris::status(&app.config, &found.account, status));
    Ok(document.answer(&parts.headers, found.signed_only))
}

/// How often the post was liked or boosted.
pub(super) async fn count(app: App, owner: Owner, id: String, list: &str, parts: Parts) -> Answer {
    let found = find(&app, &owner, &id, &parts, Refusal::no_record(), PLAIN).await?;
    let mut conn = app.db.acquire().await?;
    let counts = db::documents::counts(&mut conn, &[found.status.id]).await?;
    let counts = counts.first().map(|(_, counts)| *counts).unwrap_or_default();
    let total = if list == "likes" { counts.favourites } else { counts.reblogs };
    let uri = uris::status(&app.config, &found.account, &found.status);
    let object = collection::count(&format!("{uri}/{list}"), total);
    let cache = brief(&found.status);
    Ok(Document::new(object.into_document(), cache, PLAIN)
        .answer(&parts.headers, found.signed_only))
}

/// Which answers are asked for.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Which {
    page: Option<String>,
    min_id: Option<String>,
    only_other_accounts: Option<String>,
}

/// Answers to the post: the author's own first, then everybody else's.
pub(super) async fn replies(
    app: App,
    owner: Owner,
    id: String,
    which: Which,
    parts: Parts,
) -> Answer {
    let found = find(&app, &owner, &id, &parts, Refusal::no_record(), PLAIN).await?;
    let uri = uris::status(&app.config, &found.account, &found.status);
    let page = replies_page(&app, &found, &uri, &which).await?;
    let object = if which.page.is_some() {
        page
    } else {
        let mut list = collection::collection(&format!("{uri}/replies"), "Collection");
        list.embed("first", page);
        list
    };
    let cache = brief(&found.status);
    Ok(Document::new(object.into_document(), cache, PLAIN)
        .answer(&parts.headers, found.signed_only))
}

async fn replies_page(
    app: &App,
    found: &Found,
    uri: &str,
    which: &Which,
) -> Result<Object, Refusal> {
    let config = &app.config;
    let min_id = which.min_id.as_deref().and_then(|id| id.parse::<i64>().ok());
    let others = which.only_other_accounts.as_deref().is_some_and(is_true);
    let mut conn = app.db.acquire().await?;
    let ids = db::documents::replies(
        &mut conn,
        found.status.id,
        found.account.id,
        others,
        min_id.unwrap_or(0),
        PAGE,
    )
    .await?;
    let mut statuses = db::statuses::by_ids(&mut conn, &ids).await?;
    statuses.sort_by_key(|status| status.id);
    let (ours, theirs): (Vec<Status>, Vec<Status>) =
        statuses.iter().cloned().partition(|status| status.local == Some(true));
    let notes = Notes::load(&mut conn, config, app.clock.now(), &ours).await?;
    let theirs: Vec<StatusId> = theirs.iter().map(|status| status.id).collect();
    let theirs = db::documents::references(&mut conn, &theirs).await?;
    let items = ids
        .iter()
        .filter_map(|id| match notes.note(*id) {
            Some(note) => Some(Ok(note)),
            None => {
                let reference = theirs.iter().find(|reference| reference.id == *id)?;
                Some(Err(uris::reference(config, reference)))
            }
        })
        .collect();
    let (context, items) = collection::items(items);

    let mut query = String::new();
    if let Some(min_id) = min_id {
        query.push_str(&format!("min_id={min_id}&"));
    }
    if which.only_other_accounts.is_some() {
        query.push_str(&format!("only_other_accounts={others}&"));
    }
    let mut page =
        collection::collection(&format!("{uri}/replies?{query}page=true"), "CollectionPage");
    page.context = context;
    let full = ids.len() as i64 == PAGE;
    let next = match (ids.last().filter(|_| full), others) {
        (Some(last), _) => {
            Some(format!("{uri}/replies?min_id={last}&only_other_accounts={others}&page=true"))
        }
        (None, false) => Some(format!("{uri}/replies?only_other_accounts=true&page=true")),
        (None, true) => None,
    };
    if let Some(next) = next {
        page.set("next", next);
    }
    // The form by name, for every account: others have learnt it so.
    let of = format!("/users/{}/statuses/{}/replies", found.account.username, found.status.id);
    page.set("partOf", config.url(&of)).set("items", items);
    Ok(page)
}

/// The stamp that lets a post quote one of ours.
pub(super) async fn quote_authorization(
    app: App,
    owner: Owner,
    id: String,
    parts: Parts,
) -> Answer {
    let mut conn = app.db.acquire().await?;
    let missing = Refusal::no_record();
    let account = asker::owner(&mut conn, &owner, Suspended::Refused, missing).await?;
    let signed_only = asker::signed_only(&app, &mut conn).await?;
    drop(conn);
    let viewer = asker::signer(&app, &parts, signed_only).await?;
    let gone = || Refusal::not_found(PLAIN);
    let id: i64 = asker::without_json(&id).parse().map_err(|_| gone())?;
    const ACCEPTED: i32 = 1;
    let mut conn = app.db.acquire().await?;
    let quote = db::documents::quote(&mut conn, id)
        .await?
        .filter(|quote| quote.quoted_account_id == Some(account.id) && quote.state == ACCEPTED);
    let quote = quote.ok_or_else(gone)?;
    let quoted = quote.quoted_status_id.ok_or_else(gone)?;
    let quoted = db::statuses::find_visible(&mut conn, quoted, viewer).await?.ok_or_else(gone)?;
    let quoting = db::documents::references(&mut conn, &[quote.status_id]).await?;
    let quoting = quoting.first().ok_or_else(gone)?;
    let stamp = activity::quote_authorization(
        &app.config,
        &account,
        quote.id,
        &uris::reference(&app.config, quoting),
        &uris::status(&app.config, &account, &quoted),
    );
    let cache = if quoted.visibility.is_distributable() { Cache::Public(30) } else { Cache::Never };
    Ok(Document::new(stamp.into_document(), cache, PLAIN).answer(&parts.headers, signed_only))
}

/// The bounds of a page of an outbox.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Bounds {
    page: Option<String>,
    max_id: Option<String>,
    min_id: Option<String>,
    since_id: Option<String>,
}

/// What an account posted.
pub(super) async fn outbox(app: App, owner: Owner, bounds: Bounds, parts: Parts) -> Answer {
    /// Posts on a page.
    const POSTS: i64 = 20;
    let config = &app.config;
    let mut conn = app.db.acquire().await?;
    let missing = Refusal::no_record();
    let account = asker::owner(&mut conn, &owner, Suspended::Refused, missing).await?;
    let signed_only = asker::signed_only(&app, &mut conn).await?;
    let id = format!("{}/outbox", uris::actor(config, &account));
    if !bounds.page.as_deref().is_some_and(is_true) {
        let (posts, _, _) = db::documents::account_counts(&mut conn, account.id).await?;
        drop(conn);
        asker::signer(&app, &parts, signed_only).await?;
        let mut list = collection::collection(&id, "OrderedCollection");
        list.set("totalItems", posts.max(0))
            .set("first", format!("{id}?page=true"))
            .set("last", format!("{id}?min_id=0&page=true"));
        let document = Document::new(list.into_document(), Cache::Public(180), PLAIN);
        return Ok(document.answer(&parts.headers, signed_only));
    }
    drop(conn);
    let viewer: Option<AccountId> = asker::signer(&app, &parts, signed_only).await?;
    let number = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<i64>().ok());
    let (max_id, min_id) = (number(&bounds.max_id), number(&bounds.min_id));
    let mut conn = app.db.acquire().await?;
    let ids = db::documents::outbox(
        &mut conn,
        account.id,
        viewer,
        max_id,
        number(&bounds.since_id),
        min_id,
        POSTS,
    )
    .await?;
    let statuses = db::statuses::by_ids(&mut conn, &ids).await?;
    let notes = Notes::load(&mut conn, config, app.clock.now(), &statuses).await?;

    let mut query = String::new();
    for (name, value) in [("max_id", max_id), ("min_id", min_id)] {
        if let Some(value) = value {
            query.push_str(&format!("{name}={value}&"));
        }
    }
    let mut page =
        collection::collection(&format!("{id}?{query}page=true"), "OrderedCollectionPage");
    if let Some(last) = ids.last().filter(|_| ids.len() as i64 == POSTS) {
        page.set("next", format!("{id}?max_id={last}&page=true"));
    }
    if let Some(first) = ids.first() {
        page.set("prev", format!("{id}?min_id={first}&page=true"));
    }
    let items: Vec<Object> = ids.iter().filter_map(|id| notes.activity(*id)).collect();
    page.set("partOf", id).embed_all("orderedItems", items);
    let cache = if viewer.is_none() { Cache::Public(60) } else { Cache::Private(60) };
    Ok(Document::new(page.into_document(), cache, "Signature").answer(&parts.headers, signed_only))
}

/// Lists under a post change with every click, so they are kept by nobody.
fn brief(status: &Status) -> Cache {
    if status.visibility.is_distributable() { Cache::Public(0) } else { Cache::Private(0) }
}

/// As Rails reads a switch in a query.
fn is_true(text: &str) -> bool {
    !matches!(text, "" | "0" | "f" | "F" | "false" | "FALSE" | "off" | "OFF")
}
