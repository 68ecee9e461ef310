//! How others find us: WebFinger, host-meta, NodeInfo.

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chrono::TimeDelta;
use ferrodon_app::federation::uris;
use ferrodon_app::{App, settings};
use ferrodon_core::media::Attachment;
use ferrodon_core::{AccountId, Config};
use ferrodon_db as db;
use ferrodon_db::accounts::Account;
use serde_json::{Value, json};

use super::accept::{Wanted, wanted};
use super::answer::redirect;

const JRD: &str = "application/jrd+json; charset=utf-8";
const XRD: &str = "application/xrd+xml; charset=utf-8";
const JSON: &str = "application/json; charset=utf-8";
const THREE_DAYS: &str = "max-age=259200, public";
const THREE_MINUTES: &str = "max-age=180, public";
/// The version of Mastodon whose behaviour this is; other software decides by it.
const SOFTWARE: (&str, &str) = ("mastodon", "4.6.5");

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/.well-known/webfinger", get(webfinger))
        .route("/.well-known/host-meta", get(host_meta))
        .route("/.well-known/host-meta.json", get(host_meta_json))
        .route("/.well-known/nodeinfo", get(nodeinfo_links))
        .route("/.well-known/change-password", get(change_password))
        .route("/.well-known/proxy", get(proxy))
        .route("/nodeinfo/2.0", get(nodeinfo))
}

/// Who is behind a handle or an address.
async fn webfinger(State(app): State<App>, RawQuery(query): RawQuery) -> Response {
    let found = find(&app, query.as_deref().unwrap_or_default()).await;
    match found {
        Ok(account) => body(JRD, THREE_DAYS, "Accept", jrd(&app, &account).to_string()),
        Err(status) => {
            let mut response = status.into_response();
            let set = response.headers_mut();
            set.insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
            set.insert(CACHE_CONTROL, HeaderValue::from_static(THREE_MINUTES));
            response
        }
    }
}

async fn find(app: &App, query: &str) -> Result<Account, StatusCode> {
    let resource = url::form_urlencoded::parse(query.as_bytes())
        .find(|(key, _)| key == "resource")
        .map(|(_, value)| value.into_owned())
        .ok_or(StatusCode::BAD_REQUEST)?;
    let meant = Meant::read(&app.config, resource.trim())?;
    let failed = |error: db::Error| {
        tracing::error!(%error, "WebFinger failed");
        StatusCode::INTERNAL_SERVER_ERROR
    };
    let mut conn = app.db.acquire().await.map_err(failed)?;
    let account = match meant {
        Meant::Server => db::accounts::find(&mut conn, uris::INSTANCE_ACTOR).await,
        Meant::Name(name) => db::accounts::by_handle(&mut conn, &name, None).await,
        Meant::Number(id) => db::accounts::find(&mut conn, id).await,
    };
    let account = account.map_err(failed)?.filter(Account::is_local);
    let account = account.ok_or(StatusCode::NOT_FOUND)?;
    let standing = db::documents::standing(&mut conn, account.id).await.map_err(failed)?;
    if account.suspended_at.is_some() && standing.permanent {
        return Err(StatusCode::GONE);
    }
    if !standing.active {
        return Err(StatusCode::NOT_FOUND);
    }
    Ok(account)
}

/// Which account of ours a resource means.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Meant {
    Server,
    Name(String),
    Number(AccountId),
}

impl Meant {
    fn read(config: &Config, resource: &str) -> Result<Self, StatusCode> {
        let is_ours = |host: &str| config.is_local_host(&host.to_lowercase());
        let address = ["https://", "http://"].iter().find_map(|s| resource.strip_prefix(s));
        if is_ours(address.unwrap_or(resource).trim_end_matches('/')) {
            return Ok(Self::Server);
        }
        if address.is_some() {
            let url = url::Url::parse(resource).map_err(|_| StatusCode::BAD_REQUEST)?;
            return Self::path(url.path()).ok_or(StatusCode::NOT_FOUND);
        }
        let handle = resource.strip_prefix("acct:").unwrap_or(resource);
        let (name, host) = handle.rsplit_once('@').ok_or(StatusCode::BAD_REQUEST)?;
        let name = name.trim_start_matches('@');
        if !is_ours(host) {
            return Err(StatusCode::NOT_FOUND);
        }
        if is_ours(name) {
            return Ok(Self::Server);
        }
        Ok(Self::Name(name.to_owned()))
    }

    fn path(path: &str) -> Option<Self> {
        let mut parts = path.trim_matches('/').split('/');
        let first = parts.next()?;
        let meant = match first {
            "actor" => Self::Server,
            "users" => Self::Name(parts.next()?.to_owned()),
            "ap" if parts.next()? == "users" => Self::Number(parts.next()?.parse().ok()?),
            _ => Self::Name(first.strip_prefix('@')?.to_owned()),
        };
        Some(meant).filter(|_| parts.next().is_none())
    }
}

