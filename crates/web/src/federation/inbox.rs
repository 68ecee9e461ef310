//! The inboxes: whatever is well signed is stored and processed later; nothing else leaves a
//! trace.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use ferrodon_activitypub::{signature::Refused, value};
use ferrodon_app::federation::{intake, sender, synchronization};
use ferrodon_app::{App, Error};
use ferrodon_core::{AccountId, ClientIp};
use ferrodon_db as db;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// Larger activities are refused.
const MAX_BODY: usize = 1024 * 1024;
/// How long a body may take to come.
const BODY_TIME: Duration = Duration::from_secs(30);
/// Deeper documents are refused, before anything recursive sees them.
const MAX_DEPTH: usize = 100;

pub(super) fn router() -> Router<App> {
    let none = || async { StatusCode::NOT_FOUND };
    Router::new()
        .route("/inbox", post(shared).fallback(none))
        .route("/actor/inbox", post(shared).fallback(none))
        .route("/users/{username}/inbox", post(by_name).fallback(none))
        .route("/ap/users/{id}/inbox", post(by_number).fallback(none))
}

async fn shared(State(app): State<App>, request: Request) -> Response {
    answer(receive(&app, Inbox::Shared, request).await)
}

async fn by_name(
    State(app): State<App>,
    Path(username): Path<String>,
    request: Request,
) -> Response {
    answer(receive(&app, Inbox::Named(username), request).await)
}

async fn by_number(State(app): State<App>, Path(id): Path<String>, request: Request) -> Response {
    answer(receive(&app, Inbox::Numbered(id), request).await)
}

/// Whose inbox the address names.
enum Inbox {
    Shared,
    Named(String),
    Numbered(String),
}

async fn receive(app: &App, inbox: Inbox, request: Request) -> Result<(), Refused> {
    let client = request.extensions().get::<ClientIp>().map(|client| client.0);
    let (head, body) = request.into_parts();
    let body = read(&head.headers, body).await?;
    let text = std::str::from_utf8(&body).ok();
    let envelope = text.filter(|text| !is_too_deep(text)).and_then(Envelope::read);
    if envelope.is_none() && is_json(&head.headers) {
        return Err(refused(StatusCode::BAD_REQUEST, "The body is not valid JSON"));
    }
    let recipient_id = recipient(app, inbox).await?;
    if let Some(envelope) = &envelope
        && is_about_a_stranger(app, envelope).await.map_err(|error| failed(&error))?
    {
        return Ok(());
    }
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let incoming = sender::Incoming {
        method: &head.method,
        path_and_query: path,
        headers: &head.headers,
        body: &body,
        client,
    };
    let sender = sender::verify(app, incoming).await?;
    if let Some(header) = head.headers.get("collection-synchronization")
        && let Ok(header) = header.to_str()
        && let Err(error) = synchronization::notice(app, &sender, header).await
    {
        // The activity itself is none the worse for it.
        tracing::warn!(%error, "could not compare lists of followers");
    }
    // Only an object can be an activity.
    let (Some(text), Some(Envelope::Object(_))) = (text, &envelope) else { return Ok(()) };
    let arrival = intake::Arrival {
        sender_id: sender.id,
        host: sender.inbox_host,
        body: text.to_owned(),
        recipient_id,
    };
    intake::take(app, arrival).await.map_err(|error| failed(&error))
}

/// Nothing but an empty 202 or the reason why not.
fn answer(received: Result<(), Refused>) -> Response {
    match received {
        Ok(()) => StatusCode::ACCEPTED.into_response(),
        Err(Refused { status, message }) => {
            let body = json!({ "error": message }).to_string();
            (status, [(CONTENT_TYPE, "application/json; charset=utf-8")], body).into_response()
        }
    }
}

async fn read(headers: &HeaderMap, body: Body) -> Result<axum::body::Bytes, Refused> {
    let too_large = || refused(StatusCode::PAYLOAD_TOO_LARGE, "The body is too large");
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    if length
        .and_then(|length| length.parse().ok())
        .is_some_and(|length: u64| length > MAX_BODY as u64)
    {
        return Err(too_large());
    }
    let read = tokio::time::timeout(BODY_TIME, to_bytes(body, MAX_BODY)).await;
    let read =
        read.map_err(|_| refused(StatusCode::REQUEST_TIMEOUT, "The body came too slowly"))?;
    read.map_err(|error| {
        let is_limit = std::error::Error::source(&error)
            .is_some_and(|source| source.is::<http_body_util::LengthLimitError>());
        if is_limit {
            too_large()
        } else {
            refused(StatusCode::BAD_REQUEST, "The body could not be read")
        }
    })
}

