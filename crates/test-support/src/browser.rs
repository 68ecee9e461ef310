//! A browser without a screen: it keeps cookies, follows no redirect by itself, and fills forms.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use axum::http::{Method, Request};

use crate::{Response, TestServer};

/// A browser at a [`TestServer`].
#[derive(Debug)]
pub struct Browser<'a> {
    server: &'a TestServer,
    cookies: BTreeMap<String, String>,
    language: String,
}

/// A form as it stands in a page.
#[derive(Clone, Debug, Default)]
pub struct Form {
    /// Where it goes.
    pub action: String,
    /// Its fields with what stands in them, in their order.
    pub fields: Vec<(String, String)>,
}

impl TestServer {
    /// A new browser that wants English.
    #[must_use]
    pub fn browser(&self) -> Browser<'_> {
        Browser { server: self, cookies: BTreeMap::new(), language: "en".to_owned() }
    }
}

impl Browser<'_> {
    /// Asks for pages in this language from now on.
    pub fn prefer(&mut self, language: &str) {
        self.language = language.to_owned();
    }

    /// Opens an address of the server.
    pub async fn open(&mut self, path: &str) -> Response {
        self.send(Method::GET, path, Vec::new()).await
    }

    /// Sends a form as it is.
    pub async fn submit(&mut self, form: &Form) -> Response {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&form.fields)
            .finish();
        self.send(Method::POST, &form.action, body.into_bytes()).await
    }

    /// Follows the redirect of `response`.
    pub async fn follow(&mut self, response: &Response) -> Response {
        self.open(&location(response)).await
    }

    async fn send(&mut self, method: Method, path: &str, body: Vec<u8>) -> Response {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("accept", "text/html,application/xhtml+xml")
            .header("accept-language", &self.language)
            .header("user-agent", "Test browser")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(COOKIE, cookies.join("; "))
            .body(Body::from(body))
            .expect("a valid request");
        let response = self.server.request(request).await;
        for cookie in response.headers.get_all(SET_COOKIE) {
            let cookie = cookie.to_str().expect("ascii");
            let (pair, _) = cookie.split_once(';').unwrap_or((cookie, ""));
            let (name, value) = pair.split_once('=').expect("a cookie has a name");
            if cookie.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        response
    }
}

/// Where a redirect leads.
#[must_use]
pub fn location(response: &Response) -> String {
    let found = response.headers.get(LOCATION).expect("a redirect");
    found.to_str().expect("ascii").to_owned()
}

/// The forms in a page, as far as our own pages go.
#[must_use]
pub fn forms(page: &Response) -> Vec<Form> {
    page.text
        .split("<form ")
        .skip(1)
        .map(|rest| {
            let form = rest.split("</form>").next().unwrap_or_default();
            let fields = form.split("<input ").skip(1).filter_map(|input| {
                let input = input.split('>').next().unwrap_or_default();
                Some((attribute(input, "name")?, attribute(input, "value").unwrap_or_default()))
            });
            Form { action: attribute(form, "action").unwrap_or_default(), fields: fields.collect() }
        })
        .collect()
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = format!("{name}=\"");
    let at = tag.find(&start)? + start.len();
    let value = tag[at..].split('"').next()?;
    let plain = [("&quot;", "\""), ("&#34;", "\""), ("&#39;", "'"), ("&lt;", "<"), ("&#60;", "<")];
    let value = plain.iter().fold(value.to_owned(), |text, (from, to)| text.replace(from, to));
    let value = value.replace("&gt;", ">").replace("&#62;", ">");
    Some(value.replace("&#38;", "&").replace("&amp;", "&"))
}

impl Form {
    /// The form with `value` typed into the field `name`.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        let field = self.fields.iter_mut().find(|(field, _)| field == name);
        field.unwrap_or_else(|| panic!("no field {name}")).1 = value.to_owned();
        self
    }
}
