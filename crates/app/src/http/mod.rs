//! Everything Ferrodon asks of other machines goes through here: one client that refuses private
//! addresses, follows redirects by the rules, and bounds time and size.

mod body;
mod connect;
pub mod guard;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use ferrodon_activitypub::signature;
use ferrodon_core::{Clock, Config};
use http::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, HOST, LOCATION, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use http_body_util::Empty;
use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use ipnet::IpNet;
use tokio::time::timeout;
use url::Url;

use crate::keys;

pub use connect::{ConnectError, Connector, connector};

/// What fits into memory of a document: JSON, WebFinger, host-meta, pages.
pub const DOCUMENT_LIMIT: usize = 1024 * 1024;

const REDIRECTS: usize = 3;
/// For connecting and the head of the answer.
const ANSWER_TIME: Duration = Duration::from_secs(25);
/// For one answer in all, its body included.
const TOTAL_TIME: Duration = Duration::from_secs(45);

/// The client. Cheap to clone; connections are shared.
#[derive(Clone, Debug)]
pub struct Client {
    inner: legacy::Client<Connector, Empty<Bytes>>,
    user_agent: HeaderValue,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("not an http or https address")]
    Address,
    #[error("all addresses of the host are private or special")]
    Forbidden,
    #[error("bad redirect")]
    Redirect,
    #[error("the answer is too large")]
    TooLarge,
    #[error("time ran out")]
    Timeout,
    #[error("the answer cannot be read")]
    Unreadable,
    #[error("no connection: {0}")]
    Connection(String),
}

/// An answer, whatever its status.
#[derive(Clone, Debug)]
pub struct Response {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// Where it came from after redirects.
    pub url: Url,
    pub body: Bytes,
}

impl Response {
    /// The text of a header, if it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// How much of a body is read.
#[derive(Clone, Copy, Debug)]
pub enum Limit {
    /// A larger one is an error.
    Refuse(usize),
    /// A larger one is cut off.
    Cut(usize),
}

/// In whose name a request is made.
#[derive(Clone, Debug)]
pub struct Signer {
    /// The account of ours, with its key.
    pub account: Arc<keys::Signer>,
    /// Dates the signature.
    pub clock: Clock,
}

/// A GET or HEAD to be made.
#[derive(Clone, Copy, Debug)]
pub struct Get<'a> {
    url: &'a Url,
    accept: Option<&'static str>,
    limit: Limit,
    signer: Option<&'a Signer>,
    bearer: Option<&'a str>,
}

impl<'a> Get<'a> {
    /// An unsigned request for a document.
    #[must_use]
    pub fn new(url: &'a Url) -> Self {
        Self { url, accept: None, limit: Limit::Refuse(DOCUMENT_LIMIT), signer: None, bearer: None }
    }

    /// Says which content types are wanted.
    #[must_use]
    pub fn accept(self, accept: &'static str) -> Self {
        Self { accept: Some(accept), ..self }
    }

    /// Reads at most so much.
    #[must_use]
    pub fn limit(self, limit: Limit) -> Self {
        Self { limit, ..self }
    }

    /// Signs the request and those that redirects lead to.
    #[must_use]
    pub fn signed_by(self, signer: Option<&'a Signer>) -> Self {
        Self { signer, ..self }
    }

    /// Adds a bearer token. It is not sent on to where a redirect leads.
    #[must_use]
    pub fn bearer(self, bearer: Option<&'a str>) -> Self {
        Self { bearer, ..self }
    }
}

/// What of the configuration matters here.
#[derive(Clone, Debug, Default)]
struct Options {
    allowed: Vec<IpNet>,
    fixed_names: Vec<(String, SocketAddr)>,
    proxy: Option<String>,
    ca_file: Option<PathBuf>,
    user_agent: String,
}

impl Options {
    fn of(config: &Config) -> Self {
        Self {
            allowed: config.allowed_private_addresses.clone(),
            fixed_names: config.testing.resolve.clone(),
            proxy: config.http_proxy.clone(),
            ca_file: config.ca_file.clone(),
            user_agent: user_agent(config),
        }
    }
}

