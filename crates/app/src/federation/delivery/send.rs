//! One try of one delivery: signed, posted, judged.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use ferrodon_activitypub::synchronization;
use ferrodon_core::AccountId;
use ferrodon_db as db;
use http::header::{ACCEPT_ENCODING, CONNECTION, USER_AGENT};
use http::{HeaderValue, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use moka::sync::Cache;
use tokio::time::timeout;
use url::Url;

use super::lanes::Item;
use super::signer::{Order, Signers};
use super::verdict::{self, Verdict};
use crate::http::{ConnectError, Connector, connector, user_agent};
use crate::keys::Signer;
use crate::{App, Result};

/// How long a connection is kept for the next delivery.
const KEPT_OPEN: Duration = Duration::from_secs(90);
/// Hosts to which connections are kept; to others they are closed after each delivery.
const KEPT_HOSTS: u64 = 3000;
/// For connecting and the head of the answer.
const ANSWER_TIME: Duration = Duration::from_secs(20);
/// For the rest of the answer, which is thrown away.
const REST_TIME: Duration = Duration::from_secs(5);
/// More than this of an answer is not read; the connection is closed instead.
const REST_LIMIT: usize = 64 * 1024;
/// How long it is remembered which followers live on a host.
const SYNC_KEPT: Duration = Duration::from_secs(60);

/// An activity as it is sent, shared by all its deliveries.
#[derive(Debug, Default)]
pub(super) struct Prepared {
    pub(super) body: Bytes,
    /// The value of the `Digest` header.
    pub(super) digest: String,
    pub(super) follower_sync: bool,
}

/// What became of one try.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) id: i64,
    pub(super) account_id: AccountId,
    pub(super) host: Arc<str>,
    pub(super) priority: i16,
    /// Tries that got no final answer, this one not counted.
    pub(super) attempt: i32,
    pub(super) verdict: Verdict,
}

/// The client of deliveries: connections kept open, HTTP/1.1, private addresses refused.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    client: legacy::Client<Connector, Full<Bytes>>,
    signers: Signers,
    user_agent: HeaderValue,
    kept_hosts: Cache<Arc<str>, ()>,
    synchronizations: Cache<(AccountId, String), String>,
}

impl Sender {
    pub(super) fn new(app: &App) -> anyhow::Result<Self> {
        let client = legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(KEPT_OPEN)
            .pool_max_idle_per_host(4)
            .build(connector(&app.config)?);
        Ok(Self {
            client,
            signers: Signers::start()?,
            user_agent: HeaderValue::try_from(user_agent(&app.config))?,
            kept_hosts: Cache::builder().max_capacity(KEPT_HOSTS).time_to_idle(KEPT_OPEN).build(),
            synchronizations: Cache::builder().max_capacity(10_000).time_to_live(SYNC_KEPT).build(),
        })
    }

    /// Tries one delivery.
    pub(super) async fn attempt(&self, app: &App, item: Item) -> Outcome {
        let started = Instant::now();
        let verdict = self.post(app, &item).await;
        let outcome = match &verdict {
            Verdict::Delivered => "delivered",
            Verdict::GiveUp(_) => "refused",
            Verdict::TryLater { .. } => "failed",
            Verdict::NotTried(_) => "not_tried",
        };
        metrics::counter!("ferrodon_delivery_attempts", "outcome" => outcome).increment(1);
        metrics::histogram!("ferrodon_delivery_seconds").record(started.elapsed());
        Outcome {
            id: item.id,
            account_id: item.account_id,
            host: item.host,
            priority: item.priority,
            attempt: item.attempt,
            verdict,
        }
    }

