//! Who asks for a document, and for whose: the account that signed the request, and the account
//! of ours that it is about.

use axum::http::StatusCode;
use axum::http::request::Parts;
use ferrodon_app::federation::{sender, uris};
use ferrodon_app::{App, settings};
use ferrodon_core::{AccountId, ClientIp};
use ferrodon_db as db;
use ferrodon_db::PgConnection;
use ferrodon_db::accounts::Account;

use super::answer::{PLAIN, Refusal};

/// How an address names an account of ours.
#[derive(Clone, Debug)]
pub(super) enum Owner {
    Name(String),
    Number(AccountId),
}

impl Owner {
    /// From a piece of a path; `.json` at its end is not part of a name.
    pub(super) fn name(text: &str) -> Self {
        Self::Name(without_json(text).to_owned())
    }

    /// From the number of an account; none if it is not a number.
    pub(super) fn number(text: &str) -> Option<Self> {
        without_json(text).parse().ok().map(Self::Number)
    }
}

/// A piece of a path without the extension that asks for a document.
pub(super) fn without_json(text: &str) -> &str {
    text.strip_suffix(".json").unwrap_or(text)
}

/// What a suspended account still shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Suspended {
    /// Its actor, emptied.
    Shown,
    /// Nothing.
    Refused,
}

/// The account of ours that an address names; `missing` is what is said when there is none.
pub(super) async fn owner(
    conn: &mut PgConnection,
    owner: &Owner,
    suspended: Suspended,
    missing: Refusal,
) -> Result<Account, Refusal> {
    let vary = missing.vary;
    let found = match owner {
        Owner::Name(name) => db::accounts::by_handle(conn, name, None).await?,
        Owner::Number(id) => db::accounts::find(conn, *id).await?,
    };
    let Some(account) = found.filter(|a| a.is_local() && a.id != uris::INSTANCE_ACTOR) else {
        return Err(missing);
    };
    let standing = db::documents::standing(conn, account.id).await?;
    if account.suspended_at.is_some() {
        if standing.permanent {
            return Err(Refusal::status(StatusCode::GONE, vary).for_a_while());
        }
        if suspended == Suspended::Refused {
            return Err(Refusal::status(StatusCode::FORBIDDEN, vary).for_a_while());
        }
    } else if !standing.active {
        return Err(missing);
    }
    Ok(account)
}

/// Whether every document needs a signature.
pub(super) async fn signed_only(app: &App, conn: &mut PgConnection) -> Result<bool, Refusal> {
    if app.config.limited_federation {
        return Ok(true);
    }
    match app.config.authorized_fetch {
        Some(set) => Ok(set),
        None => Ok(settings::current_with(app, conn).await?.authorized_fetch()),
    }
}

/// The account that signed the request. Without a signature, or with a wrong one, there is none,
/// which is refused only where one is needed.
pub(super) async fn signer(
    app: &App,
    parts: &Parts,
    needed: bool,
) -> Result<Option<AccountId>, Refusal> {
    let headers = &parts.headers;
    let signed = headers.contains_key("signature") || headers.contains_key("signature-input");
    if !signed && !needed {
        return Ok(None);
    }
    let incoming = sender::Incoming {
        method: &parts.method,
        path_and_query: parts.uri.path_and_query().map_or("/", |path| path.as_str()),
        headers,
        body: &[],
        client: parts.extensions.get::<ClientIp>().map(|client| client.0),
    };
    match sender::verify(app, incoming).await {
        Ok(sender) => Ok(Some(sender.id)),
        Err(refused) if needed => {
            let refusal = Refusal::status(refused.status, PLAIN);
            Err(Refusal { message: refused.message, ..refusal })
        }
        Err(_) => Ok(None),
    }
}
