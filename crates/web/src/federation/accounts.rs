//! Accounts as documents: the actor, who follows it and whom it follows, what it pinned.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use ferrodon_app::App;
use ferrodon_app::federation::render::{self, Notes, collection};
use ferrodon_app::federation::uris;
use ferrodon_core::Visibility;
use ferrodon_db as db;
use ferrodon_db::accounts::Account;
use ferrodon_db::documents::Side;
use serde::Deserialize;

use super::accept::{Wanted, wanted};
use super::answer::{Answer, Cache, Document, PLAIN, Refusal, SHARED, redirect};
use super::asker::{self, Owner, Suspended};

/// Accounts on a page of followers.
const PAGE: i64 = 12;

/// `/users/{name}`: the document, or away to the page.
pub(super) async fn by_name(
    State(app): State<App>,
    Path(name): Path<String>,
    parts: Parts,
) -> Answer {
    if wanted(&parts.headers, parts.uri.path()) != Wanted::Document {
        return Ok(to_page(&app, &format!("/@{name}")));
    }
    actor(&app, &Owner::name(&name), &parts).await
}

/// `/ap/users/{id}`: the document, or away to the page.
pub(super) async fn by_number(
    State(app): State<App>,
    Path(id): Path<String>,
    parts: Parts,
) -> Answer {
    let owner = Owner::number(&id).ok_or_else(|| Refusal::not_found(SHARED))?;
    if wanted(&parts.headers, parts.uri.path()) == Wanted::Document {
        return actor(&app, &owner, &parts).await;
    }
    let mut conn = app.db.acquire().await?;
    let missing = Refusal::not_found(SHARED);
    let account = asker::owner(&mut conn, &owner, Suspended::Shown, missing).await?;
    let to = uris::profile(&app.config, &account);
    Ok(redirect(StatusCode::FOUND, &to, SHARED))
}

/// The actor.
pub(super) async fn actor(app: &App, owner: &Owner, parts: &Parts) -> Answer {
    let mut conn = app.db.acquire().await?;
    let account =
        asker::owner(&mut conn, owner, Suspended::Shown, Refusal::not_found(SHARED)).await?;
    let signed_only = asker::signed_only(app, &mut conn).await?;
    let profile = render::Profile::load(&mut conn, &app.config, &account).await?;
    drop(conn);
    if signed_only {
        asker::signer(app, parts, true).await?;
    }
    let document = profile.actor(&app.config).into_document();
    Ok(Document::new(document, Cache::Public(180), SHARED).answer(&parts.headers, signed_only))
}

/// Which page of a list.
#[derive(Debug, Deserialize)]
pub(super) struct Page {
    page: Option<String>,
}

/// `/users/{name}/followers` and `/following`.
pub(super) async fn relations_by_name(
    app: App,
    name: String,
    side: Side,
    page: Page,
    parts: Parts,
) -> Answer {
    if wanted(&parts.headers, parts.uri.path()) != Wanted::Document {
        return Ok(to_page(&app, &format!("/@{name}/{}", path_of(side))));
    }
    relations(&app, &Owner::name(&name), side, page, &parts).await
}

/// `/ap/users/{id}/followers` and `/following`.
pub(super) async fn relations_by_number(
    app: App,
    id: String,
    side: Side,
    page: Page,
    parts: Parts,
) -> Answer {
    let owner = Owner::number(&id).ok_or_else(|| Refusal::not_found(SHARED))?;
    if wanted(&parts.headers, parts.uri.path()) == Wanted::Document {
        return relations(&app, &owner, side, page, &parts).await;
    }
    let mut conn = app.db.acquire().await?;
    let missing = Refusal::not_found(SHARED);
    let account = asker::owner(&mut conn, &owner, Suspended::Refused, missing).await?;
    let to = format!("/@{}/{}", account.username, path_of(side));
    Ok(redirect(StatusCode::FOUND, &app.config.url(&to), SHARED))
}

/// Who follows an account, or whom it follows.
pub(super) async fn relations(
    app: &App,
    owner: &Owner,
    side: Side,
    page: Page,
    parts: &Parts,
) -> Answer {
    let mut conn = app.db.acquire().await?;
    let missing = Refusal::not_found(SHARED);
    let account = asker::owner(&mut conn, owner, Suspended::Refused, missing).await?;
    let signed_only = asker::signed_only(app, &mut conn).await?;
    let (_, followers, following) = db::documents::account_counts(&mut conn, account.id).await?;
    let total = match side {
        Side::Followers => followers,
        Side::Following => following,
    };
    let id = format!("{}/{}", uris::actor(&app.config, &account), path_of(side));
    let hidden = account.hide_collections == Some(true);

    let (object, seconds) = match page.page {
        None => {
            let mut list = collection::collection(&id, "OrderedCollection");
            list.set("totalItems", total.max(0));
            if !hidden {
                list.set("first", format!("{id}?page=1"));
            }
            (list, 180)
        }
        Some(_) if hidden => return Err(Refusal::status(StatusCode::FORBIDDEN, SHARED)),
        Some(page) => {
            let number = page.parse::<i64>().unwrap_or(1).clamp(1, 1_000_000);
            let offset = (number - 1) * PAGE;
            let mut rows =
                db::documents::relations(&mut conn, account.id, side, PAGE + 1, offset).await?;
            let more = rows.len() as i64 > PAGE;
            rows.truncate(PAGE as usize);
            let mut list =
                collection::collection(&format!("{id}?page={number}"), "OrderedCollectionPage");
            list.set("totalItems", total.max(0));
            if more {
                list.set("next", format!("{id}?page={}", number + 1));
            }
            if number > 1 {
                list.set("prev", format!("{id}?page={}", number - 1));
            }
            let items: Vec<String> =
                rows.iter().map(|actor| uris::actor(&app.config, actor)).collect();
            list.set("partOf", id.as_str()).set("orderedItems", items);
            (list, 0)
        }
    };
    drop(conn);
    if signed_only {
        asker::signer(app, parts, true).await?;
    }
    let document = Document::new(object.into_document(), Cache::Public(seconds), SHARED);
    Ok(document.answer(&parts.headers, signed_only))
}