/// What we call ourselves, in the form other servers know.
#[must_use]
pub fn user_agent(config: &Config) -> String {
    format!("Ferrodon/{} (hyper/1; +{}/)", env!("CARGO_PKG_VERSION"), config.base_url())
}

impl Client {
    /// The client this configuration asks for.
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        Self::with(&Options::of(config))
    }

    fn with(options: &Options) -> anyhow::Result<Self> {
        let inner = legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(30))
            .pool_max_idle_per_host(2)
            .build(Connector::new(options)?);
        Ok(Self { inner, user_agent: HeaderValue::try_from(&options.user_agent)? })
    }

    /// Fetches a document. Any status is an answer; see [`Response::status`].
    pub async fn get(&self, get: Get<'_>) -> Result<Response, Error> {
        timeout(TOTAL_TIME, self.follow(&Method::GET, get)).await.map_err(|_| Error::Timeout)?
    }

    /// Asks for the head of a document.
    pub async fn head(&self, get: Get<'_>) -> Result<Response, Error> {
        timeout(TOTAL_TIME, self.follow(&Method::HEAD, get)).await.map_err(|_| Error::Timeout)?
    }

    async fn follow(&self, method: &Method, mut get: Get<'_>) -> Result<Response, Error> {
        let mut url = get.url.clone();
        let mut seen = Vec::new();
        loop {
            let response = self.send(method, &url, get, !seen.is_empty()).await?;
            if !is_redirect(response.status()) {
                let (head, body) = response.into_parts();
                let body = body::read(&head.headers, body, get.limit).await?;
                return Ok(Response { status: head.status, headers: head.headers, url, body });
            }
            let target = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
            let target = url.join(target.ok_or(Error::Redirect)?).map_err(|_| Error::Redirect)?;
            seen.push(url);
            if seen.len() > REDIRECTS || seen.contains(&target) {
                return Err(Error::Redirect);
            }
            url = target;
            get.bearer = None;
        }
    }

    async fn send(
        &self,
        method: &Method,
        url: &Url,
        get: Get<'_>,
        redirected: bool,
    ) -> Result<hyper::Response<hyper::body::Incoming>, Error> {
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(Error::Address);
        }
        // The fragment is never sent, and user names in addresses are not for us to use.
        let mut target = url.clone();
        target.set_fragment(None);
        let (_, _) = (target.set_username(""), target.set_password(None));

        let mut request = Request::builder().method(method).uri(target.as_str());
        request = request.header(USER_AGENT, self.user_agent.clone());
        if method == Method::GET {
            request = request.header(ACCEPT_ENCODING, "gzip");
        }
        if let Some(accept) = get.accept {
            request = request.header(ACCEPT, accept);
        }
        if let Some(token) = get.bearer {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        let mut request = request.body(Empty::new()).map_err(|_| Error::Address)?;
        let host = HeaderValue::try_from(host_header(&target)).map_err(|_| Error::Address)?;
        request.headers_mut().insert(HOST, host);

        if let Some(signer) = get.signer {
            let accept = if redirected { None } else { get.accept };
            let signed =
                signature::sign_get(signer.account.borrowed(), &target, accept, signer.clock.now());
            request.headers_mut().extend(signed.map_err(|_| Error::Address)?);
        }

        timeout(ANSWER_TIME, self.inner.request(request))
            .await
            .map_err(|_| Error::Timeout)?
            .map_err(|error| refused(&error))
    }
}

/// The host, with its port when that is unusual.
fn host_header(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 300..=303 | 307 | 308)
}

/// Finds our own reason at the bottom of hyper's.
fn refused(error: &legacy::Error) -> Error {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    let mut text = error.to_string();
    while let Some(error) = cause {
        match error.downcast_ref::<ConnectError>() {
            Some(ConnectError::Forbidden | ConnectError::Hidden) => return Error::Forbidden,
            Some(ConnectError::Timeout) => return Error::Timeout,
            Some(other) => return Error::Connection(other.to_string()),
            None => text = error.to_string(),
        }
        cause = error.source();
    }
    Error::Connection(text)
}

#[cfg(test)]
mod tests;