/// The owner of a personal inbox, who must be there.
async fn recipient(app: &App, inbox: Inbox) -> Result<Option<AccountId>, Refused> {
    let owner = async {
        let mut conn = app.db.acquire().await?;
        match inbox {
            Inbox::Shared => Ok(None),
            Inbox::Named(username) => {
                db::inboxes::owner_by_name(&mut conn, &username).await.map(Some)
            }
            Inbox::Numbered(id) => match id.parse() {
                Ok(id) => db::inboxes::owner_by_id(&mut conn, AccountId(id)).await.map(Some),
                Err(_) => Ok(Some(None)),
            },
        }
    };
    let owner: Result<_, db::Error> = owner.await;
    match owner.map_err(|error| failed(&error.into()))? {
        None => Ok(None),
        Some(None) => Err(refused(StatusCode::NOT_FOUND, "Record not found")),
        Some(Some(owner)) if owner.gone => Err(refused(StatusCode::GONE, "Gone")),
        Some(Some(owner)) => Ok(Some(owner.id)),
    }
}

/// Whether somebody we never heard of deletes or updates themself. Nothing is to be done then, and
/// the key could not be fetched any more; such requests come in thousands.
async fn is_about_a_stranger(app: &App, envelope: &Envelope<'_>) -> Result<bool, Error> {
    let Envelope::Object(members) = envelope else { return Ok(false) };
    let Some(uri) = members.acts_on_itself() else { return Ok(false) };
    let mut conn = app.db.acquire().await?;
    Ok(db::accounts::by_uri(&mut conn, &uri).await?.is_none())
}

/// What must be known of an activity before it is processed.
enum Envelope<'a> {
    Object(Members<'a>),
    /// Some other JSON.
    Other,
}

#[derive(Deserialize)]
struct Members<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    actor: Option<&'a RawValue>,
    #[serde(borrow)]
    object: Option<&'a RawValue>,
}

impl<'a> Envelope<'a> {
    fn read(text: &'a str) -> Option<Self> {
        if text.trim_start().starts_with('{') {
            serde_json::from_str(text).ok().map(Self::Object)
        } else {
            serde_json::from_str::<&RawValue>(text).ok().map(|_| Self::Other)
        }
    }
}

impl Members<'_> {
    /// The id of the actor, if what it deletes or updates is itself.
    fn acts_on_itself(&self) -> Option<String> {
        let kind = self.kind?.get();
        if !matches!(kind, "\"Delete\"" | "\"Update\"") {
            return None;
        }
        let read = |raw: &RawValue| serde_json::from_str::<Value>(raw.get()).ok();
        let (actor, object) = (read(self.actor?)?, read(self.object?)?);
        let id = value::id(&actor)?;
        (value::id(&object) == Some(id)).then(|| id.to_owned())
    }
}

/// Whether the request says that its body is JSON.
fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    matches!(
        kind.as_str(),
        "application/json"
            | "text/x-json"
            | "application/jsonrequest"
            | "application/jrd+json"
            | "application/activity+json"
            | "application/ld+json"
    )
}

fn is_too_deep(text: &str) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return true;
                }
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

fn refused(status: StatusCode, message: &str) -> Refused {
    Refused { status, message: message.to_owned() }
}

/// What is our fault is for the peer to try again.
fn failed(error: &Error) -> Refused {
    tracing::error!(%error, "could not take an activity");
    refused(StatusCode::SERVICE_UNAVAILABLE, "Something went wrong on this side")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acts_on_itself(text: &str) -> Option<String> {
        match Envelope::read(text)? {
            Envelope::Object(members) => members.acts_on_itself(),
            Envelope::Other => None,
        }
    }

    #[test]
    fn self_deletion_is_seen_in_each_form() {
        let itself = Some("https://a.example/a".to_owned());
        for text in [
            r#"{"type":"Delete","actor":"https://a.example/a","object":"https://a.example/a"}"#,
            r#"{"actor":{"id":"https://a.example/a"},"object":{"id":"https://a.example/a"},"type":"Update"}"#,
        ] {
            assert_eq!(acts_on_itself(text), itself, "{text}");
        }
        for text in [
            r#"{"type":"Delete","actor":"https://a.example/a","object":"https://a.example/b"}"#,
            r#"{"type":["Delete"],"actor":"a","object":"a"}"#,
            r#"{"type":"Delete","object":"a"}"#,
            r#"{"type":"Follow","actor":"a","object":"a"}"#,
            r#"[{"type":"Delete","actor":"a","object":"a"}]"#,
        ] {
            assert_eq!(acts_on_itself(text), None, "{text}");
        }
    }

    #[test]
    fn depth_is_counted_outside_of_strings() {
        assert!(!is_too_deep(&"[".repeat(100)));
        assert!(is_too_deep(&"{\"a\":[".repeat(51)));
        assert!(!is_too_deep(&format!("\"{}\\\"{}\"", "[".repeat(99), "[".repeat(99))));
        assert!(!is_too_deep(&"[]".repeat(500)));
    }
}