/// Pinned posts and shown hashtags.
pub(super) async fn featured(app: App, owner: Owner, list: String, parts: Parts) -> Answer {
    let mut conn = app.db.acquire().await?;
    let missing = Refusal::no_record();
    let account = asker::owner(&mut conn, &owner, Suspended::Refused, missing).await?;
    let signed_only = asker::signed_only(&app, &mut conn).await?;
    drop(conn);
    let viewer = asker::signer(&app, &parts, signed_only).await?;
    let object = match asker::without_json(&list) {
        "featured" => pinned(&app, &account, viewer).await?,
        "tags" => tags(&app, &account).await?,
        _ => return Err(Refusal::not_found(PLAIN)),
    };
    let document = Document::new(object.into_document(), Cache::Public(180), PLAIN);
    Ok(document.answer(&parts.headers, signed_only))
}

async fn pinned(
    app: &App,
    account: &Account,
    viewer: Option<ferrodon_core::AccountId>,
) -> Result<render::Object, Refusal> {
    let config = &app.config;
    let mut conn = app.db.acquire().await?;
    let blocked = match viewer {
        Some(viewer) => db::documents::is_blocked(&mut conn, account.id, viewer).await?,
        None => false,
    };
    let ids =
        if blocked { Vec::new() } else { db::documents::pinned(&mut conn, account.id).await? };
    let mut statuses = db::statuses::by_ids(&mut conn, &ids).await?;
    statuses.sort_by_key(|status| ids.iter().position(|id| *id == status.id));
    let notes = Notes::load(&mut conn, config, app.clock.now(), &statuses).await?;
    let items = statuses
        .iter()
        .filter_map(|status| match status.visibility {
            Visibility::Public | Visibility::Unlisted => notes.note(status.id).map(Ok),
            _ => Some(Err(uris::status(config, account, status))),
        })
        .collect();
    let (context, items) = collection::items(items);
    let id = format!("{}/collections/featured", uris::actor(config, account));
    let mut list = collection::collection(&id, "OrderedCollection");
    list.context = context;
    list.set("totalItems", items.len()).set("orderedItems", items);
    Ok(list)
}

async fn tags(app: &App, account: &Account) -> Result<render::Object, Refusal> {
    let config = &app.config;
    let mut conn = app.db.acquire().await?;
    let tags = db::documents::featured_tags(&mut conn, account.id).await?;
    let id = format!("{}/collections/tags", uris::actor(config, account));
    let mut list = collection::collection(&id, "Collection");
    let total = tags.len();
    let tags =
        tags.iter().map(|(name, shown)| collection::featured_tag(config, account, name, shown));
    list.set("totalItems", total).embed_all("items", tags);
    Ok(list)
}

/// Followers of an account that live on the signer's server, for servers that compare lists.
pub(super) async fn followers_synchronization(app: App, owner: Owner, parts: Parts) -> Answer {
    let mut conn = app.db.acquire().await?;
    let missing = Refusal::no_record();
    let account = asker::owner(&mut conn, &owner, Suspended::Refused, missing).await?;
    drop(conn);
    let signer = asker::signer(&app, &parts, true).await?;
    let mut conn = app.db.acquire().await?;
    let signer = match signer {
        Some(id) => db::documents::actor(&mut conn, id).await?,
        None => None,
    };
    let origin = signer.and_then(|signer| {
        let url = url::Url::parse(&signer.uri).ok()?;
        Some(format!("{}/", url.origin().ascii_serialization()))
    });
    let origin = origin.ok_or_else(|| Refusal::status(StatusCode::UNAUTHORIZED, PLAIN))?;
    let ids = db::documents::followers_under(&mut conn, account.id, &origin).await?;
    let id = format!("/users/{}/followers_synchronization", account.username);
    let mut list = collection::collection(&app.config.url(&id), "OrderedCollection");
    list.set("orderedItems", ids);
    let document = Document::new(list.into_document(), Cache::Private(0), PLAIN);
    Ok(document.answer(&parts.headers, false))
}

/// The actor that stands for the server. Never needs a signature.
pub(super) async fn instance_actor(State(app): State<App>, parts: Parts) -> Answer {
    let mut conn = app.db.acquire().await?;
    let account = db::accounts::find(&mut conn, uris::INSTANCE_ACTOR).await?;
    let account = account.ok_or_else(Refusal::no_record)?;
    let document = render::instance_actor(&app.config, &account).into_document();
    Ok(Document::new(document, Cache::Public(600), "").answer(&parts.headers, false))
}

/// The server itself posts nothing.
pub(super) async fn instance_outbox() -> Refusal {
    Refusal::not_found("Authorization")
}

pub(super) fn path_of(side: Side) -> &'static str {
    match side {
        Side::Followers => "followers",
        Side::Following => "following",
    }
}

fn to_page(app: &App, path: &str) -> Response {
    redirect(StatusCode::MOVED_PERMANENTLY, &app.config.url(path), PLAIN)
}
