//! A post from another server becomes a status here. Everything that must be asked of others is
//! asked first; then one transaction writes all rows and the jobs that follow from them.

use std::collections::HashSet;
use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use ferrodon_activitypub::note::{Note, Replies};
use ferrodon_activitypub::value;
use ferrodon_core::{AccountId, ConversationId, Job, StatusId, Visibility};
use ferrodon_db as db;
use ferrodon_db::accounts::Account;
use ferrodon_db::statuses::{NewRemote, Status};
use ferrodon_db::{Connection as _, PgConnection};
use rand::Rng as _;
use tokio::time::{Instant, timeout_at};

use super::fetch::Fetcher;
use super::parts::{add_media, remote_poll, save_emojis, set_tags};
use super::{domains, inbox, local, quotes};
use crate::{App, Error, Result, statuses};

/// A fetched post that is older than this is not news to anybody.
const NEWS: TimeDelta = TimeDelta::hours(6);
const ID_TRIES: u32 = 100;
/// Unknown accounts that one post makes us ask other servers for, and for how long in all.
const MOST_ASKED: usize = 100;
const ASKING: Duration = Duration::from_secs(60);

/// How a post came to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// Its author sent it, perhaps to the inbox of one account of ours.
    Delivered { recipient: Option<AccountId> },
    /// We asked for it.
    Fetched,
}

/// Stores a new post of `author`. None if it may not be stored, or is nothing. If it is known
/// already, it stays as it is.
pub(crate) async fn store(
    fetcher: &Fetcher<'_>,
    author: &Account,
    note: &Note,
    arrival: Arrival,
) -> Result<Option<Status>> {
    let app = fetcher.app;
    if inbox::marks::was_deleted(app, author.id, &note.uri).await? {
        return Ok(None);
    }
    let mentioned = mentioned(fetcher, author, note).await;
    let quote = quotes::examine(fetcher, author, note).await?;

    let now = app.clock.now();
    let mut conn = app.db.acquire().await?;
    let policy = match &author.domain {
        Some(domain) => domains::policy(app, &mut conn, domain).await?,
        None => return Ok(None),
    };
    let audience = audience(app, &mut conn, author, note, &mentioned, arrival).await?;

    let mut tx = conn.begin().await?;
    db::statuses::lock_uri(&mut tx, &note.uri).await?;
    if let Some(known) = db::statuses::by_uri(&mut tx, &note.uri).await? {
        return Ok(Some(known));
    }
    if note.text.trim().is_empty() && note.attachments.is_empty() && quote.is_none() {
        return Ok(None);
    }
    let parent = parent(app, &mut tx, note).await?;
    let conversation = conversation(app, &mut tx, note, parent.as_ref(), now.naive_utc()).await?;
    let created_at = note.published.unwrap_or(now).naive_utc();
    let new = NewRemote {
        id: None,
        account_id: author.id,
        conversation_id: Some(conversation),
        created_at,
        edited_at: note.updated.map(|at| at.naive_utc()),
        in_reply_to_account_id: parent.as_ref().map(|parent| answered(author.id, parent)),
        in_reply_to_id: parent.as_ref().map(|parent| parent.id),
        language: note.language.clone(),
        quote_approval_policy: quote_policy(author, note),
        reblog_of_id: None,
        reply: note.reply,
        sensitive: note.sensitive || author.sensitized_at.is_some(),
        spoiler_text: note.spoiler_text.clone(),
        text: note.text.clone(),
        uri: note.uri.clone(),
        url: Some(note.url.clone()),
        visibility: audience.visibility,
    };
    let Some(id) = insert(&mut tx, new, arrival == Arrival::Fetched, now).await? else {
        return Ok(None);
    };
    let at = now.naive_utc();
    if !note.reply {
        db::conversations::set_parent(&mut tx, conversation, id, author.id, at).await?;
    }

    if !audience.mentions.is_empty() {
        db::mentions::insert_many(&mut tx, id, &audience.mentions, at).await?;
    }
    if !note.hashtags.is_empty() {
        let tags = set_tags(&mut tx, id, note, at).await?;
        let is_listed = audience.visibility.is_distributable();
        db::tags::note_remote_use(&mut tx, author.id, &tags, created_at, is_listed, at).await?;
    }
    save_emojis(&mut tx, author, note, policy.rejects_media, at).await?;
    let media = add_media(&mut tx, author.id, id, note, policy.rejects_media, at).await?;
    let poll = match remote_poll(note, now) {
        Some(poll) => Some(db::polls::insert_remote(&mut tx, author.id, id, &poll, at).await?),
        None => None,
    };
    if poll.is_some() || !media.is_empty() {
        db::statuses::set_parts(&mut tx, id, &media, poll).await?;
    }
    if let Some(quote) = &quote {
        quotes::insert(&mut tx, id, author.id, quote, at).await?;
    }

    db::status_stats::set_untrusted(&mut tx, id, note.likes, note.shares, at).await?;
    let jobs = jobs(app, fetcher, id, note, parent.is_none(), arrival, created_at);
    db::jobs::enqueue_all(&mut tx, &jobs, now).await?;
    let Some(stored) = db::statuses::find(&mut tx, id).await? else { return Ok(None) };
    statuses::count(&mut tx, &stored, 1, now).await?;
    tx.commit().await?;
    Ok(Some(stored))
}

