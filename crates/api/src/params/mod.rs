//! What a request asks for: its query and its body (form, multipart or JSON), merged and read
//! the way Mastodon reads them.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use ferrodon_core::page::leading_digits;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::error::ApiError;

mod collect;
mod lenient;
mod nested;

pub(crate) use collect::Collected;
use collect::{BodyKind, collect};

/// The parameters of a request as a `T`, most of whose fields are `Option`s or have defaults.
///
/// Nothing that a client sends can make reading it fail, except a missing required field: a
/// value that does not fit (a list where text is wanted, blank text where a number is wanted)
/// counts as not sent, numbers are read up to their last digit, and unknown names are ignored.
/// Where blank text means something, ask for an `Option<String>`.
#[derive(Clone, Debug)]
pub(crate) struct Params<T>(pub(crate) T);

/// A path's parameters. What cannot be read leads nowhere.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Path<T>(pub(crate) T);

/// A row id in a path or parameter that has no type of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Number(pub(crate) i64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Ok(Self(leading_digits(&text)))
    }
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match axum::extract::Path::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(_) => Err(ferrodon_app::Error::NotFound.into()),
        }
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Params<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let tree = match request.extensions().get::<Collected>() {
            Some(collected) => collected.tree(),
            None => collect(request).await?,
        };
        Ok(Self(read(tree)?))
    }
}

/// Reads a `T`; see [`Params`].
fn read<T: DeserializeOwned>(tree: Map<String, Value>) -> Result<T, ApiError> {
    lenient::read(Value::Object(tree))
        .map_err(|error| ApiError::from(ferrodon_app::Error::BadRequest(error.to_string())))
}

/// Reads the parameters of `request` before it is routed, unless they come with files: those
/// wait until someone who may send them was let in.
pub(crate) async fn collect_first(request: Request) -> Result<Request, ApiError> {
    if BodyKind::of(request.headers()) == BodyKind::Multipart {
        return Ok(request);
    }
    let (mut parts, body) = request.into_parts();
    let whole = Request::from_parts(parts.clone(), body);
    let tree = collect(whole).await?;
    parts.extensions.insert(Collected(Arc::new(tree)));
    Ok(Request::from_parts(parts, Body::empty()))
}

/// What was collected before routing; nothing for a body with files.
impl<S: Send + Sync> FromRequestParts<S> for Collected {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Collected>().cloned().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests;