    async fn post(&self, app: &App, item: &Item) -> Verdict {
        let url = match address(app, &item.inbox_url) {
            Ok(url) => Arc::new(url),
            Err(reason) => return Verdict::GiveUp(reason.to_owned()),
        };
        let synchronization = if item.activity.follower_sync {
            match self.synchronization(app, &item.signer, &url).await {
                Ok(header) => Some(header),
                Err(error) => return Verdict::NotTried(format!("our database: {error}")),
            }
        } else {
            None
        };
        let now = app.clock.now();
        let order = Order {
            signer: item.signer.clone(),
            url: url.clone(),
            activity: item.activity.clone(),
            synchronization,
            now,
        };
        let mut headers = match self.signers.sign(order).await {
            Some(Ok(headers)) => headers,
            Some(Err(error)) => return Verdict::GiveUp(format!("cannot be signed: {error}")),
            None => return Verdict::NotTried("nobody signs".to_owned()),
        };
        headers.insert(USER_AGENT, self.user_agent.clone());
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        if !self.is_kept(&item.host) {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        let request = Request::post(url.as_str()).body(Full::new(item.activity.body.clone()));
        let Ok(mut request) = request else {
            return Verdict::GiveUp("not an address".to_owned());
        };
        *request.headers_mut() = headers;

        let answer = match timeout(ANSWER_TIME, self.client.request(request)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return of_error(&error),
            Err(_) => return verdict::of_silence("time ran out".to_owned()),
        };
        let status: StatusCode = answer.status();
        let verdict =
            verdict::of_answer(status, answer.headers(), item.signer.suspended, app.clock.now());
        // Only a connection whose answer was read to the end can be used again.
        let _ = timeout(REST_TIME, throw_away(answer.into_body())).await;
        verdict
    }

    /// Whether the connection to a host is worth keeping.
    fn is_kept(&self, host: &Arc<str>) -> bool {
        if self.kept_hosts.get(host).is_some() {
            return true;
        }
        if self.kept_hosts.entry_count() >= KEPT_HOSTS {
            return false;
        }
        self.kept_hosts.insert(host.clone(), ());
        true
    }

    /// What tells a server which of its people we believe to follow the sender.
    async fn synchronization(&self, app: &App, signer: &Signer, url: &Url) -> Result<String> {
        let origin = format!("{}/", url.origin().ascii_serialization());
        let key = (signer.account_id, origin);
        if let Some(header) = self.synchronizations.get(&key)
            && !app.config.testing.no_row_cache
        {
            return Ok(header);
        }
        let mut conn = app.db.acquire().await?;
        let ids = db::documents::followers_under(&mut conn, key.0, &key.1).await?;
        let path = format!("/users/{}/followers_synchronization", signer.username);
        let header = synchronization::Header {
            collection_id: format!("{}/followers", signer.actor),
            url: app.config.url(&path),
            digest: Some(synchronization::digest(ids.iter().map(String::as_str))),
        };
        let header = header.to_text();
        self.synchronizations.insert(key, header.clone());
        Ok(header)
    }
}

/// The address of an inbox, if it is one that can be posted to.
fn address(app: &App, inbox_url: &str) -> Result<Url, &'static str> {
    let mut url = Url::parse(inbox_url).map_err(|_| "not an address")?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("not an http or https address");
    }
    let host = url.host_str().ok_or("an address without a host")?.trim_end_matches('.');
    let with_port = url.port().map(|port| format!("{host}:{port}"));
    if app.config.is_local_host(with_port.as_deref().unwrap_or(host)) {
        return Err("an inbox of our own");
    }
    url.set_fragment(None);
    let (_, _) = (url.set_username(""), url.set_password(None));
    Ok(url)
}

async fn throw_away(mut body: Incoming) {
    let mut read = 0;
    while let Some(Ok(frame)) = body.frame().await {
        read += frame.data_ref().map_or(0, Bytes::len);
        if read > REST_LIMIT {
            return;
        }
    }
}

/// There was no answer: the cause stands at the bottom of the error.
fn of_error(error: &legacy::Error) -> Verdict {
    let mut cause: &(dyn std::error::Error + 'static) = error;
    loop {
        let io = cause.downcast_ref::<std::io::Error>();
        if io.is_some_and(verdict::is_ours) {
            return Verdict::NotTried(cause.to_string());
        }
        match (cause.downcast_ref::<ConnectError>(), cause.source()) {
            (Some(ConnectError::Io(io)), _) if verdict::is_ours(io) => {
                return Verdict::NotTried(io.to_string());
            }
            (Some(known), _) => return verdict::of_silence(known.to_string()),
            (None, Some(deeper)) => cause = deeper,
            (None, None) => {
                return verdict::of_silence(cause.to_string().chars().take(200).collect());
            }
        }
    }
}
