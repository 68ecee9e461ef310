//! Who sent a request: finds the account whose key signed it, fetching the key where needed.

use std::net::IpAddr;

use ferrodon_activitypub::linked_data;
use ferrodon_activitypub::signature::{self, Refused, Request};
use ferrodon_core::AccountId;
use http::{HeaderMap, Method, StatusCode, header};
use serde_json::Value;

use crate::{App, Error, Result};

mod keys;

pub use keys::Known;

/// A request that claims to be signed.
#[derive(Clone, Copy, Debug)]
pub struct Incoming<'a> {
    pub method: &'a Method,
    pub path_and_query: &'a str,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
    /// Whose connection it came over: a client that makes us run into dead servers must pause.
    pub client: Option<IpAddr>,
}

/// The account that signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    pub id: AccountId,
    /// The ActivityPub id.
    pub uri: String,
    pub domain: Option<String>,
    /// The host of its inbox.
    pub inbox_host: Option<String>,
    /// The address of its list of followers.
    pub followers_url: String,
}

/// Checks a request's signature and says whose it is.
pub async fn verify(app: &App, incoming: Incoming<'_>) -> Result<Sender, Refused> {
    check_host(app, incoming.headers)?;
    let request = Request {
        method: incoming.method,
        scheme: if app.config.https { "https" } else { "http" },
        path_and_query: incoming.path_and_query,
        headers: incoming.headers,
        body: incoming.body,
    };
    let now = app.clock.now();
    let unverified = signature::read(&request, now)?;
    let key_id = keys::address(app, unverified.key_id(), incoming.client).await?;
    keys::check_host(app, &key_id).await?;
    let (mut key, is_new) = keys::find(app, &key_id, incoming.client).await?;
    key.check_usable(&key_id, now)?;
    let mut fits = unverified.verifies(&key.public);
    if !fits
        && !is_new
        && let Some(renewed) = keys::renew(app, &key, &key_id, incoming.client).await?
    {
        key = renewed;
        key.check_usable(&key_id, now)?;
        fits = unverified.verifies(&key.public);
    }
    if fits {
        Ok(key.sender.clone())
    } else {
        let Sender { uri, .. } = &key.sender;
        Err(Refused::new(format!("Verification failed for {} {uri} {key_id}", key.acct)))
    }
}

/// Checks the signature inside a document. The account that made it acts, whatever `actor` says;
/// with it comes the document as it may be read. None: it counts as unsigned.
pub async fn creator_of(app: &App, document: &Value) -> Result<Option<(Sender, Value)>> {
    if !linked_data::is_signed(document) {
        return Ok(None);
    }
    let document = document.clone();
    // May take some milliseconds for a document that was made to be hard.
    let read = tokio::task::spawn_blocking(move || linked_data::read(&document)).await;
    let unverified = match read.map_err(anyhow::Error::from)? {
        Ok(unverified) => unverified,
        Err(reason) => {
            tracing::debug!(%reason, "a document's signature cannot be checked");
            return Ok(None);
        }
    };
    let key_id = unverified.creator().to_owned();
    if keys::check_host(app, &key_id).await.is_err() {
        return Ok(None);
    }
    let key = match keys::find(app, &key_id, None).await {
        Ok((key, _)) => key,
        Err(refused) if refused.status == StatusCode::SERVICE_UNAVAILABLE => {
            return Err(Error::Unavailable("The key of a signed document was not reached"));
        }
        Err(_) => return Ok(None),
    };
    if key.check_usable(&key_id, app.clock.now()).is_err() {
        return Ok(None);
    }
    Ok(unverified.verify(&key.public).map(|readable| (key.sender.clone(), readable)))
}

/// A signature for another server must not be good here, where it was carried on to.
fn check_host(app: &App, headers: &HeaderMap) -> Result<(), Refused> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let host = host.to_ascii_lowercase();
    let name = host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name);
    if app.config.is_local_host(&host) || app.config.is_local_host(name) {
        Ok(())
    } else {
        Err(Refused {
            status: StatusCode::FORBIDDEN,
            message: "The Host header names another server".to_owned(),
        })
    }
}
