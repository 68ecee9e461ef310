//! `Create`: a new post, or a vote in a poll of ours.

use ferrodon_activitypub::note::Note;
use ferrodon_activitypub::value;
use ferrodon_core::{AccountId, Job, Visibility};
use ferrodon_db as db;
use ferrodon_db::accounts::Account;
use ferrodon_db::statuses::Status;
use ferrodon_db::{Connection as _, PgConnection};
use serde_json::Value;

use super::{Inbound, forward};
use crate::federation::fetch::document;
use crate::federation::store::{self, Arrival};
use crate::federation::{local, signer};
use crate::{Error, Result};

pub(super) async fn receive(inbound: &Inbound<'_>, activity: &Value) -> Result<()> {
    inbound.refresh_if_stale().await?;
    // Several votes may come in one activity.
    for object in value::many(&activity["object"]) {
        take(inbound, activity, object).await?;
    }
    Ok(())
}

/// Takes one new object; what is known already stays as it is.
pub(super) async fn take(inbound: &Inbound<'_>, activity: &Value, object: &Value) -> Result<()> {
    let (app, sender) = (inbound.app, &inbound.sender);
    let fetched = match object {
        Value::String(uri) => match inbound.dereference(activity, uri).await? {
            Some(object) => Some(object),
            None => return Ok(()),
        },
        _ => None,
    };
    let object = fetched.as_ref().unwrap_or(object);
    let Some(note) = Note::read(object, activity).filter(|note| inbound.is_senders(&note.uri))
    else {
        return Ok(());
    };
    if vote(inbound, &note).await? {
        return Ok(());
    }

    let mut conn = app.db.acquire().await?;
    if let Some(known) = known(&mut conn, &note).await? {
        if let Some(recipient) = inbound.recipient.filter(|_| known.account_id == sender.id) {
            add_recipient(inbound, &mut conn, &known, recipient).await?;
        }
        return Ok(());
    }
    if !is_relevant(inbound, &mut conn, &note).await? {
        return Ok(());
    }
    drop(conn);

    let arrival = Arrival::Delivered { recipient: inbound.recipient };
    if let Some(status) = store::store(&inbound.fetcher, sender, &note, arrival).await? {
        forward::reply(inbound, &status).await?;
    }
    Ok(())
}

async fn known(conn: &mut PgConnection, note: &Note) -> Result<Option<Status>> {
    if let Some(status) = db::statuses::by_uri(conn, &note.uri).await? {
        return Ok(Some(status));
    }
    match &note.atom_uri {
        Some(uri) => Ok(db::statuses::by_uri(conn, uri).await?),
        None => Ok(None),
    }
}

/// Whether anybody here wants to see a post: servers also send what nobody asked for.
async fn is_relevant(inbound: &Inbound<'_>, conn: &mut PgConnection, note: &Note) -> Result<bool> {
    let (app, sender) = (inbound.app, &inbound.sender);
    if inbound.recipient.is_some() || addresses_us(app, conn, note).await? {
        return Ok(true);
    }
    match store::visibility(sender, &note.to, &note.cc) {
        Visibility::Direct | Visibility::Limited => Ok(false),
        Visibility::Private => Ok(db::accounts::has_local_follower(conn, sender.id).await?),
        Visibility::Public | Visibility::Unlisted => {
            if inbound.is_followed(conn).await? || inbound.is_relayed(conn).await? {
                return Ok(true);
            }
            let Some(parent) = &note.in_reply_to else { return Ok(false) };
            match local::known_status(app, conn, parent).await? {
                Some(parent) => {
                    Ok(db::statuses::author_is_of_interest(conn, parent.account_id).await?)
                }
                None => Ok(false),
            }
        }
    }
}

