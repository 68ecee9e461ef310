//! Fetching one document from another server.

use ferrodon_activitypub::value;
use http::StatusCode;
use serde_json::Value;
use url::Url;

use crate::http::{self as client, Get, Signer};
use crate::{App, Error, Result};

/// What ActivityPub documents are asked for as.
pub(crate) const ACCEPT: &str = "application/activity+json, application/ld+json";
/// The same for objects that activities only name.
pub(crate) const ACCEPT_OBJECT: &str = "application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\", \
     application/activity+json";

/// What came of asking for a document.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    Document(Value),
    /// There is no such thing (any more).
    Gone(StatusCode),
    /// Not a document we can use, now and later.
    Unusable,
    /// The other server has a problem of its own.
    Later,
}

impl Answer {
    pub(crate) fn document(self) -> Option<Value> {
        match self {
            Answer::Document(document) => Some(document),
            _ => None,
        }
    }
}

/// Asks for an ActivityPub document, whose id must be `uri`.
pub(crate) async fn get(app: &App, uri: &str, signer: Option<&Signer>) -> Result<Answer> {
    match get_any(app, uri, signer).await? {
        Answer::Document(document) if document["id"].as_str() != Some(uri) => Ok(Answer::Unusable),
        answer => Ok(answer),
    }
}

/// Asks for an ActivityPub document whose id is not known: if it is not `uri`, the document is
/// fetched again from where it says it is.
pub(crate) async fn get_at_its_id(app: &App, uri: &str, signer: Option<&Signer>) -> Result<Answer> {
    let answer = get_any(app, uri, signer).await?;
    let Answer::Document(document) = &answer else { return Ok(answer) };
    match document["id"].as_str() {
        Some(id) if id == uri => Ok(answer),
        Some(id) => get(app, id, signer).await,
        None => Ok(Answer::Unusable),
    }
}

/// Asks for an ActivityPub document without looking at its id.
pub(crate) async fn get_any(app: &App, uri: &str, signer: Option<&Signer>) -> Result<Answer> {
    let Some(url) = value::web(uri) else { return Ok(Answer::Unusable) };
    let response = match app.http.get(Get::new(&url).accept(ACCEPT).signed_by(signer)).await {
        Ok(response) => response,
        Err(error) => return failed(&error),
    };
    if response.status != StatusCode::OK {
        return Ok(refusal(response.status));
    }
    if !response.header("content-type").is_some_and(is_activity) {
        return Ok(Answer::Unusable);
    }
    Ok(vouched(parse(&response.body), &url, &response.url))
}

/// A document counts as `asked` only if the host of that address served it: an open redirect must
/// not let another host speak for it.
fn vouched(answer: Answer, asked: &Url, served: &Url) -> Answer {
    let same_host = asked.host_str() == served.host_str();
    match &answer {
        Answer::Document(document)
            if !same_host
                && document["id"].as_str().and_then(value::web).as_ref() == Some(asked) =>
        {
            Answer::Unusable
        }
        _ => answer,
    }
}

/// Asks for the object that an activity names; the content type of the answer does not matter.
pub(crate) async fn get_object(
    app: &App,
    uri: &str,
    token: Option<&str>,
    signer: Option<&Signer>,
) -> Result<Answer> {
    let Some(url) = value::web(uri) else { return Ok(Answer::Unusable) };
    let get = Get::new(&url).accept(ACCEPT_OBJECT).signed_by(signer).bearer(token);
    let response = match app.http.get(get).await {
        Ok(response) => response,
        Err(error) => return failed(&error),
    };
    if response.status != StatusCode::OK {
        return Ok(refusal(response.status));
    }
    match vouched(parse(&response.body), &url, &response.url) {
        Answer::Document(document) if document["id"].as_str() != Some(uri) => Ok(Answer::Unusable),
        answer => Ok(answer),
    }
}

/// A failure that may pass is an error, so that the job that asked is done again.
pub(crate) fn failed(error: &client::Error) -> Result<Answer> {
    match error {
        client::Error::Timeout | client::Error::Connection(_) => {
            Err(Error::Unavailable("The remote server could not be reached"))
        }
        client::Error::Address
        | client::Error::Forbidden
        | client::Error::Redirect
        | client::Error::TooLarge
        | client::Error::Unreadable => Ok(Answer::Unusable),
    }
}

fn refusal(status: StatusCode) -> Answer {
    match status.as_u16() {
        404 | 410 => Answer::Gone(status),
        401 | 408 | 429 => Answer::Later,
        400..=499 | 501 => Answer::Unusable,
        500..=599 => Answer::Later,
        _ => Answer::Unusable,
    }
}

pub(crate) fn parse(body: &[u8]) -> Answer {
    match serde_json::from_slice::<Value>(body) {
        Ok(document) if document.is_object() => Answer::Document(document),
        _ => Answer::Unusable,
    }
}

/// Whether a content type is that of ActivityPub documents.
pub(crate) fn is_activity(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
    match kind.as_str() {
        "application/activity+json" => true,
        "application/ld+json" => content_type
            .split_once("profile=\"")
            .and_then(|(_, rest)| rest.split_once('"'))
            .is_some_and(|(profile, _)| profile.split(' ').any(|one| one == value::CONTEXT)),
        _ => false,
    }
}

/// `uri` without its fragment, parsed.
pub(crate) fn without_fragment(uri: &str) -> Option<Url> {
    let mut url = value::web(uri)?;
    url.set_fragment(None);
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_types() {
        let good = [
            "application/activity+json",
            "application/activity+json; charset=utf-8",
            "Application/Activity+JSON",
            "application/ld+json; profile=\"https://www.w3.org/ns/activitystreams\"",
            "application/ld+json;profile=\"http://x https://www.w3.org/ns/activitystreams\"; charset=utf-8",
        ];
        for content_type in good {
            assert!(is_activity(content_type), "{content_type}");
        }
        for content_type in ["application/json", "application/ld+json", "text/html", ""] {
            assert!(!is_activity(content_type), "{content_type}");
        }
    }

    #[test]
    fn statuses_tell_gone_from_broken() {
        let answer = |code| refusal(StatusCode::from_u16(code).unwrap());
        assert!(matches!(answer(410), Answer::Gone(_)));
        for code in [401, 408, 429, 500, 503] {
            assert_eq!(answer(code), Answer::Later, "{code}");
        }
        for code in [400, 403, 501, 304] {
            assert_eq!(answer(code), Answer::Unusable, "{code}");
        }
    }
}