/// Inserts a row whose address nobody else holds. A post that was fetched gets an id of the time
/// it was made, so that it is not above newer ones; one that was delivered gets the next id.
pub(crate) async fn insert(
    conn: &mut PgConnection,
    mut new: NewRemote,
    backdated: bool,
    now: DateTime<Utc>,
) -> Result<Option<StatusId>> {
    if !backdated || new.created_at >= now.naive_utc() {
        return Ok(db::statuses::insert_remote(conn, &new, now.naive_utc()).await?);
    }
    let mut id = backdated_id(new.created_at);
    for _ in 0..ID_TRIES {
        new.id = Some(StatusId(id));
        if let Some(id) = db::statuses::insert_remote(conn, &new, now.naive_utc()).await? {
            return Ok(Some(id));
        }
        if new.reblog_of_id.is_some() || db::statuses::uri_is_taken(conn, &new.uri).await? {
            return Ok(None);
        }
        id += rand::rng().random_range(1..100);
    }
    Err(Error::Unavailable("No id was free for this post"))
}

fn backdated_id(created_at: NaiveDateTime) -> i64 {
    let mut rng = rand::rng();
    let millis = created_at.and_utc().timestamp().max(0) * 1000 + rng.random_range(0..1000);
    millis << 16 | rng.random_range(0..65536)
}

/// Whose post a reply answers: a thread that somebody goes on with by themself under another's
/// post still answers that other.
fn answered(author: AccountId, parent: &Status) -> AccountId {
    if parent.account_id == author && parent.reply {
        return parent.in_reply_to_account_id.unwrap_or(parent.account_id);
    }
    parent.account_id
}

async fn parent(app: &App, conn: &mut PgConnection, note: &Note) -> Result<Option<Status>> {
    for uri in [&note.in_reply_to, &note.in_reply_to_atom].into_iter().flatten() {
        if let Some(status) = local::known_status(app, conn, uri).await? {
            return Ok(Some(status));
        }
    }
    Ok(None)
}

async fn conversation(
    app: &App,
    conn: &mut PgConnection,
    note: &Note,
    parent: Option<&Status>,
    now: NaiveDateTime,
) -> Result<ConversationId> {
    if let Some(uri) = &note.conversation {
        match own_conversation(app, conn, uri).await? {
            Some(Some(id)) => return Ok(id),
            // It says that it is ours, but it is not.
            Some(None) => {}
            None => return Ok(db::conversations::find_or_insert(conn, uri, now).await?),
        }
    }
    if let Some(id) = parent.and_then(|parent| parent.conversation_id) {
        return Ok(id);
    }
    Ok(db::conversations::insert(conn, None, now).await?)
}

/// The conversation of ours that a name means; none within if there is no such, none without if it
/// is not a name of ours.
async fn own_conversation(
    app: &App,
    conn: &mut PgConnection,
    uri: &str,
) -> Result<Option<Option<ConversationId>>> {
    if let Some(rest) = uri.strip_prefix(&format!("tag:{},", app.config.local_domain)) {
        let id = rest
            .split_once("objectId=")
            .and_then(|(_, rest)| rest.strip_suffix(":objectType=Conversation"))
            .and_then(|id| id.parse().ok());
        let Some(id) = id else { return Ok(Some(None)) };
        let found = db::conversations::exists(conn, id).await?;
        return Ok(Some(found.then_some(id)));
    }
    if !local::is_local(&app.config, uri) {
        return Ok(None);
    }
    let first = uri
        .strip_prefix(&app.config.url("/contexts/"))
        .and_then(|rest| rest.split_once('-'))
        .and_then(|(_, status)| status.parse().ok());
    let Some(first) = first else { return Ok(Some(None)) };
    let status = db::statuses::find(conn, first).await?;
    Ok(Some(status.and_then(|status| status.conversation_id)))
}

/// Those whom a post mentions: known ones, and unknown ones fetched now. Whoever cannot be reached
/// is left out.
pub(crate) async fn mentioned(
    fetcher: &Fetcher<'_>,
    author: &Account,
    note: &Note,
) -> Vec<(String, AccountId)> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let mut asked = 0;
    let until = Instant::now() + ASKING;
    for href in &note.mentions {
        if !seen.insert(href) {
            continue;
        }
        let account = if *href == author.uri {
            Ok(Some(author.clone()))
        } else {
            match known_account(fetcher.app, href).await {
                Ok(None) if asked < MOST_ASKED && Instant::now() < until => {
                    asked += 1;
                    let fetched = timeout_at(until, fetcher.fetch_account(href)).await;
                    fetched.unwrap_or(Err(Error::Unavailable("Its server is too slow")))
                }
                known => known,
            }
        };
        match account {
            Ok(Some(account)) if account.suspended_at.is_none() || account.is_local() => {
                found.push((href.clone(), account.id));
            }
            Ok(_) => {}
            Err(error) => tracing::debug!(%error, "a mentioned account could not be fetched"),
        }
    }
    found
}

