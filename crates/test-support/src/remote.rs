//! A server that is not ours: it has actors with keys, signs what it sends, keeps what it
//! receives, and can be told to answer otherwise.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method, Request, StatusCode, Uri};
use axum::response::IntoResponse;
use ferrodon_activitypub::digest;
use ferrodon_activitypub::keys::SigningKey;
use ferrodon_activitypub::signature::{Signer, ToSign, sign_post};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{Response, TestServer, tls};

/// A remote server, reached by `https` under its name.
#[derive(Debug)]
pub struct RemoteServer {
    /// Its name.
    pub host: String,
    /// Where it listens.
    pub address: SocketAddr,
    shared: Shared,
    task: tokio::task::JoinHandle<()>,
}

type Shared = Arc<Mutex<World>>;

/// What a remote server knows and was told.
#[derive(Debug, Default)]
struct World {
    documents: HashMap<String, (String, Value)>,
    handles: HashMap<String, String>,
    /// Handles that are answered with another one.
    subjects: HashMap<String, String>,
    received: Vec<Received>,
    /// Every path asked for with GET.
    asked: Vec<String>,
    answer: Option<(StatusCode, HeaderMap)>,
}

/// A request to one of its inboxes.
#[derive(Clone, Debug)]
pub struct Received {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// The body as JSON.
    pub json: Value,
}

/// Someone who lives there.
#[derive(Clone, Debug)]
pub struct RemoteActor {
    /// The actor's ActivityPub id.
    pub id: String,
    /// The name before the `@`.
    pub name: String,
    /// The private key, as PEM.
    pub private_key: String,
    /// The public key, as PEM.
    pub public_key: String,
}

impl RemoteServer {
    /// Starts a server with this name on a free port.
    pub async fn start(host: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let shared = Shared::default();
        let router = Router::new().fallback(answer).with_state(shared.clone());
        let task = tls::serve(listener, host, router);
        Self { host: host.to_owned(), address, shared, task }
    }

