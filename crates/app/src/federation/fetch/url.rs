//! From an address somebody typed or linked to the account or post behind it.

use ferrodon_activitypub::{actor, note, value};
use ferrodon_core::AccountId;
use ferrodon_core::text::tokens::{self, Token};
use ferrodon_db as db;
use ferrodon_db::accounts::Account;
use ferrodon_db::statuses::Status;
use http::StatusCode;
use serde_json::Value;

use super::Fetcher;
use super::document::{self, Answer};
use crate::federation::local;
use crate::federation::signer;
use crate::http::{Get, Response};
use crate::{App, Result};

const ACCEPT: &str = "application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\", \
                      application/activity+json, text/html;q=0.1";

/// What an address led to.
#[derive(Clone, Debug, PartialEq)]
pub enum Resolved {
    Account(Box<Account>),
    Status(Box<Status>),
}

/// The account or post at a web address. What `viewer` may not see is nothing, and without a
/// viewer nothing is fetched.
pub async fn resolve_url(
    app: &App,
    url: &str,
    viewer: Option<AccountId>,
) -> Result<Option<Resolved>> {
    let found = match known(app, url).await? {
        Some(found) => Some(found),
        None if viewer.is_none() || local::is_local(&app.config, url) => None,
        None => Fetcher::new(app).resolve(url).await?,
    };
    let Some(Resolved::Status(status)) = &found else { return Ok(found) };
    let mut conn = app.db.acquire().await?;
    let visible = db::statuses::find_visible(&mut conn, status.id, viewer).await?;
    Ok(visible.map(|status| Resolved::Status(Box::new(status))))
}

/// What we know at this address.
async fn known(app: &App, url: &str) -> Result<Option<Resolved>> {
    let mut conn = app.db.acquire().await?;
    if let Some(status) = local::known_status(app, &mut conn, url).await? {
        return Ok(Some(Resolved::Status(Box::new(status))));
    }
    let account = match local::known_account(app, &mut conn, url).await? {
        Some(account) => Some(account),
        None => db::accounts::by_url(&mut conn, url).await?,
    };
    Ok(account.map(|account| Resolved::Account(Box::new(account))))
}

impl Fetcher<'_> {
    /// The account or post at a web address, which may be that of a page.
    pub(crate) async fn resolve(&self, url: &str) -> Result<Option<Resolved>> {
        let Some(document) = self.find_document(url).await? else { return Ok(None) };
        if let Some(id) = value::id(&document)
            && local::is_local(&self.app.config, id)
        {
            return known(self.app, id).await;
        }
        if value::is_a(&document, &actor::TYPES) {
            let account = self.take_actor(&document).await?;
            return Ok(account.map(|account| Resolved::Account(Box::new(account))));
        }
        let post = note::SUPPORTED.iter().chain(&note::CONVERTED).copied().collect::<Vec<_>>();
        if value::is_a(&document, &post) {
            let status = self.take_status(&document).await?;
            return Ok(status.map(|status| Resolved::Status(Box::new(status))));
        }
        Ok(None)
    }

    /// The ActivityPub document behind an address: what it answers itself, or what its page links
    /// to.
    async fn find_document(&self, url: &str) -> Result<Option<Value>> {
        if !self.may_ask(url).await? {
            return Ok(None);
        }
        let Some(address) = document::without_fragment(url) else { return Ok(None) };
        let signer = signer::instance(self.app).await?;
        let get = Get::new(&address).accept(ACCEPT).signed_by(Some(&signer));
        let response = match self.app.http.get(get).await {
            Ok(response) if response.status == StatusCode::OK => response,
            Ok(_) => return Ok(None),
            Err(error) => return document::failed(&error).map(|_| None),
        };
        let is_document = response.header("content-type").is_some_and(document::is_activity);
        if !is_document {
            let Some(link) = alternate(&response) else { return Ok(None) };
            if !self.may_ask(&link).await? {
                return Ok(None);
            }
            return Ok(document::get_at_its_id(self.app, &link, Some(&signer)).await?.document());
        }
        let Answer::Document(found) = document::parse(&response.body) else { return Ok(None) };
        match value::id(&found) {
            Some(id) if id == url => Ok(Some(found)),
            Some(id) if self.may_ask(id).await? => {
                Ok(document::get(self.app, id, Some(&signer)).await?.document())
            }
            _ => Ok(None),
        }
    }
}

/// The document a page says it is a view of: in its `Link` header, or in its head.
fn alternate(response: &Response) -> Option<String> {
    let headers = response.headers.get_all("link").into_iter();
    let from_header = headers
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(','))
        .find_map(|link| {
            let (address, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
            let lower = parameters.to_ascii_lowercase();
            let fits = lower.contains("rel=\"alternate\"")
                && (lower.contains("type=\"application/activity+json\"")
                    || lower.contains("application/ld+json") && lower.contains(value::CONTEXT));
            fits.then(|| address.to_owned())
        });
    let is_page = response.header("content-type").is_some_and(|kind| kind.starts_with("text/html"));
    let address = match from_header {
        Some(address) => address,
        None if is_page => in_head(&String::from_utf8_lossy(&response.body))?,
        None => return None,
    };
    response.url.join(&address).ok().map(String::from)
}

fn in_head(html: &str) -> Option<String> {
    let mut found = None;
    tokens::read(html, |token| {
        if let Token::Start(tag) = token
            && tag.name == "link"
            && found.is_none()
            && tag.attribute("rel").is_some_and(|rel| rel.split(' ').any(|one| one == "alternate"))
            && tag.attribute("type").is_some_and(document::is_activity)
        {
            found = tag.attribute("href").map(str::to_owned);
        }
    });
    found
}