async fn known_account(app: &App, uri: &str) -> Result<Option<Account>> {
    let mut conn = app.db.acquire().await?;
    local::known_account(app, &mut conn, uri).await
}

/// Who may see a post.
pub(crate) struct Audience {
    pub(crate) visibility: Visibility,
    /// Everyone mentioned, and whether silently.
    pub(crate) mentions: Vec<(AccountId, bool)>,
}

/// Works out who may see a post from whom it is addressed to.
async fn audience(
    app: &App,
    conn: &mut PgConnection,
    author: &Account,
    note: &Note,
    mentioned: &[(String, AccountId)],
    arrival: Arrival,
) -> Result<Audience> {
    let mut mentions: Vec<(AccountId, bool)> = Vec::new();
    for (_, id) in mentioned {
        if !mentions.iter().any(|(other, _)| other == id) {
            mentions.push((*id, false));
        }
    }
    let mut silent = known_in_audience(app, conn, note).await?;
    if let Arrival::Delivered { recipient: Some(id) } = arrival {
        silent.push(id);
    }
    let shown = mentions.len();
    for id in silent {
        if id != author.id && !mentions.iter().any(|(other, _)| *other == id) {
            mentions.push((id, true));
        }
    }
    let visibility = match visibility(author, &note.to, &note.cc) {
        Visibility::Direct if mentions.len() > shown => Visibility::Limited,
        visibility => visibility,
    };
    Ok(Audience { visibility, mentions })
}

/// Accounts we know among those a post is addressed to.
pub(crate) async fn known_in_audience(
    app: &App,
    conn: &mut PgConnection,
    note: &Note,
) -> Result<Vec<AccountId>> {
    let addressed = note.to.iter().chain(&note.cc).filter(|uri| !value::is_public(uri));
    let (ours, theirs): (Vec<&String>, Vec<&String>) =
        addressed.partition(|uri| local::is_local(&app.config, uri));
    let mut known = Vec::new();
    for uri in ours {
        known.extend(local::account(app, conn, uri).await?.map(|account| account.id));
    }
    if !theirs.is_empty() {
        let theirs: Vec<String> = theirs.into_iter().cloned().collect();
        let accounts = db::accounts::by_uris(conn, &theirs).await?;
        known.extend(accounts.into_iter().map(|account| account.id));
    }
    Ok(known)
}

/// Who may see a post, from its addresses alone.
pub(crate) fn visibility(author: &Account, to: &[String], cc: &[String]) -> Visibility {
    if to.iter().any(|uri| value::is_public(uri)) {
        Visibility::Public
    } else if cc.iter().any(|uri| value::is_public(uri)) {
        Visibility::Unlisted
    } else if !author.followers_url.is_empty() && to.contains(&author.followers_url) {
        Visibility::Private
    } else {
        Visibility::Direct
    }
}

/// Who may quote a post.
pub(crate) fn quote_policy(author: &Account, note: &Note) -> i32 {
    value::policy(&note.can_quote, &author.uri, &author.followers_url, &author.following_url)
}

/// What follows from a new post.
fn jobs(
    app: &App,
    fetcher: &Fetcher<'_>,
    id: StatusId,
    note: &Note,
    parent_is_unknown: bool,
    arrival: Arrival,
    created_at: NaiveDateTime,
) -> Vec<Job> {
    let mut jobs = Vec::new();
    let is_news = created_at > (app.clock.now() - NEWS).naive_utc();
    if arrival != Arrival::Fetched || is_news {
        jobs.push(Job::FanOutStatus { status_id: id });
    }
    if let Some(parent_uri) = note.in_reply_to.as_ref().filter(|_| parent_is_unknown)
        && !local::is_local(&app.config, parent_uri)
        && value::is_web(parent_uri)
    {
        jobs.push(Job::FetchThreadParent {
            child_status_id: id,
            parent_uri: parent_uri.clone(),
            chain: Some(fetcher.chain().to_owned()),
        });
    }
    let chain = fetcher.chain().to_owned();
    match &note.replies {
        Replies::Unknown => {}
        Replies::Listed(uris) if uris.is_empty() => {}
        Replies::Listed(uris) => {
            jobs.push(Job::FetchReplies { uris: uris.clone(), collection: None, chain });
        }
        Replies::Collection(uri) if value::same_host(uri, &note.uri) => {
            jobs.push(Job::FetchReplies { uris: vec![], collection: Some(uri.clone()), chain });
        }
        Replies::Collection(_) => {}
    }
    jobs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backdated_id_sorts_by_the_time_the_post_was_made() {
        let at = |text: &str| text.parse::<NaiveDateTime>().unwrap();
        let (older, newer) = (at("2020-01-02T00:00:00"), at("2020-01-02T00:00:02"));
        for _ in 0..50 {
            assert!(backdated_id(older) < backdated_id(newer));
        }
        let id = backdated_id(older);
        assert_eq!((id >> 16) / 1000, older.and_utc().timestamp());
        assert!(backdated_id(at("1960-01-01T00:00:00")) >= 0);
    }
}