async fn addresses_us(app: &crate::App, conn: &mut PgConnection, note: &Note) -> Result<bool> {
    for uri in note.to.iter().chain(&note.cc) {
        if local::account(app, conn, uri).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A post we know came to one more of ours.
async fn add_recipient(
    inbound: &Inbound<'_>,
    conn: &mut PgConnection,
    status: &Status,
    recipient: AccountId,
) -> Result<()> {
    let now = inbound.app.clock.now();
    if db::mentions::of_status(conn, status.id).await?.iter().any(|(id, _)| *id == recipient) {
        return Ok(());
    }
    let mut tx = conn.begin().await?;
    db::mentions::insert_many(&mut tx, status.id, &[(recipient, true)], now.naive_utc()).await?;
    if status.visibility == Visibility::Direct {
        db::statuses::set_visibility(&mut tx, status.id, Visibility::Limited).await?;
    }
    // Followers have seen all other posts already: they went to everyone's feeds at once.
    if matches!(status.visibility, Visibility::Direct | Visibility::Limited) {
        db::jobs::enqueue(&mut tx, &Job::FanOutStatus { status_id: status.id }, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Counts a vote. False if the object is none, and so is a post.
async fn vote(inbound: &Inbound<'_>, note: &Note) -> Result<bool> {
    let (Some(name), Some(parent)) = (&note.name, &note.in_reply_to) else { return Ok(false) };
    let (app, sender) = (inbound.app, &inbound.sender);
    let now = app.clock.now();
    let at = now.naive_utc();
    let mut conn = app.db.acquire().await?;
    let Some(status) = local::status(app, &mut conn, parent).await? else { return Ok(false) };
    let Some(poll) = db::polls::of_status(&mut conn, status.id).await? else { return Ok(false) };
    let Some(choice) = poll.options.iter().position(|option| option == name) else {
        return Ok(false);
    };
    let expired = poll.expires_at.is_some_and(|expires_at| expires_at <= at);
    if expired || poll.account_id == sender.id {
        return Ok(true);
    }
    let choice = i32::try_from(choice).unwrap_or(i32::MAX);
    let mut tx = conn.begin().await?;
    let counted =
        db::polls::vote_remotely(&mut tx, &poll, sender.id, choice, &note.uri, at).await?;
    if counted && !poll.hide_totals {
        // Votes come in bursts; one update tells of several.
        let job = Job::DistributePoll { status_id: status.id };
        let key = format!("poll-{}", status.id);
        let soon = now + chrono::TimeDelta::minutes(3);
        db::jobs::enqueue_once(&mut tx, &job, &key, soon, now).await?;
    }
    tx.commit().await?;
    Ok(true)
}

impl Inbound<'_> {
    /// Looks the sender up again within some hours if that was not done for a week.
    pub(super) async fn refresh_if_stale(&self) -> Result<()> {
        let now = self.app.clock.now();
        let since = (now - chrono::TimeDelta::weeks(1)).naive_utc();
        if self.sender.last_webfingered_at.is_some_and(|at| at > since) {
            return Ok(());
        }
        let delay = rand::random_range(0..6 * 3600);
        let at = now + chrono::TimeDelta::seconds(delay);
        let job = Job::RefreshAccount { account_id: self.sender.id };
        let key = format!("refresh-account:{}", self.sender.id);
        let mut conn = self.app.db.acquire().await?;
        db::jobs::enqueue_once(&mut conn, &job, &key, at, now).await?;
        Ok(())
    }

    /// Fetches the object that an activity only names, which must be on the sender's host.
    pub(super) async fn dereference(
        &self,
        activity: &Value,
        address: &str,
    ) -> Result<Option<Value>> {
        let (uri, token) = value::bearcap(address);
        if !self.is_senders(&uri) {
            return Ok(None);
        }
        let signer = match self.someone_addressed(activity).await? {
            Some(account) => signer::of(self.app, account).await?,
            None => signer::instance(self.app).await?,
        };
        match document::get_object(self.app, &uri, token.as_deref(), Some(&signer)).await? {
            document::Answer::Document(object) => Ok(Some(object)),
            document::Answer::Gone(_) | document::Answer::Unusable => Ok(None),
            document::Answer::Later => Err(Error::Unavailable("The object was not to be had")),
        }
    }

    /// One of ours who is meant to see the activity, and so may fetch its object.
    async fn someone_addressed(&self, activity: &Value) -> Result<Option<AccountId>> {
        if self.recipient.is_some() {
            return Ok(self.recipient);
        }
        let mut conn = self.app.db.acquire().await?;
        for field in ["to", "cc"] {
            for uri in value::many(&activity[field]).iter().filter_map(value::id) {
                let account: Option<Account> = local::account(self.app, &mut conn, uri).await?;
                if let Some(account) = account.filter(|account| account.suspended_at.is_none()) {
                    return Ok(Some(account.id));
                }
            }
        }
        Ok(db::accounts::local_follower(&mut conn, self.sender.id).await?)
    }
}
