//! `/api/v1/timelines`, and the statuses one keeps: favourites and bookmarks.

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::response::IntoResponse;
use axum::routing::get;
use ferrodon_app::{App, Error, feeds, settings};
use ferrodon_core::text::hashtag;
use ferrodon_core::{AccountId, Page, StatusId, TagId};
use ferrodon_db as db;
use ferrodon_db::PgConnection;
use ferrodon_db::oauth_access_tokens::Owner;
use ferrodon_db::statuses::Status as Row;
use ferrodon_db::timelines::{Kept, Origin, Public, Tags};
use serde::Deserialize;

use super::feed_access;
use crate::auth::{Viewer, scope};
use crate::entities;
use crate::error::Result;
use crate::headers::IF_ANONYMOUS;
use crate::links::{self, Style};
use crate::params::{Params, Path};

/// How many names a hashtag timeline takes for each of its filters.
const MAX_TAGS: usize = 4;

pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/api/v1/timelines/home", get(home))
        .route("/api/v1/timelines/public", get(public))
        .route("/api/v1/timelines/tag/{name}", get(tag))
        .route("/api/v1/timelines/link", get(link))
        .route("/api/v1/timelines/list/{id}", get(list))
        .route("/api/v1/favourites", get(favourites))
        .route("/api/v1/bookmarks", get(bookmarks))
}

