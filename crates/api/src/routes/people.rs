//! The people one blocks, mutes, endorses or is asked by, and who they have in common.

use std::collections::HashMap;

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::response::IntoResponse;
use axum::routing::get;
use ferrodon_app::{App, Error};
use ferrodon_core::{AccountId, Page};
use ferrodon_db as db;
use ferrodon_db::PgConnection;
use ferrodon_db::people::{Chosen, Kept};
use serde::Deserialize;

use super::accounts::one_or_many;
use crate::auth::{Viewer, scope};
use crate::entities;
use crate::error::Result;
use crate::headers::IF_ANONYMOUS;
use crate::links::{self, Links, Style};
use crate::params::{Params, Path};

pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/api/v1/blocks", get(blocks))
        .route("/api/v1/mutes", get(mutes))
        .route("/api/v1/domain_blocks", get(domain_blocks))
        .route("/api/v1/follow_requests", get(follow_requests))
        .route("/api/v1/endorsements", get(own_endorsements))
        .route("/api/v1/accounts/{id}/endorsements", get(endorsements))
        .route("/api/v1/accounts/familiar_followers", get(familiar_followers))
}

/// Lists whom one blocks.
async fn blocks(
    State(app): State<App>,
    viewer: Viewer<scope::ReadBlocks>,
    uri: Uri,
    Params(page): Params<Page>,
) -> Result<impl IntoResponse> {
    kept(&app, viewer.account_id, Kept::Blocked, &uri, page).await
}

/// Lists who asks to follow one.
async fn follow_requests(
    State(app): State<App>,
    viewer: Viewer<scope::ReadFollowsOrFollow>,
    uri: Uri,
    Params(page): Params<Page>,
) -> Result<impl IntoResponse> {
    kept(&app, viewer.account_id, Kept::Requesting, &uri, page).await
}

async fn kept(
    app: &App,
    viewer: AccountId,
    which: Kept,
    uri: &Uri,
    page: Page,
) -> Result<impl IntoResponse + use<>> {
    let page = Page { min_id: None, ..page };
    let limit = page.limit(40, 80);
    let mut conn = app.db.acquire().await?;
    let entries = db::people::page(&mut conn, viewer, which, &page, limit).await?;
    let ids: Vec<AccountId> = entries.iter().map(|entry| entry.account_id).collect();
    let accounts = entities::Account::render_ids(app, &mut conn, Some(viewer), &ids).await?;
    let row_ids: Vec<i64> = entries.iter().map(|entry| entry.id).collect();
    Ok((links::paged(app, uri, &[], Style::Relations, &row_ids, limit), Json(accounts)))
}

/// Lists whom one mutes, and until when.
async fn mutes(
    State(app): State<App>,
    viewer: Viewer<scope::ReadMutes>,
    uri: Uri,
    Params(page): Params<Page>,
) -> Result<impl IntoResponse> {
    let page = Page { min_id: None, ..page };
    let limit = page.limit(40, 80);
    let now = app.clock.now().naive_utc();
    let viewer = viewer.account_id;
    let mut conn = app.db.acquire().await?;
    let entries = db::people::page(&mut conn, viewer, Kept::Muted, &page, limit).await?;
    let ends: HashMap<AccountId, _> =
        entries.iter().map(|entry| (entry.account_id, entry.expires_at)).collect();
    let ids: Vec<AccountId> = entries.iter().map(|entry| entry.account_id).collect();
    let accounts = entities::Account::render_ids(&app, &mut conn, Some(viewer), &ids).await?;
    let muted = accounts.into_iter().map(|account| {
        let ends_at = ends.get(&account.id).copied().flatten().filter(|at| *at > now);
        entities::MutedAccount { account, mute_expires_at: ends_at.map(entities::Time) }
    });
    let muted: Vec<_> = muted.collect();
    let row_ids: Vec<i64> = entries.iter().map(|entry| entry.id).collect();
    Ok((links::paged(&app, &uri, &[], Style::Relations, &row_ids, limit), Json(muted)))
}