    /// An address there.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.host)
    }

    /// Someone new, with a key, a document and a WebFinger answer.
    pub fn actor(&self, name: &str) -> RemoteActor {
        let pem = ferrodon_activitypub::keys::generate().expect("a key pair");
        let (private_key, public_key) = (pem.private, pem.public);
        let id = self.url(&format!("/users/{name}"));
        let actor = RemoteActor { id: id.clone(), name: name.to_owned(), private_key, public_key };
        let document = json!({
            "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
            "id": id,
            "type": "Person",
            "preferredUsername": name,
            "name": name,
            "summary": format!("<p>{name} lives at {}</p>", self.host),
            "url": self.url(&format!("/@{name}")),
            "inbox": format!("{id}/inbox"),
            "outbox": format!("{id}/outbox"),
            "followers": format!("{id}/followers"),
            "following": format!("{id}/following"),
            "endpoints": { "sharedInbox": self.url("/inbox") },
            "publicKey": {
                "id": format!("{id}#main-key"),
                "owner": id,
                "publicKeyPem": actor.public_key,
            },
        });
        self.publish(&format!("/users/{name}"), document);
        self.world().handles.insert(format!("{name}@{}", self.host), actor.id.clone());
        actor
    }

    /// Answers GET of `path` with this document.
    pub fn publish(&self, path: &str, document: Value) {
        let kind = "application/activity+json".to_owned();
        self.world().documents.insert(path.to_owned(), (kind, document));
    }

    /// What GET of `path` is answered with.
    #[must_use]
    pub fn document(&self, path: &str) -> Value {
        self.world().documents.get(path).map(|(_, document)| document.clone()).unwrap_or_default()
    }

    /// Answers WebFinger for `asked` with another handle, and this actor.
    pub fn answer_webfinger(&self, asked: &str, subject: &str, actor: &str) {
        let mut world = self.world();
        world.handles.insert(asked.to_owned(), actor.to_owned());
        world.subjects.insert(asked.to_owned(), subject.to_owned());
    }

    /// Answers GET of `path` with a page whose head links to the document at `document`.
    pub fn publish_page(&self, path: &str, document: &str) {
        let page = format!(
            "<html><head><link rel=\"alternate\" type=\"application/activity+json\" \
             href=\"{document}\"></head><body>A page</body></html>"
        );
        let page = ("text/html; charset=utf-8".to_owned(), Value::String(page));
        self.world().documents.insert(path.to_owned(), page);
    }

    /// A note by `author` that can be fetched; returns the object.
    pub fn note(&self, author: &RemoteActor, number: u32, content: &str, more: Value) -> Value {
        let path = format!("/users/{}/statuses/{number}", author.name);
        let mut note = json!({
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": self.url(&path),
            "type": "Note",
            "attributedTo": author.id,
            "content": content,
            "published": "2026-01-02T03:00:00Z",
            "url": self.url(&format!("/@{}/{number}", author.name)),
            "to": ["https://www.w3.org/ns/activitystreams#Public"],
            "cc": [format!("{}/followers", author.id)],
        });
        if let (Some(note), Value::Object(more)) = (note.as_object_mut(), more) {
            note.extend(more);
        }
        self.publish(&path, note.clone());
        note
    }

    /// Answers every later request to an inbox with `status`.
    pub fn answer_inbox_with(&self, status: StatusCode, headers: HeaderMap) {
        self.world().answer = Some((status, headers));
    }

    /// What its inboxes received so far, the oldest first.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.world().received.clone()
    }

    /// The types of what its inboxes received, in order.
    #[must_use]
    pub fn received_types(&self) -> Vec<String> {
        let kind = |one: &Received| one.json["type"].as_str().unwrap_or("?").to_owned();
        self.world().received.iter().map(kind).collect()
    }

    /// Every path that was asked for with GET.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        self.world().asked.clone()
    }

    /// Sends `activity` to the server's shared inbox, signed by `actor`.
    pub async fn send(
        &self,
        server: &TestServer,
        actor: &RemoteActor,
        activity: &Value,
    ) -> Response {
        self.send_to(server, "/inbox", actor, activity.to_string().into_bytes()).await
    }

    /// Sends any bytes to an inbox at `path`, signed by `actor`.
    pub async fn send_to(
        &self,
        server: &TestServer,
        path: &str,
        actor: &RemoteActor,
        body: Vec<u8>,
    ) -> Response {
        let request = self.signed(server, path, actor, body);
        server.request(request).await
    }

    /// The request that [`RemoteServer::send_to`] sends, for tests that change it first.
    #[must_use]
    pub fn signed(
        &self,
        server: &TestServer,
        path: &str,
        actor: &RemoteActor,
        body: Vec<u8>,
    ) -> Request<Body> {
        let key = SigningKey::from_pem(&actor.private_key).expect("a key of ours");
        let key_id = format!("{}#main-key", actor.id);
        let url = server.app.config.url(path).parse().expect("an address");
        let digest = digest::header(&body);
        let post = ToSign {
            signer: Signer { key_id: &key_id, key: &key },
            url: &url,
            digest: &digest,
            collection_synchronization: None,
        };
        let headers = sign_post(&post, server.clock.now()).expect("a signature");
        let mut request = Request::post(path).body(Body::from(body)).expect("a request");
        request.headers_mut().extend(headers);
        request
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for RemoteServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(
    State(shared): State<Shared>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> axum::response::Response {
    let mut world = shared.lock().unwrap_or_else(PoisonError::into_inner);
    let path = uri.path().to_owned();
    if method == Method::POST {
        let json = serde_json::from_slice(&body).unwrap_or(Value::Null);
        world.received.push(Received { path, headers, body, json });
        return match &world.answer {
            Some((status, headers)) => (*status, headers.clone()).into_response(),
            None => StatusCode::ACCEPTED.into_response(),
        };
    }
    world.asked.push(path.clone());
    if path == "/.well-known/webfinger" {
        let asked = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
            .find(|(key, _)| key == "resource")
            .map(|(_, value)| value.trim_start_matches("acct:").to_owned());
        let found = asked.and_then(|handle| {
            let id = world.handles.get(&handle)?.clone();
            Some((id, world.subjects.get(&handle).cloned().unwrap_or(handle)))
        });
        return match found {
            Some((id, handle)) => {
                let links =
                    json!([{ "rel": "self", "type": "application/activity+json", "href": id }]);
                let jrd =
                    json!({ "subject": format!("acct:{handle}"), "aliases": [id], "links": links });
                ([(CONTENT_TYPE, "application/jrd+json")], jrd.to_string()).into_response()
            }
            None => StatusCode::NOT_FOUND.into_response(),
        };
    }
    match world.documents.get(&path) {
        Some((kind, document)) => {
            // A page is its text, a document its JSON.
            let body = document.as_str().map_or_else(|| document.to_string(), str::to_owned);
            ([(CONTENT_TYPE, kind.clone())], body).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