/// Lists what the people one follows post.
async fn home(
    State(app): State<App>,
    viewer: Viewer<scope::ReadStatuses>,
    uri: Uri,
    Params(page): Params<Page>,
) -> Result<impl IntoResponse> {
    let limit = page.limit(20, 40);
    let ids = feeds::home(&app, viewer.account_id, &page, limit).await?;
    feed(&app, viewer.account_id, &ids, &uri, limit).await
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PublicTimeline {
    local: bool,
    remote: bool,
    only_media: bool,
    #[serde(flatten)]
    page: Page,
}

/// Lists public statuses.
async fn public(
    State(app): State<App>,
    viewer: Option<Viewer<scope::ReadStatuses>>,
    uri: Uri,
    Params(wanted): Params<PublicTimeline>,
) -> Result<impl IntoResponse> {
    let limit = wanted.page.limit(20, 40);
    let settings = settings::current(&app).await?;
    let person = viewer.as_ref().map(Viewer::user);
    let origin = origin(wanted.local, wanted.remote);
    let origin = feed_access::allowed(&settings, feed_access::LIVE, origin, person)?;
    let languages = languages(person);
    let viewer = viewer.as_ref().map(|viewer| viewer.account_id);
    let mut conn = app.db.acquire().await?;
    let rows = match origin {
        Some(origin) => {
            let filters = Public { origin, only_media: wanted.only_media, languages };
            db::timelines::public(&mut conn, viewer, &filters, &wanted.page, limit).await?
        }
        None => Vec::new(),
    };
    let kept = ["local", "remote", "only_media"];
    timeline(&app, &mut conn, viewer, rows, &uri, &kept, limit).await
}

/// The languages someone wants to see in public timelines; none means all.
fn languages(person: Option<&Owner>) -> Vec<String> {
    person.and_then(|person| person.chosen_languages.clone()).unwrap_or_default()
}

/// The answer of a timeline that anyone may read.
async fn timeline(
    app: &App,
    conn: &mut PgConnection,
    viewer: Option<AccountId>,
    rows: Vec<Row>,
    uri: &Uri,
    kept: &[&str],
    limit: i64,
) -> Result<impl IntoResponse + use<>> {
    let ids: Vec<i64> = rows.iter().map(|row| row.id.0).collect();
    let statuses = entities::Status::render(app, conn, viewer, rows).await?;
    let links = links::paged(app, uri, kept, Style::Timeline, &ids, limit);
    Ok((IF_ANONYMOUS, links, Json(statuses)))
}

fn origin(local: bool, remote: bool) -> Origin {
    match (local, remote) {
        (true, false) => Origin::Local,
        (false, true) => Origin::Remote,
        _ => Origin::Any,
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TagTimeline {
    any: Vec<String>,
    all: Vec<String>,
    none: Vec<String>,
    local: bool,
    remote: bool,
    only_media: bool,
    #[serde(flatten)]
    page: Page,
}

/// Lists public statuses with a hashtag.
async fn tag(
    State(app): State<App>,
    viewer: Option<Viewer<scope::ReadStatuses>>,
    Path(name): Path<String>,
    uri: Uri,
    Params(wanted): Params<TagTimeline>,
) -> Result<impl IntoResponse> {
    let limit = wanted.page.limit(20, 40);
    let settings = settings::current(&app).await?;
    let person = viewer.as_ref().map(Viewer::user);
    let origin = origin(wanted.local, wanted.remote);
    let origin = feed_access::allowed(&settings, feed_access::TOPICS, origin, person)?;
    let viewer = viewer.as_ref().map(|viewer| viewer.account_id);
    let mut conn = app.db.acquire().await?;
    let rows = match (origin, tags(&mut conn, &name, &wanted).await?) {
        (Some(origin), Some(tags)) => {
            let only_media = wanted.only_media;
            let filters = Public { origin, only_media, languages: Vec::new() };
            db::timelines::tagged(&mut conn, viewer, &tags, &filters, &wanted.page, limit).await?
        }
        _ => Vec::new(),
    };
    timeline(&app, &mut conn, viewer, rows, &uri, &["local", "only_media"], limit).await
}

#[derive(Debug, Deserialize)]
struct LinkTimeline {
    url: String,
    #[serde(flatten)]
    page: Page,
}

/// Lists public statuses about a link that is a trend.
async fn link(
    State(app): State<App>,
    viewer: Option<Viewer<scope::ReadStatuses>>,
    uri: Uri,
    Params(wanted): Params<LinkTimeline>,
) -> Result<impl IntoResponse> {
    let limit = wanted.page.limit(20, 40);
    let settings = settings::current(&app).await?;
    let person = viewer.as_ref().map(Viewer::user);
    let origin = feed_access::allowed(&settings, feed_access::TOPICS, Origin::Any, person)?;
    let languages = languages(person);
    let viewer = viewer.as_ref().map(|viewer| viewer.account_id);
    let mut conn = app.db.acquire().await?;
    let card = db::preview_cards::trending_by_url(&mut conn, &wanted.url).await?;
    let card = card.ok_or(Error::NotFound)?;
    let rows = match origin {
        Some(origin) => {
            let filters = Public { origin, only_media: false, languages };
            db::timelines::linking(&mut conn, viewer, card, &filters, &wanted.page, limit).await?
        }
        None => Vec::new(),
    };
    timeline(&app, &mut conn, viewer, rows, &uri, &["url"], limit).await
}

/// Lists what the members of one of one's lists post.
async fn list(
    State(app): State<App>,
    viewer: Viewer<scope::ReadLists>,
    Path(id): Path<i64>,
    uri: Uri,
    Params(page): Params<Page>,
) -> Result<impl IntoResponse> {
    let limit = page.limit(20, 40);
    let mut conn = app.db.acquire().await?;
    if !db::lists::belongs_to(&mut conn, id, viewer.account_id).await? {
        return Err(Error::NotFound.into());
    }
    drop(conn);
    let ids = feeds::list(&app, id, &page, limit).await?;
    feed(&app, viewer.account_id, &ids, &uri, limit).await
}

/// The answer of a kept feed.
async fn feed(
    app: &App,
    viewer: AccountId,
    ids: &[StatusId],
    uri: &Uri,
    limit: i64,
) -> Result<impl IntoResponse + use<>> {
    let mut conn = app.db.acquire().await?;
    let statuses = entities::Status::render_ids(app, &mut conn, Some(viewer), ids).await?;
    let ids: Vec<i64> = statuses.iter().map(|status| status.id.0).collect();
    let links = links::paged(app, uri, &[], Style::Timeline, &ids, limit);
    Ok((links, Json(statuses)))
}

/// The hashtags a timeline is about; none if its own is unknown. Unknown ones that must all be
/// there leave nothing to list, other unknown ones do not matter.
async fn tags(conn: &mut PgConnection, name: &str, wanted: &TagTimeline) -> Result<Option<Tags>> {
    let names = |names: &[String], most: usize| -> Vec<String> {
        names.iter().take(most).map(|name| hashtag::normalize(name)).collect()
    };
    let own = hashtag::normalize(name);
    let any = names(&wanted.any, MAX_TAGS - 1);
    let all = names(&wanted.all, MAX_TAGS);
    let none = names(&wanted.none, MAX_TAGS);
    let every: Vec<String> =
        std::iter::once(&own).chain(&any).chain(&all).chain(&none).cloned().collect();
    let known = db::tags::ids_by_names(conn, &every).await?;
    let id = |name: &String| known.iter().find(|(_, known)| known == name).map(|(id, _)| *id);
    let ids = |names: &[String]| -> Vec<TagId> { names.iter().filter_map(id).collect() };

    let Some(own) = id(&own) else { return Ok(None) };
    let all_ids = ids(&all);
    if all_ids.len() < all.len() {
        return Ok(None);
    }
    let any = std::iter::once(own).chain(ids(&any)).collect();
    Ok(Some(Tags { any, all: all_ids, none: ids(&none) }))
}

/// Lists what one favourited.
async fn favourites(
    State(app): State<App>,
    viewer: Viewer<scope::ReadFavourites>,
    uri: Uri,
    Params(page): Params<Page>,
) -> Result<impl IntoResponse> {
    kept(&app, viewer.account_id, Kept::Favourites, &uri, page).await
}

/// Lists what one bookmarked.
async fn bookmarks(
    State(app): State<App>,
    viewer: Viewer<scope::ReadBookmarks>,
    uri: Uri,
    Params(page): Params<Page>,
) -> Result<impl IntoResponse> {
    kept(&app, viewer.account_id, Kept::Bookmarks, &uri, page).await
}

async fn kept(
    app: &App,
    viewer: AccountId,
    which: Kept,
    uri: &Uri,
    page: Page,
) -> Result<impl IntoResponse + use<>> {
    let limit = page.limit(20, 40);
    let mut conn = app.db.acquire().await?;
    let rows = db::timelines::kept(&mut conn, viewer, which, &page, limit).await?;
    let (row_ids, ids): (Vec<i64>, Vec<StatusId>) = rows.into_iter().unzip();
    let statuses = entities::Status::render_ids(app, &mut conn, Some(viewer), &ids).await?;
    let links = links::paged(app, uri, &[], Style::Items, &row_ids, limit);
    Ok((links, Json(statuses)))
}
