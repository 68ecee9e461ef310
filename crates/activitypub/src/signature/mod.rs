//! HTTP signatures: what Mastodon sends ([`cavage`]), and that and RFC 9421 ([`rfc9421`]) as it
//! accepts them.
//!
//! Checking is in two steps, because between them the key must be found:
//! [`read`] checks everything but the signature itself and says which key is meant,
//! [`Unverified::verifies`] then does the arithmetic.

use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderMap, HeaderName, Method, StatusCode, header};
use url::Url;

pub mod cavage;
pub mod rfc9421;
pub(crate) mod structured;

use crate::keys::{KeyError, PublicKey, SigningKey};

/// No peer needs more than 1 kB for it.
const MAX_SIGNATURE_HEADER: usize = 8 * 1024;
/// Covered headers; peers sign about ten.
const MAX_COVERED: usize = 64;

/// A request as it came in.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub method: &'a Method,
    /// What the peer connected to: `https`, also behind a proxy.
    pub scheme: &'a str,
    /// As on the wire, undecoded.
    pub path_and_query: &'a str,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
}

/// Why a request is not believed: what its sender is told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refused {
    pub status: StatusCode,
    pub message: String,
}

impl Refused {
    /// 401, which nearly everything is.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { status: StatusCode::UNAUTHORIZED, message: message.into() }
    }

    pub(crate) fn malformed(message: String) -> Self {
        Self { status: StatusCode::BAD_REQUEST, message }
    }
}

/// A signed request about which all is in order but the signature, which is yet to be checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unverified {
    key_id: String,
    signature: Vec<u8>,
    /// Any of these texts may be the signed one.
    texts: Vec<String>,
}

impl Unverified {
    /// The key that is said to have signed. Nothing is proved by it.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// Whether this key made the signature.
    #[must_use]
    pub fn verifies(&self, key: &PublicKey) -> bool {
        self.texts.iter().any(|text| key.verifies(text.as_bytes(), &self.signature))
    }
}

/// Checks all of a signed request but the signature itself: form, time, what is covered, digest.
pub fn read(request: &Request<'_>, now: DateTime<Utc>) -> Result<Unverified, Refused> {
    refuse_repeated(request.headers)?;
    if request.headers.contains_key(&SIGNATURE_INPUT) {
        rfc9421::read(request, now)
    } else if request.headers.contains_key(&SIGNATURE) {
        cavage::read(request, now)
    } else {
        Err(Refused::new("Request not signed"))
    }
}

pub(crate) const SIGNATURE: HeaderName = HeaderName::from_static("signature");
pub(crate) const SIGNATURE_INPUT: HeaderName = HeaderName::from_static("signature-input");
pub(crate) const DIGEST: HeaderName = HeaderName::from_static("digest");
pub(crate) const CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");
pub(crate) const COLLECTION_SYNCHRONIZATION: HeaderName =
    HeaderName::from_static("collection-synchronization");

/// Two copies of a header may be read differently by a proxy and by us, so there must be one.
fn refuse_repeated(headers: &HeaderMap) -> Result<(), Refused> {
    for name in [
        SIGNATURE,
        SIGNATURE_INPUT,
        DIGEST,
        CONTENT_DIGEST,
        header::HOST,
        header::DATE,
        header::CONTENT_TYPE,
        header::CONTENT_LENGTH,
    ] {
        if headers.get_all(&name).iter().nth(1).is_some() {
            return Err(Refused::new(format!("The {name} header was given more than once")));
        }
    }
    Ok(())
}

/// The value of a header, repeated lines joined as they are signed; `None` when absent.
pub(crate) fn joined(headers: &HeaderMap, name: &str) -> Result<Option<String>, Refused> {
    let mut joined: Option<String> = None;
    for value in headers.get_all(name) {
        let value = std::str::from_utf8(value.as_bytes())
            .map_err(|_| Refused::new(format!("The {name} header is not text")))?
            .trim();
        joined = Some(match joined {
            None => value.to_owned(),
            Some(before) => format!("{before}, {value}"),
        });
    }
    Ok(joined)
}

/// Like [`joined`], for headers that hold signatures and have a bounded length.
pub(crate) fn signature_header(headers: &HeaderMap, name: &str) -> Result<String, Refused> {
    let value = joined(headers, name)?.unwrap_or_default();
    if value.len() > MAX_SIGNATURE_HEADER {
        return Err(Refused::new(format!("The {name} header is too long")));
    }
    Ok(value)
}

/// Mastodon's clock window: five minutes of life unless `expires` says otherwise, twelve hours at
/// most, and an hour of tolerance on both sides.
pub(crate) fn check_window(
    created: DateTime<Utc>,
    expires: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<(), Refused> {
    let tolerance = TimeDelta::hours(1);
    // In differences, so that no instant that a peer names can overflow.
    let age = now.signed_duration_since(created);
    let life = expires.map_or(TimeDelta::minutes(5), |at| at.signed_duration_since(created));
    if age < -tolerance || age > life.min(TimeDelta::hours(12)) + tolerance {
        return Err(Refused::new("Signed request date outside acceptable time window"));
    }
    Ok(())
}

pub(crate) fn timestamp(seconds: i64) -> Result<DateTime<Utc>, Refused> {
    DateTime::from_timestamp(seconds, 0)
        .ok_or_else(|| Refused::new("Signed request date outside acceptable time window"))
}

/// Who signs: the key and the address where others find its public half.
#[derive(Clone, Copy, Debug)]
pub struct Signer<'a> {
    pub key_id: &'a str,
    pub key: &'a SigningKey,
}

/// One POST that is to be signed.
#[derive(Clone, Copy, Debug)]
pub struct ToSign<'a> {
    pub signer: Signer<'a>,
    /// Where it goes.
    pub url: &'a Url,
    /// [`crate::digest::header`] of the body, computed once for all receivers.
    pub digest: &'a str,
    /// The value of `Collection-Synchronization`, for posts that carry it.
    pub collection_synchronization: Option<&'a str>,
}

/// Why a request could not be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The address has no host, or a value cannot stand in a header.
    #[error("this request cannot be signed")]
    Request,
}

/// The headers of a signed GET: `Host`, `Date`, `Accept`, `Signature`. After a redirect `Accept`
/// is sent too, but not signed: leave it out here and add it to the request.
pub fn sign_get(
    signer: Signer<'_>,
    url: &Url,
    accept: Option<&str>,
    now: DateTime<Utc>,
) -> Result<HeaderMap, SignError> {
    let headers = accept.map(|accept| (header::ACCEPT, accept));
    cavage::sign(signer, &Method::GET, url, headers.as_slice(), now)
}

/// The headers of a signed POST: `Host`, `Date`, `Digest`, `Content-Type`, `Signature` and, where
/// given, `Collection-Synchronization`.
pub fn sign_post(post: &ToSign<'_>, now: DateTime<Utc>) -> Result<HeaderMap, SignError> {
    let mut headers =
        vec![(DIGEST, post.digest), (header::CONTENT_TYPE, "application/activity+json")];
    headers
        .extend(post.collection_synchronization.map(|value| (COLLECTION_SYNCHRONIZATION, value)));
    cavage::sign(post.signer, &Method::POST, post.url, &headers, now)
}

/// [`sign_post`] for many at once, in the same order. Callers hand over whole batches, so that an
/// implementation that computes several signatures together can take this one's place.
#[must_use]
pub fn sign_batch(posts: &[ToSign<'_>], now: DateTime<Utc>) -> Vec<Result<HeaderMap, SignError>> {
    posts.iter().map(|post| sign_post(post, now)).collect()
}

#[cfg(test)]
mod tests;
