//! People and strangers at the API of a [`crate::TestServer`].

use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, LINK};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use ferrodon_core::AccountId;
use http_body_util::BodyExt;
use serde_json::Value;

use crate::TestServer;

/// Someone who sends requests: signed in, or not.
#[derive(Debug)]
pub struct Client<'a> {
    pub(crate) server: &'a TestServer,
    /// Whose token it holds; [`Client::account_id`] is for those who have one.
    pub(crate) account: Option<AccountId>,
    pub(crate) token: Option<String>,
}

impl Client<'_> {
    /// The account of someone signed in.
    #[must_use]
    pub fn account_id(&self) -> AccountId {
        self.account.expect("a client that is signed in")
    }

    /// Asks for `path`.
    pub async fn get(&self, path: &str) -> Response {
        self.send(Method::GET, path, None).await
    }

    /// Sends JSON to `path`.
    pub async fn post(&self, path: &str, body: Value) -> Response {
        self.send(Method::POST, path, Some(("application/json", body.to_string().into()))).await
    }

    /// Sends a form to `path`.
    pub async fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        let body =
            url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let kind = "application/x-www-form-urlencoded";
        self.send(Method::POST, path, Some((kind, body.into()))).await
    }

    /// Sends bytes of any kind to `path`.
    pub async fn post_bytes(&self, path: &str, content_type: &str, body: Vec<u8>) -> Response {
        self.send(Method::POST, path, Some((content_type, body))).await
    }

    /// Replaces what is at `path`.
    pub async fn put(&self, path: &str, body: Value) -> Response {
        self.send(Method::PUT, path, Some(("application/json", body.to_string().into()))).await
    }

    /// Deletes what is at `path`.
    pub async fn delete(&self, path: &str) -> Response {
        self.send(Method::DELETE, path, None).await
    }

    async fn send(&self, method: Method, path: &str, body: Option<(&str, Vec<u8>)>) -> Response {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = match body {
            Some((content_type, bytes)) => {
                request.header(CONTENT_TYPE, content_type).body(Body::from(bytes))
            }
            None => request.body(Body::empty()),
        };
        self.server.request(request.expect("a valid request")).await
    }
}

impl TestServer {
    /// Sends a request as a proxy would pass it on: to our host, by `https`.
    pub async fn request(&self, mut request: Request<Body>) -> Response {
        let host = self.app.config.web_domain.parse().expect("a host name");
        request.headers_mut().entry(HOST).or_insert(host);
        let https = "https".parse().expect("a header value");
        request.headers_mut().entry("x-forwarded-proto").or_insert(https);
        let router = self.router.clone();
        let response = tower::ServiceExt::oneshot(router, request).await.expect("infallible");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        Response {
            status: parts.status,
            link: parts.headers.get(LINK).map(|v| v.to_str().expect("ascii").to_owned()),
            headers: parts.headers,
            json: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
            text: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Response {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// The `Link` header.
    pub link: Option<String>,
    /// The body as JSON; null if it is none.
    pub json: Value,
    pub text: String,
}

impl Response {
    /// The string at `pointer` of the JSON (`/account/acct`).
    #[must_use]
    pub fn str(&self, pointer: &str) -> &str {
        let found = self.json.pointer(pointer).and_then(Value::as_str);
        found.unwrap_or_else(|| panic!("no string at {pointer} in {}", self.text))
    }

    /// The response, if it was a success; else the test fails and shows it.
    pub fn ok(self) -> Self {
        assert!(self.status.is_success(), "{} {}", self.status, self.text);
        self
    }
}
