//! Posts that quote others: which post, and whether its author agreed.

use chrono::NaiveDateTime;
use ferrodon_activitypub::note::Note;
use ferrodon_activitypub::value;
use ferrodon_core::{AccountId, StatusId};
use ferrodon_db as db;
use ferrodon_db::PgConnection;
use ferrodon_db::accounts::Account;
use ferrodon_db::quotes::{ACCEPTED, DELETED, PENDING, REJECTED};
use ferrodon_db::statuses::Status;
use serde_json::Value;

use super::fetch::Fetcher;
use super::fetch::document::{self, Answer};
use super::{local, signer};
use crate::Result;

/// What is known of a quote before it is stored.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Examined {
    pub(crate) quoted: Option<(StatusId, AccountId)>,
    pub(crate) state: i32,
    pub(crate) legacy: bool,
    pub(crate) approval_uri: Option<String>,
}

/// Finds what a post quotes, fetching it if need be, and whether that is agreed to.
pub(crate) async fn examine(
    fetcher: &Fetcher<'_>,
    author: &Account,
    note: &Note,
) -> Result<Option<Examined>> {
    let Some(quote) = &note.quote else { return Ok(None) };
    let legacy = quote.legacy;
    let Some(uri) = &quote.uri else {
        return Ok(Some(Examined { quoted: None, state: DELETED, legacy, approval_uri: None }));
    };
    let approval_uri =
        quote.authorization.clone().filter(|at| !local::is_local(&fetcher.app.config, at));
    let pending = |quoted: Option<&Status>, approval_uri| {
        let quoted = quoted.map(|status| (status.id, status.account_id));
        Some(Examined { quoted, state: PENDING, legacy, approval_uri })
    };

    let quoted = quoted_status(fetcher, author, uri, quote.inlined.as_ref()).await;
    let Some(quoted) = quoted else { return Ok(pending(None, approval_uri)) };
    if quoted.reblog_of_id.is_some() {
        return Ok(pending(None, None));
    }
    let own = quoted.account_id == author.id;
    if !own && !quoted.visibility.is_distributable() {
        return Ok(pending(None, None));
    }
    if own {
        let examined = pending(Some(&quoted), None);
        return Ok(examined.map(|quote| Examined { state: ACCEPTED, ..quote }));
    }
    if quoted.local == Some(true) {
        // Only an answer of ours to their request makes it agreed to.
        return Ok(pending(Some(&quoted), None));
    }
    let Some(approval_uri) = approval_uri else { return Ok(pending(Some(&quoted), None)) };
    let state = match is_stamped(fetcher, note, &quoted, &approval_uri).await? {
        Some(true) => ACCEPTED,
        Some(false) => REJECTED,
        None => PENDING,
    };
    let kept = (state != REJECTED).then_some(approval_uri);
    Ok(pending(Some(&quoted), kept).map(|quote| Examined { state, ..quote }))
}

/// Stores what was found out.
pub(crate) async fn insert(
    conn: &mut PgConnection,
    status_id: StatusId,
    author: AccountId,
    quote: &Examined,
    now: NaiveDateTime,
) -> Result<()> {
    db::quotes::insert(
        conn,
        (status_id, author),
        quote.quoted,
        quote.state,
        quote.legacy,
        quote.approval_uri.as_deref(),
        now,
    )
    .await?;
    if let (ACCEPTED, Some((quoted, _))) = (quote.state, quote.quoted) {
        let one = db::status_stats::Change { quotes: 1, ..Default::default() };
        db::status_stats::change(conn, quoted, one, now).await?;
    }
    Ok(())
}

/// The quoted post: known, enclosed (only an author's own is believed), or fetched.
async fn quoted_status(
    fetcher: &Fetcher<'_>,
    author: &Account,
    uri: &str,
    inlined: Option<&Value>,
) -> Option<Status> {
    let known = async {
        let mut conn = fetcher.app.db.acquire().await?;
        local::known_status(fetcher.app, &mut conn, uri).await
    };
    if let Some(status) = known.await.ok()? {
        return Some(status);
    }
    let deeper = fetcher.deeper()?;
    if let Some(object) = inlined
        && value::id(value::first(&object["attributedTo"])) == Some(&author.uri)
        && value::same_host(uri, &author.uri)
        && let Some(note) = Note::read(object, &Value::Null)
    {
        let arrival = super::store::Arrival::Fetched;
        return Box::pin(super::store::store(&deeper, author, &note, arrival)).await.ok()?;
    }
    Box::pin(deeper.fetch_status(uri)).await.ok()?
}

/// Whether the author of `quoted` stamped this quote. None if that cannot be found out now.
async fn is_stamped(
    fetcher: &Fetcher<'_>,
    note: &Note,
    quoted: &Status,
    stamp_uri: &str,
) -> Result<Option<bool>> {
    let quoted_author = {
        let mut conn = fetcher.app.db.acquire().await?;
        db::accounts::find(&mut conn, quoted.account_id).await?
    };
    let Some(quoted_author) = quoted_author else { return Ok(Some(false)) };
    let signer = signer::instance(fetcher.app).await?;
    let stamp = match document::get(fetcher.app, stamp_uri, Some(&signer)).await {
        Ok(Answer::Document(stamp)) => stamp,
        Ok(Answer::Gone(_) | Answer::Unusable) => return Ok(Some(false)),
        Ok(Answer::Later) | Err(_) => return Ok(None),
    };
    let giver = value::id(value::first(&stamp["attributedTo"]));
    let good = value::is_a(&stamp, &["QuoteAuthorization"])
        && giver == Some(&quoted_author.uri)
        && value::same_host(stamp_uri, &quoted_author.uri)
        && value::id(&stamp["interactingObject"]) == Some(&note.uri)
        && value::id(&stamp["interactionTarget"]) == quoted.uri.as_deref();
    Ok(Some(good))
}
