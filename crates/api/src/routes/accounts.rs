//! `/api/v1/accounts`: who someone is, what they post, whom they follow.

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::response::IntoResponse;
use axum::routing::get;
use ferrodon_app::{App, Error};
use ferrodon_core::page::leading_digits;
use ferrodon_core::text::{hashtag, local};
use ferrodon_core::{AccountId, Page};
use ferrodon_db as db;
use ferrodon_db::PgConnection;
use ferrodon_db::accounts::Account;
use ferrodon_db::follows::Side;
use ferrodon_db::timelines::OfAccount;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::auth::{Viewer, scope};
use crate::entities;
use crate::error::Result;
use crate::headers::IF_ANONYMOUS;
use crate::links::{self, Style};
use crate::params::{Params, Path};

/// How many accounts may be asked for at once.
const MAX_ACCOUNTS: usize = 40;

pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/api/v1/accounts", get(several))
        .route("/api/v1/accounts/verify_credentials", get(verify_credentials))
        .route("/api/v1/accounts/lookup", get(lookup))
        .route("/api/v1/accounts/relationships", get(relationships))
        .route("/api/v1/accounts/{id}", get(show))
        .route("/api/v1/accounts/{id}/statuses", get(statuses))
        .route("/api/v1/accounts/{id}/followers", get(followers))
        .route("/api/v1/accounts/{id}/following", get(following))
}

/// Shows one's own account.
async fn verify_credentials(
    State(app): State<App>,
    viewer: Viewer<scope::ProfileOrReadAccounts>,
) -> Result<impl IntoResponse> {
    let mut conn = app.db.acquire().await?;
    let account = entities::CredentialAccount::render(&app, &mut conn, viewer.account_id).await?;
    Ok(Json(account))
}