/// Lists the domains one blocks.
async fn domain_blocks(
    State(app): State<App>,
    viewer: Viewer<scope::ReadBlocks>,
    uri: Uri,
    Params(page): Params<Page>,
) -> Result<impl IntoResponse> {
    let page = Page { min_id: None, ..page };
    let limit = page.limit(100, 200);
    let mut conn = app.db.acquire().await?;
    let rows = db::people::blocked_domains(&mut conn, viewer.account_id, &page, limit).await?;
    let (ids, domains): (Vec<i64>, Vec<String>) = rows.into_iter().unzip();
    Ok((links::paged(&app, &uri, &[], Style::Relations, &ids, limit), Json(domains)))
}

/// Lists whom one endorses.
async fn own_endorsements(
    State(app): State<App>,
    viewer: Viewer<scope::ReadAccounts>,
    uri: Uri,
    Params(page): Params<Page>,
) -> Result<impl IntoResponse> {
    let viewer = viewer.account_id;
    let mut conn = app.db.acquire().await?;
    chosen(&app, &mut conn, Some(viewer), Chosen::EndorsedBy(viewer), &uri, page).await
}

/// Lists whom an account endorses.
async fn endorsements(
    State(app): State<App>,
    viewer: Option<Viewer<scope::ReadAccounts>>,
    Path(id): Path<AccountId>,
    uri: Uri,
    Params(page): Params<Page>,
) -> Result<impl IntoResponse> {
    let viewer = viewer.map(|viewer| viewer.account_id);
    let mut conn = app.db.acquire().await?;
    let account = db::accounts::find(&mut conn, id).await?.ok_or(Error::NotFound)?;
    // Unlike followers, endorsements are shown to those whom the account blocks, too.
    let answer = if account.suspended_at.is_some() {
        (Links::default(), Json(Vec::new()))
    } else {
        chosen(&app, &mut conn, viewer, Chosen::EndorsedBy(id), &uri, page).await?
    };
    Ok((IF_ANONYMOUS, answer))
}

/// The answer of a list that is paged by its accounts' ids; a limit of 0 wants all of it.
pub(super) async fn chosen(
    app: &App,
    conn: &mut PgConnection,
    viewer: Option<AccountId>,
    which: Chosen,
    uri: &Uri,
    page: Page,
) -> Result<(Links, Json<Vec<entities::Account>>)> {
    let page = Page { min_id: None, ..page };
    let limit = Some(page.limit(40, 80)).filter(|limit| *limit != 0);
    let ids = db::people::chosen(conn, which, &page, limit).await?;
    let accounts = entities::Account::render_ids(app, conn, viewer, &ids).await?;
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    let links = match limit {
        Some(limit) => links::paged(app, uri, &[], Style::Relations, &ids, limit),
        None => Links::default(),
    };
    Ok((links, Json(accounts)))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Several {
    #[serde(deserialize_with = "one_or_many")]
    id: Vec<AccountId>,
}

/// Lists who among the people one follows also follows these accounts.
async fn familiar_followers(
    State(app): State<App>,
    viewer: Viewer<scope::ReadFollows>,
    Params(wanted): Params<Several>,
) -> Result<impl IntoResponse> {
    let viewer = viewer.account_id;
    let mut conn = app.db.acquire().await?;
    let known = db::accounts::by_ids(&mut conn, &wanted.id).await?;
    let is_known =
        |id: &AccountId| known.iter().any(|row| row.id == *id && row.suspended_at.is_none());
    let mut wanted: Vec<AccountId> = wanted.id.into_iter().filter(is_known).collect();
    let mut seen = std::collections::HashSet::new();
    wanted.retain(|id| seen.insert(*id));
    let pairs = db::people::familiar_followers(&mut conn, viewer, &wanted).await?;
    let mut ids: Vec<AccountId> = pairs.iter().map(|(_, follower)| *follower).collect();
    ids.sort_unstable();
    ids.dedup();
    let accounts = entities::Account::render_ids(&app, &mut conn, Some(viewer), &ids).await?;
    let accounts: HashMap<AccountId, entities::Account> =
        accounts.into_iter().map(|account| (account.id, account)).collect();
    let familiar = wanted.into_iter().map(|id| entities::FamiliarFollowers {
        id,
        accounts: pairs
            .iter()
            .filter(|(followed, _)| *followed == id)
            .filter_map(|(_, follower)| accounts.get(follower).cloned())
            .collect(),
    });
    Ok(Json(familiar.collect::<Vec<_>>()))
}
