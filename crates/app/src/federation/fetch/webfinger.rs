//! Asking a server who an account there is.

use ferrodon_activitypub::webfinger::{Acct, Descriptor};
use ferrodon_core::text::tokens::{self, Token};
use http::StatusCode;
use url::Url;

use super::document;
use crate::http::Get;
use crate::{App, Result};

const ACCEPT: &str = "application/jrd+json, application/json";
const ACCEPT_HOST_META: &str = "application/xrd+xml, application/xml, text/xml";

/// What WebFinger says of a handle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lookup {
    /// The handle in its canonical form, and the actor behind it.
    Found {
        acct: Acct,
        actor: String,
    },
    /// The account is gone for good.
    Gone,
    Nothing,
}

/// Finds the canonical form of a handle: its server may name another one, which then must name
/// itself.
pub(crate) async fn canonical(app: &App, asked: &Acct) -> Result<Lookup> {
    let first = query(app, asked).await?;
    let Lookup::Found { acct, .. } = &first else { return Ok(first) };
    if acct.is_same(asked) {
        return Ok(first);
    }
    let named = acct.clone();
    match query(app, &named).await? {
        Lookup::Found { acct, actor } if acct.is_same(&named) => Ok(Lookup::Found { acct, actor }),
        Lookup::Gone => Ok(Lookup::Gone),
        _ => Ok(Lookup::Nothing),
    }
}

/// The canonical handle of the actor `uri`, which claims to be `claimed`; none if its servers do
/// not agree.
pub(crate) async fn confirmed(app: &App, claimed: &Acct, uri: &str) -> Result<Option<Acct>> {
    match canonical(app, claimed).await? {
        Lookup::Found { acct, actor } if actor == uri => Ok(Some(acct)),
        _ => Ok(None),
    }
}

async fn query(app: &App, asked: &Acct) -> Result<Lookup> {
    let scheme = if asked.domain.ends_with(".onion") { "http" } else { "https" };
    let base = format!("{scheme}://{}", asked.domain);
    let Ok(mut url) = Url::parse(&format!("{base}/.well-known/webfinger")) else {
        return Ok(Lookup::Nothing);
    };
    url.set_query(Some(&format!("resource={}", asked.uri())));
    let (status, body) = match app.http.get(Get::new(&url).accept(ACCEPT)).await {
        Ok(response) => (response.status, response.body),
        Err(error) => return document::failed(&error).map(|_| Lookup::Nothing),
    };
    match status {
        StatusCode::OK => Ok(read(&body)),
        StatusCode::GONE => Ok(Lookup::Gone),
        StatusCode::NOT_FOUND => by_host_meta(app, asked, &base).await,
        _ => Ok(Lookup::Nothing),
    }
}

/// Some servers answer WebFinger elsewhere and say where in `host-meta`.
async fn by_host_meta(app: &App, asked: &Acct, base: &str) -> Result<Lookup> {
    let Ok(url) = Url::parse(&format!("{base}/.well-known/host-meta")) else {
        return Ok(Lookup::Nothing);
    };
    let response = match app.http.get(Get::new(&url).accept(ACCEPT_HOST_META)).await {
        Ok(response) if response.status == StatusCode::OK => response,
        Ok(_) => return Ok(Lookup::Nothing),
        Err(error) => return document::failed(&error).map(|_| Lookup::Nothing),
    };
    let Some(template) = lrdd_template(&String::from_utf8_lossy(&response.body)) else {
        return Ok(Lookup::Nothing);
    };
    let Ok(url) = Url::parse(&template.replace("{uri}", &asked.uri())) else {
        return Ok(Lookup::Nothing);
    };
    match app.http.get(Get::new(&url).accept(ACCEPT)).await {
        Ok(response) if response.status == StatusCode::OK => Ok(read(&response.body)),
        Ok(response) if response.status == StatusCode::GONE => Ok(Lookup::Gone),
        Ok(_) => Ok(Lookup::Nothing),
        Err(error) => document::failed(&error).map(|_| Lookup::Nothing),
    }
}

fn read(body: &[u8]) -> Lookup {
    let Ok(descriptor) = Descriptor::parse(body) else { return Lookup::Nothing };
    match (descriptor.acct(), descriptor.actor()) {
        (Some(acct), Some(actor)) => Lookup::Found { acct, actor: actor.to_owned() },
        _ => Lookup::Nothing,
    }
}

/// The first `Link` of `rel="lrdd"` in a host-meta document.
fn lrdd_template(xml: &str) -> Option<String> {
    let mut found = None;
    tokens::read(xml, |token| {
        if let Token::Start(tag) = token
            && tag.name == "link"
            && found.is_none()
            && tag.attribute("rel") == Some("lrdd")
        {
            found = tag.attribute("template").map(str::to_owned);
        }
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_meta_names_the_place_to_ask() {
        let xml = r#"<?xml version="1.0"?><XRD><Link rel="x" template="no"/>
            <Link rel="lrdd" template="https://a.test/wf?r={uri}&amp;x=1"/></XRD>"#;
        assert_eq!(lrdd_template(xml).as_deref(), Some("https://a.test/wf?r={uri}&x=1"));
        assert_eq!(lrdd_template("nonsense"), None);
    }
}
