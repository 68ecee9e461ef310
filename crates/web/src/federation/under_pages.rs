//! Documents that stand under the addresses of pages: whoever asks for one there gets it, and
//! everyone else goes on to the page.

use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::Query;
use ferrodon_app::App;
use ferrodon_db::documents::Side;

use super::accept::{Wanted, wanted};
use super::answer::Answer;
use super::asker::{Owner, without_json};
use super::{accounts, others, statuses};

/// Answers requests for documents under `/@…` and `/tags/…`.
pub(crate) async fn documents(State(app): State<App>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let shares = path.starts_with("/@") || path.starts_with("/tags/");
    if !shares
        || !matches!(*request.method(), Method::GET | Method::HEAD)
        || wanted(request.headers(), path) != Wanted::Document
    {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    match answer(&app, &parts).await {
        Some(answer) => answer.into_response(),
        None => next.run(Request::from_parts(parts, body)).await,
    }
}

async fn answer(app: &App, parts: &axum::http::request::Parts) -> Option<Answer> {
    let pieces: Vec<&str> = parts.uri.path().trim_matches('/').split('/').collect();
    if let ["tags", name] = pieces[..] {
        let name = percent_decoded(without_json(name))?;
        return Some(others::hashtag(app, &name, parts).await);
    }
    let (handle, rest) = pieces.split_first()?;
    let name = handle.strip_prefix('@')?;
    // Others' accounts and posts have their documents elsewhere.
    if without_json(name).contains('@') {
        return None;
    }
    let owner = Owner::name(name);
    let page = || Query::try_from_uri(&parts.uri).map(|Query(page)| page).ok();
    Some(match rest {
        [] => accounts::actor(app, &owner, parts).await,
        ["followers" | "followers.json"] => {
            accounts::relations(app, &owner, Side::Followers, page()?, parts).await
        }
        ["following" | "following.json"] => {
            accounts::relations(app, &owner, Side::Following, page()?, parts).await
        }
        [id] if without_json(id).bytes().all(|b| b.is_ascii_digit()) => {
            statuses::note(app, &owner, id, parts).await
        }
        _ => return None,
    })
}

fn percent_decoded(text: &str) -> Option<String> {
    let url = url::Url::parse(&format!("x:?q={}", text.replace('+', "%2B"))).ok()?;
    url.query_pairs().next().map(|(_, value)| value.into_owned())
}
