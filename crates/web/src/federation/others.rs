//! Small documents: conversations, custom emoji, hashtags.

use axum::extract::{Path, State};
use axum::http::request::Parts;
use axum_extra::extract::Query;
use ferrodon_app::App;
use ferrodon_app::federation::render::{self, Object, collection};
use ferrodon_app::federation::uris;
use ferrodon_core::text::local;
use ferrodon_core::{AccountId, StatusId};
use ferrodon_db as db;
use ferrodon_db::PgConnection;
use ferrodon_db::documents::Conversation;
use serde::Deserialize;

use super::answer::{Answer, Cache, Document, PLAIN, Refusal, SHARED};
use super::asker;

/// Posts in one piece of a conversation.
const PAGE: i64 = 60;

/// Where a piece of a conversation begins.
#[derive(Debug, Default, Deserialize)]
pub(super) struct From {
    page: Option<String>,
    min_id: Option<String>,
}

/// A conversation that began here.
pub(super) async fn conversation(
    State(app): State<App>,
    Path(name): Path<String>,
    parts: Parts,
) -> Answer {
    let (mut conn, found, signed_only) = begun(&app, &name, &parts).await?;
    let (account, status, conversation) = found;
    let page = page(&app, &mut conn, account, status, &conversation, None).await?;
    let author = db::documents::actor(&mut conn, account).await?;
    let author = author.ok_or_else(|| Refusal::not_found(PLAIN))?;
    let id = uris::conversation(&app.config, &conversation);
    let mut list = collection::collection(&id, "Collection");
    list.set("attributedTo", uris::actor(&app.config, &author)).embed("first", page);
    let document = Document::new(list.into_document(), Cache::Public(180), PLAIN);
    Ok(document.answer(&parts.headers, signed_only))
}

/// Further posts of a conversation that began here.
pub(super) async fn conversation_items(
    State(app): State<App>,
    Path(name): Path<String>,
    Query(from): Query<From>,
    parts: Parts,
) -> Answer {
    let (mut conn, found, signed_only) = begun(&app, &name, &parts).await?;
    let (account, status, conversation) = found;
    let min_id = from.min_id.as_deref().and_then(|id| id.parse().ok());
    let mut page = page(&app, &mut conn, account, status, &conversation, min_id).await?;
    let id = app.config.url(&format!("/contexts/{account}-{status}/items"));
    let object = if from.page.is_some() {
        let bound = min_id.map(|id| format!("min_id={id}&")).unwrap_or_default();
        page.set("id", format!("{id}?{bound}page=true"));
        page
    } else {
        let mut list = collection::collection(&id, "Collection");
        list.embed("first", page);
        list
    };
    let document = Document::new(object.into_document(), Cache::Public(180), PLAIN);
    Ok(document.answer(&parts.headers, signed_only))
}

type Begun = (AccountId, StatusId, Conversation);

async fn begun(
    app: &App,
    name: &str,
    parts: &Parts,
) -> Result<(db::PoolConnection, Begun, bool), Refusal> {
    let gone = || Refusal::not_found(PLAIN);
    let mut conn = app.db.acquire().await?;
    let signed_only = asker::signed_only(app, &mut conn).await?;
    if signed_only {
        drop(conn);
        asker::signer(app, parts, true).await?;
        conn = app.db.acquire().await?;
    }
    let (account, status) = asker::without_json(name).split_once('-').ok_or_else(gone)?;
    let account: AccountId = account.parse().map_err(|_| gone())?;
    let status: StatusId = status.parse().map_err(|_| gone())?;
    let found = db::documents::conversation_begun_by(&mut conn, account, status).await?;
    let found = found.filter(|found| found.uri.is_none()).ok_or_else(gone)?;
    Ok((conn, (account, status, found), signed_only))
}

async fn page(
    app: &App,
    conn: &mut PgConnection,
    account: AccountId,
    status: StatusId,
    conversation: &Conversation,
    min_id: Option<i64>,
) -> Result<Object, Refusal> {
    let from = min_id.unwrap_or(0);
    let ids = db::documents::conversation_statuses(conn, conversation.id, from, PAGE).await?;
    let mut references = db::documents::references(conn, &ids).await?;
    references.sort_by_key(|reference| reference.id);
    let items: Vec<String> =
        references.iter().map(|reference| uris::reference(&app.config, reference)).collect();
    let of = app.config.url(&format!("/contexts/{account}-{status}"));
    let mut page = Object::default();
    page.set("type", "CollectionPage").set("partOf", of.as_str());
    if let Some(last) = ids.last().filter(|_| ids.len() as i64 == PAGE) {
        page.set("next", format!("{of}/items?min_id={last}&page=true"));
    }
    page.set("items", items);
    Ok(page)
}

/// A custom emoji of ours.
pub(super) async fn emoji(State(app): State<App>, Path(id): Path<String>, parts: Parts) -> Answer {
    let gone = || Refusal::not_found(PLAIN);
    let id: i64 = asker::without_json(&id).parse().map_err(|_| gone())?;
    let mut conn = app.db.acquire().await?;
    let emoji = db::documents::emoji(&mut conn, id).await?.ok_or_else(gone)?;
    let document = render::emoji(&app.config, &emoji).into_document();
    Ok(Document::new(document, Cache::Public(180), PLAIN).answer(&parts.headers, false))
}

/// A hashtag: only its name.
pub(super) async fn hashtag(app: &App, name: &str, parts: &Parts) -> Answer {
    let mut conn = app.db.acquire().await?;
    let signed_only = asker::signed_only(app, &mut conn).await?;
    drop(conn);
    asker::signer(app, parts, signed_only).await?;
    let id = local::hashtag_url(&app.config.base_url(), &name.to_lowercase());
    let list = collection::collection(&id, "OrderedCollection");
    let document = Document::new(list.into_document(), Cache::Public(180), SHARED);
    Ok(document.answer(&parts.headers, signed_only))
}