fn jrd(app: &App, account: &Account) -> Value {
    let config = &app.config;
    let (actor, page) = (uris::actor(config, account), uris::profile(config, account));
    let aliases = if account.id == uris::INSTANCE_ACTOR {
        vec![actor.clone()]
    } else {
        vec![page.clone(), actor.clone()]
    };
    let mut links = vec![
        json!({
            "rel": "http://webfinger.net/rel/profile-page",
            "type": "text/html",
            "href": page,
        }),
        json!({ "rel": "self", "type": "application/activity+json", "href": actor }),
        json!({
            "rel": "http://ostatus.org/schema/1.0/subscribe",
            "template": config.url("/authorize_interaction?uri={uri}"),
        }),
        json!({
            "rel": "https://w3id.org/fep/3b86/Create",
            "template": config.url("/share?text={content}"),
        }),
        json!({
            "rel": "https://w3id.org/fep/3b86/Object",
            "template": config.url("/authorize_interaction?uri={object}"),
        }),
    ];
    let open = !config.disallow_unauthenticated_api && !config.limited_federation;
    if let (Some(file), true, None) = (&account.avatar_file_name, open, account.suspended_at) {
        links.push(json!({
            "rel": "http://webfinger.net/rel/avatar",
            "type": account.avatar_content_type,
            "href": Attachment::AccountAvatar.url(config, account.id.0, "original", file, false),
        }));
    }
    let subject = format!("acct:{}@{}", account.username, config.local_domain);
    json!({ "subject": subject, "aliases": aliases, "links": links })
}

async fn host_meta(State(app): State<App>, headers: HeaderMap) -> Response {
    if wanted(&headers, "") == Wanted::Document {
        return host_meta_json(State(app)).await;
    }
    let template = app.config.url("/.well-known/webfinger?resource={uri}");
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <XRD xmlns=\"http://docs.oasis-open.org/ns/xri/xrd-1.0\">\n  \
         <Link rel=\"lrdd\" template=\"{template}\"/>\n\
         </XRD>\n"
    );
    body(XRD, THREE_DAYS, "Accept", xml)
}

async fn host_meta_json(State(app): State<App>) -> Response {
    let template = app.config.url("/.well-known/webfinger?resource={uri}");
    let links = json!({ "links": [{ "rel": "lrdd", "template": template }] });
    body(JSON, THREE_DAYS, "", links.to_string())
}

async fn nodeinfo_links(State(app): State<App>) -> Response {
    let links = json!({ "links": [{
        "rel": "http://nodeinfo.diaspora.software/ns/schema/2.0",
        "href": app.config.url("/nodeinfo/2.0"),
    }] });
    body(JSON, THREE_DAYS, "", links.to_string())
}

/// How large and how open the server is.
async fn nodeinfo(State(app): State<App>) -> Response {
    match nodeinfo_document(&app).await {
        Ok(document) => body(JSON, "max-age=1800, public", "", document.to_string()),
        Err(error) => {
            tracing::error!(%error, "NodeInfo failed");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn nodeinfo_document(app: &App) -> ferrodon_app::Result<Value> {
    let now = app.clock.now();
    let weeks = |weeks| (now - TimeDelta::weeks(weeks)).naive_utc();
    let mut conn = app.db.acquire().await?;
    let (total, month, half_year, posts) =
        db::documents::usage(&mut conn, weeks(4), weeks(24)).await?;
    let site = settings::current_with(app, &mut conn).await?;
    let is_open = !app.config.single_user_mode
        && site.registrations() != ferrodon_core::server_settings::Registrations::None;
    Ok(json!({
        "version": "2.0",
        "software": { "name": SOFTWARE.0, "version": SOFTWARE.1 },
        "protocols": ["activitypub"],
        "services": { "outbound": [], "inbound": [] },
        "usage": {
            "users": { "total": total, "activeMonth": month, "activeHalfyear": half_year },
            "localPosts": posts,
        },
        "openRegistrations": is_open,
        "metadata": { "nodeName": site.title(), "nodeDescription": site.short_description() },
    }))
}

async fn change_password() -> Response {
    redirect(StatusCode::MOVED_PERMANENTLY, "/auth/edit", "Origin")
}

async fn proxy(RawQuery(query): RawQuery) -> Response {
    let to = format!("/authorize_interaction?{}", query.unwrap_or_default());
    redirect(StatusCode::MOVED_PERMANENTLY, &to, "Origin")
}

fn body(kind: &'static str, cache: &'static str, vary: &'static str, text: String) -> Response {
    let mut response = ([(CONTENT_TYPE, kind), (CACHE_CONTROL, cache)], text).into_response();
    if !vary.is_empty() {
        response.headers_mut().insert(VARY, HeaderValue::from_static(vary));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_an_account() {
        let name = |name: &str| Some(Meant::Name(name.to_owned()));
        assert_eq!(Meant::path("/@alice"), name("alice"));
        assert_eq!(Meant::path("/users/alice"), name("alice"));
        assert_eq!(Meant::path("/ap/users/12"), Some(Meant::Number(AccountId(12))));
        assert_eq!(Meant::path("/actor"), Some(Meant::Server));
        assert_eq!(Meant::path("/@alice/12"), None);
        assert_eq!(Meant::path("/about"), None);
        assert_eq!(Meant::path("/ap/users/x"), None);
    }
}
