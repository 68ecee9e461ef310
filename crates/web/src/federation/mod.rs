//! What other servers ask for: discovery, documents, inboxes.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::request::Parts;

use axum::routing::get;
use axum_extra::extract::Query;
use ferrodon_app::App;
use ferrodon_db::documents::Side;

mod accept;
mod accounts;
mod answer;
mod asker;
mod discovery;
mod inbox;
mod others;
mod statuses;
mod under_pages;

use answer::{Answer, Refusal};
use asker::Owner;

pub(crate) use under_pages::documents;

pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/actor", get(accounts::instance_actor))
        .route("/actor/outbox", get(accounts::instance_outbox))
        .route("/users/{name}", get(accounts::by_name))
        .route("/users/{name}/{list}", get(list_by_name))
        .route("/users/{name}/collections/{list}", get(featured_by_name))
        .route("/users/{name}/statuses/{id}", get(status_by_name))
        .route("/users/{name}/statuses/{id}/{list}", get(under_status_by_name))
        .route("/users/{name}/quote_authorizations/{id}", get(quote_authorization_by_name))
        .route("/ap/users/{id}", get(accounts::by_number))
        .route("/ap/users/{id}/{list}", get(list_by_number))
        .route("/ap/users/{id}/collections/{list}", get(featured_by_number))
        .route("/ap/users/{id}/statuses/{status}", get(status_by_number))
        .route("/ap/users/{id}/statuses/{status}/{list}", get(under_status_by_number))
        .route("/ap/users/{id}/quote_authorizations/{quote}", get(quote_authorization_by_number))
        .route("/contexts/{name}", get(others::conversation))
        .route("/contexts/{name}/items", get(others::conversation_items))
        .route("/emojis/{id}", get(others::emoji))
        .merge(discovery::router())
        .merge(inbox::router())
}

async fn list_by_name(
    State(app): State<App>,
    Path((name, list)): Path<(String, String)>,
    parts: Parts,
) -> Answer {
    match asker::without_json(&list) {
        "followers" => {
            let page = query(&parts)?;
            accounts::relations_by_name(app, name, Side::Followers, page, parts).await
        }
        "following" => {
            let page = query(&parts)?;
            accounts::relations_by_name(app, name, Side::Following, page, parts).await
        }
        list => under_account(app, Owner::name(&name), list, parts).await,
    }
}

async fn list_by_number(
    State(app): State<App>,
    Path((id, list)): Path<(String, String)>,
    parts: Parts,
) -> Answer {
    match asker::without_json(&list) {
        "followers" => {
            let page = query(&parts)?;
            accounts::relations_by_number(app, id, Side::Followers, page, parts).await
        }
        "following" => {
            let page = query(&parts)?;
            accounts::relations_by_number(app, id, Side::Following, page, parts).await
        }
        list => under_account(app, number(&id)?, list, parts).await,
    }
}

async fn under_account(app: App, owner: Owner, list: &str, parts: Parts) -> Answer {
    match list {
        "outbox" => {
            let bounds = query(&parts)?;
            statuses::outbox(app, owner, bounds, parts).await
        }
        "followers_synchronization" => accounts::followers_synchronization(app, owner, parts).await,
        _ => Err(Refusal::not_found(answer::PLAIN)),
    }
}

async fn featured_by_name(
    State(app): State<App>,
    Path((name, list)): Path<(String, String)>,
    parts: Parts,
) -> Answer {
    accounts::featured(app, Owner::name(&name), list, parts).await
}

async fn featured_by_number(
    State(app): State<App>,
    Path((id, list)): Path<(String, String)>,
    parts: Parts,
) -> Answer {
    accounts::featured(app, number(&id)?, list, parts).await
}

async fn status_by_name(
    State(app): State<App>,
    Path((name, id)): Path<(String, String)>,
    parts: Parts,
) -> Answer {
    statuses::show(app, Owner::name(&name), id, parts).await
}

async fn status_by_number(
    State(app): State<App>,
    Path((id, status)): Path<(String, String)>,
    parts: Parts,
) -> Answer {
    statuses::show(app, number(&id)?, status, parts).await
}

async fn under_status_by_name(
    State(app): State<App>,
    Path((name, id, list)): Path<(String, String, String)>,
    parts: Parts,
) -> Answer {
    under_status(app, Owner::name(&name), id, &list, parts).await
}

async fn under_status_by_number(
    State(app): State<App>,
    Path((id, status, list)): Path<(String, String, String)>,
    parts: Parts,
) -> Answer {
    under_status(app, number(&id)?, status, &list, parts).await
}

async fn under_status(app: App, owner: Owner, id: String, list: &str, parts: Parts) -> Answer {
    match asker::without_json(list) {
        "activity" => statuses::activity(app, owner, id, parts).await,
        "likes" => statuses::count(app, owner, id, "likes", parts).await,
        "shares" => statuses::count(app, owner, id, "shares", parts).await,
        "replies" => {
            let which = query(&parts)?;
            statuses::replies(app, owner, id, which, parts).await
        }
        _ => Err(Refusal::not_found(answer::PLAIN)),
    }
}

async fn quote_authorization_by_name(
    State(app): State<App>,
    Path((name, id)): Path<(String, String)>,
    parts: Parts,
) -> Answer {
    statuses::quote_authorization(app, Owner::name(&name), id, parts).await
}

async fn quote_authorization_by_number(
    State(app): State<App>,
    Path((id, quote)): Path<(String, String)>,
    parts: Parts,
) -> Answer {
    statuses::quote_authorization(app, number(&id)?, quote, parts).await
}

fn number(id: &str) -> Result<Owner, Refusal> {
    Owner::number(id).ok_or_else(Refusal::no_record)
}

/// The query of a request; one that cannot be read is refused.
fn query<T: serde::de::DeserializeOwned>(parts: &Parts) -> Result<T, Refusal> {
    let query = Query::try_from_uri(&parts.uri).map(|Query(query)| query);
    query.map_err(|_| Refusal::status(axum::http::StatusCode::BAD_REQUEST, answer::PLAIN))
}
