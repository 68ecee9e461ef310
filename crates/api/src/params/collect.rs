//! Gathers query and body into one tree of names and values.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::multipart::MultipartError;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::{Map, Value};

use super::nested;
use crate::error::ApiError;

/// Most bytes of a form or JSON body.
const BODY: usize = 2 * 1024 * 1024;
/// The same where pictures may come as `data:` addresses.
const BODY_WITH_PICTURES: usize = 24 * 1024 * 1024;
/// How long a form or JSON body may take to come: it is kept in memory meanwhile.
const BODY_TIME: Duration = Duration::from_secs(60);
/// Most names in one request.
const NAMES: usize = 4096;

/// The parameters of a request that was collected before routing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Collected(pub(super) Arc<Map<String, Value>>);

impl Collected {
    pub(super) fn tree(&self) -> Map<String, Value> {
        (*self.0).clone()
    }

    /// The text at `key`.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.as_str()
    }

    /// Whether there is anything at `key`.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }
}

/// What a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyKind {
    Form,
    Json,
    Multipart,
    /// Nothing we read parameters from.
    Other,
}

impl BodyKind {
    /// What `headers` say it is; without a word, it is a form.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let Some(kind) = headers.get(CONTENT_TYPE) else { return Self::Form };
        let kind = kind.to_str().unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match &*kind {
            "" | "application/x-www-form-urlencoded" => Self::Form,
            "application/json" | "text/x-json" | "application/jsonrequest" => Self::Json,
            "multipart/form-data" => Self::Multipart,
            _ => Self::Other,
        }
    }
}

/// Query and body of a request; what the body says wins.
pub(crate) async fn collect(mut request: Request) -> Result<Map<String, Value>, ApiError> {
    let mut tree = Map::new();
    if let Some(query) = request.uri().query() {
        pairs(query.as_bytes(), &mut tree)?;
    }
    let mut sent = Map::new();
    match BodyKind::of(request.headers()) {
        BodyKind::Form => pairs(&whole(&mut request).await?, &mut sent)?,
        BodyKind::Json => sent = json(&whole(&mut request).await?)?,
        BodyKind::Multipart => multipart(request, &mut sent).await?,
        BodyKind::Other => {}
    }
    tree.extend(sent);
    Ok(tree)
}

async fn whole(request: &mut Request) -> Result<Bytes, ApiError> {
    let path = request.uri().path();
    let pictures = matches!(path, "/api/v1/accounts/update_credentials" | "/api/v1/profile");
    let limit = if pictures { BODY_WITH_PICTURES } else { BODY };
    let body = Limited::new(std::mem::take::<Body>(request.body_mut()), limit);
    let read = tokio::time::timeout(BODY_TIME, body.collect()).await;
    match read.map_err(|_| unreadable("the body came too slowly"))? {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
        Err(_) => Err(unreadable("the body ended early")),
    }
}

fn json(body: &[u8]) -> Result<Map<String, Value>, ApiError> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(other) => Ok(Map::from_iter([("_json".to_owned(), other)])),
        Err(_) => Err(unreadable("Error occurred while parsing request parameters")),
    }
}

fn pairs(text: &[u8], tree: &mut Map<String, Value>) -> Result<(), ApiError> {
    let pairs = text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
    for (count, pair) in pairs.enumerate() {
        if count == NAMES {
            return Err(unreadable("too many parameters"));
        }
        let at = pair.iter().position(|byte| *byte == b'=');
        let (name, value) = match at {
            Some(at) => (&pair[..at], Value::String(decoded(&pair[at + 1..])?)),
            None => (pair, Value::Null),
        };
        nested::insert(tree, &decoded(name)?, value).map_err(unreadable)?;
    }
    Ok(())
}

/// Undoes `+` and percent signs. What is no UTF-8 afterwards is refused.
fn decoded(text: &[u8]) -> Result<String, ApiError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits = tail.get(..2).and_then(|two| std::str::from_utf8(two).ok());
                let byte = digits.filter(|two| two.bytes().all(|b| b.is_ascii_hexdigit()));
                let byte = byte.and_then(|two| u8::from_str_radix(two, 16).ok());
                bytes.push(byte.ok_or_else(|| unreadable("invalid %-encoding"))?);
                rest = &tail[2..];
            }
            byte => bytes.push(*byte),
        }
    }
    String::from_utf8(bytes).map_err(|_| unreadable("invalid byte sequence in UTF-8"))
}

async fn multipart(request: Request, tree: &mut Map<String, Value>) -> Result<(), ApiError> {
    let (parts, body) = request.into_parts();
    let mut request = Request::from_parts(parts, Body::new(Limited::new(body, BODY_WITH_PICTURES)));
    // axum's own, smaller limit would come first.
    DefaultBodyLimit::disable().apply(&mut request);
    let mut form = Multipart::from_request(request, &())
        .await
        .map_err(|_| unreadable("invalid multipart body"))?;
    let mut count = 0;
    let mut text_bytes = 0;
    while let Some(mut field) = form.next_field().await.map_err(broken_part)? {
        count += 1;
        if count > NAMES {
            return Err(unreadable("too many parameters"));
        }
        let Some(name) = field.name().map(str::to_owned) else { continue };
        if field.file_name().is_some_and(|name| !name.is_empty()) {
            // No route takes files, so they are read past and not kept.
            while field.chunk().await.map_err(broken_part)?.is_some() {}
            continue;
        }
        let mut text = Vec::new();
        while let Some(chunk) = field.chunk().await.map_err(broken_part)? {
            text_bytes += chunk.len();
            if text_bytes > BODY_WITH_PICTURES {
                return Err(too_large());
            }
            text.extend_from_slice(&chunk);
        }
        let text =
            String::from_utf8(text).map_err(|_| unreadable("invalid byte sequence in UTF-8"))?;
        nested::insert(tree, &name, Value::String(text)).map_err(unreadable)?;
    }
    Ok(())
}

/// Why a part of a multipart body could not be read, for the client.
pub(super) fn broken_part(error: MultipartError) -> ApiError {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        _ => unreadable("invalid multipart body"),
    }
}

fn unreadable(why: impl Into<String>) -> ApiError {
    ApiError::from(ferrodon_app::Error::BadRequest(why.into()))
}

fn too_large() -> ApiError {
    let status = StatusCode::PAYLOAD_TOO_LARGE;
    ApiError::with_body(status, serde_json::json!({ "error": "Payload Too Large" }))
}