/// Shows an account, but not one whose login is unconfirmed or waits for approval.
async fn show(
    State(app): State<App>,
    viewer: Option<Viewer<scope::ReadAccounts>>,
    Path(id): Path<AccountId>,
) -> Result<impl IntoResponse> {
    let mut conn = app.db.acquire().await?;
    let row = db::accounts::approved_by_ids(&mut conn, &[id]).await?.pop();
    let row = row.ok_or(Error::NotFound)?;
    let viewer = viewer.map(|viewer| viewer.account_id);
    let account = entities::Account::render_one(&app, &mut conn, viewer, row).await?;
    Ok((IF_ANONYMOUS, Json(account)))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Several {
    id: Vec<AccountId>,
}

/// Shows several accounts.
async fn several(
    State(app): State<App>,
    viewer: Option<Viewer<scope::ReadAccounts>>,
    Params(wanted): Params<Several>,
) -> Result<impl IntoResponse> {
    if wanted.id.len() > MAX_ACCOUNTS {
        return Err(Error::Unprocessable("Mastodon::ValidationError".to_owned()).into());
    }
    let mut conn = app.db.acquire().await?;
    let rows = db::accounts::approved_by_ids(&mut conn, &wanted.id).await?;
    let viewer = viewer.map(|viewer| viewer.account_id);
    Ok(Json(entities::Account::render(&app, &mut conn, viewer, rows).await?))
}

#[derive(Debug, Deserialize)]
struct Lookup {
    acct: String,
}

/// Finds a known account by its handle.
async fn lookup(
    State(app): State<App>,
    viewer: Option<Viewer<scope::ReadAccounts>>,
    Params(wanted): Params<Lookup>,
) -> Result<impl IntoResponse> {
    let handle = wanted.acct.trim().trim_start_matches('@');
    let (username, domain) = match handle.split_once('@') {
        Some((username, domain)) => (username, Some(local::ascii_domain(domain))),
        None => (handle, None),
    };
    let domain = domain.filter(|domain| {
        !local::local_domains(&app.config).iter().any(|ours| ours.eq_ignore_ascii_case(domain))
    });
    let mut conn = app.db.acquire().await?;
    let row = db::accounts::by_handle(&mut conn, username, domain.as_deref()).await?;
    let row = row.ok_or(Error::NotFound)?;
    let viewer = viewer.map(|viewer| viewer.account_id);
    let account = entities::Account::render_one(&app, &mut conn, viewer, row).await?;
    Ok((IF_ANONYMOUS, Json(account)))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Relationships {
    #[serde(deserialize_with = "one_or_many")]
    id: Vec<AccountId>,
    with_suspended: bool,
}

/// Ids as a list, or a single one.
pub(super) fn one_or_many<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<AccountId>, D::Error> {
    let id = |value: &Value| match value {
        Value::String(text) => Some(AccountId(leading_digits(text))),
        Value::Number(number) => number.as_i64().map(AccountId),
        _ => None,
    };
    Ok(match Value::deserialize(d)? {
        Value::Array(list) => list.iter().filter_map(id).collect(),
        single => id(&single).into_iter().collect(),
    })
}

/// Says what some accounts are to the viewer.
async fn relationships(
    State(app): State<App>,
    viewer: Viewer<scope::ReadFollows>,
    Params(wanted): Params<Relationships>,
) -> Result<impl IntoResponse> {
    let mut conn = app.db.acquire().await?;
    let relationships =
        entities::Relationship::of(&mut conn, viewer.account_id, &wanted.id, wanted.with_suspended)
            .await?;
    Ok(Json(relationships))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Statuses {
    only_media: bool,
    exclude_replies: bool,
    exclude_reblogs: bool,
    exclude_direct: bool,
    pinned: bool,
    tagged: Option<String>,
    #[serde(flatten)]
    page: Page,
}

/// What of the filters of an account's statuses its links keep.
const KEPT: [&str; 5] = ["pinned", "tagged", "only_media", "exclude_replies", "exclude_reblogs"];

/// Lists what an account posted.
async fn statuses(
    State(app): State<App>,
    viewer: Option<Viewer<scope::ReadStatuses>>,
    Path(id): Path<AccountId>,
    uri: Uri,
    Params(wanted): Params<Statuses>,
) -> Result<impl IntoResponse> {
    let viewer = viewer.map(|viewer| viewer.account_id);
    let limit = wanted.page.limit(20, 40);
    let mut conn = app.db.acquire().await?;
    let account = db::accounts::find(&mut conn, id).await?.ok_or(Error::NotFound)?;
    let rows = if is_hidden(&mut conn, &account, viewer).await? {
        Vec::new()
    } else {
        statuses_of(&mut conn, id, viewer, &wanted, limit).await?
    };
    let ids: Vec<i64> = rows.iter().map(|row| row.id.0).collect();
    let statuses = entities::Status::render(&app, &mut conn, viewer, rows).await?;
    let links = links::paged(&app, &uri, &KEPT, Style::Items, &ids, limit);
    Ok((IF_ANONYMOUS, links, Json(statuses)))
}

async fn statuses_of(
    conn: &mut PgConnection,
    id: AccountId,
    viewer: Option<AccountId>,
    wanted: &Statuses,
    limit: i64,
) -> Result<Vec<db::statuses::Status>> {
    let tag = match wanted.tagged.as_deref().filter(|name| !name.is_empty()) {
        None => None,
        Some(name) => {
            let found = db::tags::ids_by_names(conn, &[hashtag::normalize(name)]).await?;
            let Some((tag, _)) = found.into_iter().next() else { return Ok(Vec::new()) };
            Some(tag)
        }
    };
    let filters = OfAccount {
        only_media: wanted.only_media,
        exclude_replies: wanted.exclude_replies,
        exclude_reblogs: wanted.exclude_reblogs,
        exclude_direct: wanted.exclude_direct,
        pinned: wanted.pinned,
        tag,
    };
    Ok(db::timelines::of_account(conn, id, viewer, &filters, &wanted.page, limit).await?)
}

/// Whether nothing of an account is for the viewer to see: it is suspended, or blocks them.
async fn is_hidden(
    conn: &mut PgConnection,
    account: &Account,
    viewer: Option<AccountId>,
) -> Result<bool> {
    if account.suspended_at.is_some() {
        return Ok(true);
    }
    match viewer {
        Some(viewer) if viewer != account.id => {
            Ok(db::relationships::blocks_viewer(conn, account.id, viewer).await?)
        }
        _ => Ok(false),
    }
}

/// Lists who follows an account.
async fn followers(
    State(app): State<App>,
    viewer: Option<Viewer<scope::ReadAccounts>>,
    Path(id): Path<AccountId>,
    uri: Uri,
    Params(page): Params<Page>,
) -> Result<impl IntoResponse> {
    let viewer = viewer.map(|viewer| viewer.account_id);
    related(&app, viewer, id, Side::Followers, &uri, page).await
}

/// Lists whom an account follows.
async fn following(
    State(app): State<App>,
    viewer: Option<Viewer<scope::ReadAccounts>>,
    Path(id): Path<AccountId>,
    uri: Uri,
    Params(page): Params<Page>,
) -> Result<impl IntoResponse> {
    let viewer = viewer.map(|viewer| viewer.account_id);
    related(&app, viewer, id, Side::Following, &uri, page).await
}

async fn related(
    app: &App,
    viewer: Option<AccountId>,
    id: AccountId,
    side: Side,
    uri: &Uri,
    page: Page,
) -> Result<impl IntoResponse + use<>> {
    // These lists know no `min_id`.
    let page = Page { min_id: None, ..page };
    let limit = page.limit(40, 80);
    let mut conn = app.db.acquire().await?;
    let account = db::accounts::find(&mut conn, id).await?.ok_or(Error::NotFound)?;
    let secret = account.hide_collections == Some(true) && viewer != Some(id);
    let rows = if secret || is_hidden(&mut conn, &account, viewer).await? {
        Vec::new()
    } else {
        db::follows::page(&mut conn, id, side, viewer, &page, limit).await?
    };
    let (follow_ids, ids): (Vec<i64>, Vec<AccountId>) = rows.into_iter().unzip();
    let accounts = entities::Account::render_ids(app, &mut conn, viewer, &ids).await?;
    let links = links::paged(app, uri, &[], Style::Relations, &follow_ids, limit);
    Ok((IF_ANONYMOUS, links, Json(accounts)))
}
