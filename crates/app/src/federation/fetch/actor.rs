//! From an actor's document to a row in `accounts`.

use ferrodon_activitypub::actor::{self, Actor, Key, is_username};
use ferrodon_activitypub::value;
use ferrodon_activitypub::webfinger::Acct;
use ferrodon_core::text::local::ascii_domain;
use ferrodon_core::{AccountId, Job};
use ferrodon_db as db;
use ferrodon_db::Connection as _;
use ferrodon_db::accounts::{Account, Remote};
use serde_json::{Value, json};

use super::document::{self, Answer};
use super::webfinger::{self, Lookup};
use super::{Fetcher, known_by_handle};
use crate::federation::inbox::delete;
use crate::federation::{domains, signer};
use crate::{Error, Result};

impl Fetcher<'_> {
    /// The account with this handle, ours, known and fresh, or looked up by WebFinger.
    pub async fn account_called(
        &self,
        username: &str,
        domain: Option<&str>,
    ) -> Result<Option<Account>> {
        let domain =
            domain.map(ascii_domain).filter(|domain| !self.app.config.is_local_host(domain));
        let known = known_by_handle(self.app, username, domain.as_deref()).await?;
        let Some(domain) = domain else { return Ok(known) };
        if known.as_ref().is_some_and(|account| self.is_fresh(account)) {
            return Ok(known);
        }
        let Some(asked) = Acct::parse(&format!("{username}@{domain}")) else { return Ok(None) };
        match self.look_up(&asked).await {
            Ok(Some(account)) => Ok(Some(account)),
            Ok(None) => Ok(known),
            Err(error) if error.is_temporary() && known.is_some() => Ok(known),
            Err(error) => Err(error),
        }
    }

    async fn look_up(&self, asked: &Acct) -> Result<Option<Account>> {
        if !self.may_ask(&format!("https://{}/", asked.domain)).await? {
            return Ok(None);
        }
        match webfinger::canonical(self.app, asked).await? {
            Lookup::Found { acct, .. } if self.app.config.is_local_host(&acct.domain) => {
                known_by_handle(self.app, &acct.username, None).await
            }
            Lookup::Found { actor, .. } => self.fetch_account(&actor).await,
            Lookup::Gone => {
                self.note_gone(asked).await?;
                Ok(None)
            }
            Lookup::Nothing => Ok(None),
        }
    }

    /// An account whose server says that it is gone for good is removed here too.
    async fn note_gone(&self, handle: &Acct) -> Result<()> {
        let domain = Some(handle.domain.as_str());
        let known = known_by_handle(self.app, &handle.username, domain).await?;
        if let Some(account) = known.filter(|account| !account.is_local()) {
            delete::queue_account(self.app, account.id).await?;
        }
        Ok(())
    }

    /// Fetches an account, checks its handle by WebFinger, and stores it.
    pub async fn fetch_account(&self, uri: &str) -> Result<Option<Account>> {
        if !self.may_ask(uri).await? {
            return Ok(None);
        }
        let signer = signer::instance(self.app).await?;
        let answer = document::get(self.app, uri, Some(&signer)).await?;
        let Answer::Document(document) = answer else { return Ok(None) };
        self.take_actor(&document).await
    }

    /// Fetches the account that a key says it belongs to. A key's address may lead to the actor, to
    /// a part of it, or to the key alone.
    pub(crate) async fn fetch_key_owner(&self, key_id: &str) -> Result<Option<Account>> {
        if !self.may_ask(key_id).await? {
            return Ok(None);
        }
        let Some(url) = document::without_fragment(key_id) else { return Ok(None) };
        let signer = signer::instance(self.app).await?;
        let answer = document::get_any(self.app, url.as_str(), Some(&signer)).await?;
        let Some(document) = answer.document() else { return Ok(None) };
        let is_actor = value::is_a(&document, &actor::TYPES) || !document["publicKey"].is_null();
        let owner = if is_actor { &document } else { &document["owner"] };
        match value::id(owner) {
            Some(id) if id == url.as_str() && is_actor => self.take_actor(&document).await,
            Some(id) if value::same_host(id, key_id) => self.fetch_account(id).await,
            _ => Ok(None),
        }
    }

    /// Checks the handle of an actor whose document was fetched from its own address, and stores
    /// it.
    pub(crate) async fn take_actor(&self, document: &Value) -> Result<Option<Account>> {
        if !value::has_context(document) {
            return Ok(None);
        }
        let Some(actor) = Actor::read(document) else { return Ok(None) };
        let Some(claimed) = claimed_handle(&actor) else { return Ok(None) };
        let Some(handle) = webfinger::confirmed(self.app, &claimed, &actor.uri).await? else {
            return Ok(None);
        };
        self.store_actor(&actor, &handle.username, &handle.domain, true).await
    }

    /// Stores what an actor says of itself under a handle that is known to be its own. `confirmed`
    /// says that WebFinger did so just now.
    pub(crate) async fn store_actor(
        &self,
        actor: &Actor,
        username: &str,
        domain: &str,
        confirmed: bool,
    ) -> Result<Option<Account>> {
        let app = self.app;
        let domain = ascii_domain(domain);
        if !is_username(username) || app.config.is_local_host(&domain) {
            return Ok(None);
        }
        let (policy, known) = {
            let mut conn = app.db.acquire().await?;
            let policy = domains::policy(app, &mut conn, &domain).await?;
            (policy, db::accounts::by_handle(&mut conn, username, Some(&domain)).await?)
        };
        if policy.is_blocked || known.is_none() && !self.may_add_account().await {
            return Ok(None);
        }

        let keys = self.keys(actor).await?;
        let (moved_to, numbers) = if actor.suspended {
            (None, Numbers::default())
        } else {
            (self.moved_to(actor).await?, self.numbers(actor).await?)
        };

        let now = app.clock.now().naive_utc();
        let remote = Remote {
            username: username.to_owned(),
            domain: domain.clone(),
            uri: actor.uri.clone(),
            url: actor.url.clone(),
            actor_type: actor.kind.clone(),
            inbox_url: actor.inbox.clone(),
            outbox_url: actor.outbox.clone(),
            shared_inbox_url: actor.shared_inbox.clone(),
            followers_url: actor.followers.clone(),
            following_url: actor.following.clone(),
            featured_collection_url: actor.featured.clone(),
            collections_url: actor.collections.clone(),
            created_at: actor
                .published
                .map(|at| at.naive_utc())
                .or(known.as_ref().map(|account| account.created_at))
                .unwrap_or(now),
            display_name: actor.name.clone(),
            note: actor.summary.clone(),
            locked: actor.locked,
            fields: fields(actor, known.as_ref()),
            also_known_as: actor.also_known_as.clone(),
            attribution_domains: actor.attribution_domains.clone(),
            discoverable: actor.discoverable,
            indexable: actor.indexable,
            memorial: actor.memorial,
            show_featured: actor.show_featured,
            show_media: actor.show_media,
            show_media_replies: actor.show_media_replies,
            feature_approval_policy: actor.feature_policy,
            avatar_remote_url: actor.icon.url.clone(),
            avatar_description: actor.icon.description.clone(),
            header_remote_url: actor.image.url.clone(),
            header_description: actor.image.description.clone(),
            hide_collections: numbers.hidden,
            moved_to_account_id: moved_to,
            silenced_at: policy.silenced_at,
            last_webfingered_at: confirmed.then_some(now),
        };

        let mut conn = app.db.acquire().await?;
        let mut tx = conn.begin().await?;
        let inserted = match &known {
            Some(_) => None,
            None => db::accounts::insert_remote(&mut tx, &remote, now).await?,
        };
        let id = match (inserted, &known) {
            (Some(id), _) => id,
            (None, Some(account)) => {
                update(&mut tx, account, actor, &remote, now).await?;
                account.id
            }
            // Somebody else stored it meanwhile.
            (None, None) => {
                let found = db::accounts::by_handle(&mut tx, username, Some(&domain)).await?;
                let found = found.ok_or(Error::Unavailable("The account is being stored"))?;
                update(&mut tx, &found, actor, &remote, now).await?;
                found.id
            }
        };
        if inserted.is_some() && actor.suspended {
            db::accounts::set_remote_suspension(&mut tx, id, true, now).await?;
        }
        if db::keypairs::replace(&mut tx, id, &keys, now).await? {
            db::tombstones::delete_of(&mut tx, id).await?;
        }
        if !actor.suspended && !policy.rejects_media {
            let emojis: Vec<_> = actor
                .emojis
                .iter()
                .map(|emoji| (emoji.shortcode.clone(), emoji.image_url.clone(), emoji.uri.clone()))
                .collect();
            db::custom_emojis::upsert_remote(&mut tx, &domain, &emojis, now).await?;
        }
        if numbers.any() {
            let Numbers { statuses, following, followers, .. } = numbers;
            db::account_stats::overwrite(&mut tx, id, statuses, following, followers, now).await?;
        }
        if !actor.suspended && confirmed && actor.featured.is_some() {
            let job = Job::FetchPins { account_id: id };
            let key = format!("pins-{id}");
            db::jobs::enqueue_once(&mut tx, &job, &key, app.clock.now(), app.clock.now()).await?;
        }
        let stored = db::accounts::find(&mut tx, id).await?;
        tx.commit().await?;
        Ok(stored)
    }

    /// The keys of an actor. Those that do not stand in its document are fetched and must name it
    /// as their owner.
    async fn keys(&self, actor: &Actor) -> Result<Vec<(String, String)>> {
        let mut keys: Vec<(String, String)> = Vec::new();
        for key in &actor.keys {
            let found = match key {
                Key::Own { id, pem } => Some((id.clone(), pem.clone())),
                Key::Elsewhere(id) => self.fetch_key(id, &actor.uri).await?,
            };
            if let Some((id, pem)) = found
                && !keys.iter().any(|(other, _)| *other == id)
            {
                keys.push((id, pem));
            }
        }
        Ok(keys)
    }

    async fn fetch_key(&self, id: &str, owner: &str) -> Result<Option<(String, String)>> {
        // Nobody can take over the name of another server's key.
        if !value::same_host(id, owner) || !self.may_ask(id).await? {
            return Ok(None);
        }
        let Some(url) = document::without_fragment(id) else { return Ok(None) };
        let signer = signer::instance(self.app).await?;
        let answer = document::get_any(self.app, url.as_str(), Some(&signer)).await?;
        let Some(document) = answer.document() else { return Ok(None) };
        let key = match &document["publicKey"] {
            Value::Null => &document,
            key => value::first(key),
        };
        let owned = value::id(&key["owner"]) == Some(owner);
        let pem = value::text(&key["publicKeyPem"]).filter(|_| owned);
        Ok(pem.map(|pem| (id.to_owned(), pem.to_owned())))
    }

    /// Where the account moved to, unless that moved on itself.
    async fn moved_to(&self, actor: &Actor) -> Result<Option<AccountId>> {
        let Some(uri) = actor.moved_to.as_deref().filter(|uri| *uri != actor.uri) else {
            return Ok(None);
        };
        // A chain of moves is not followed: it may have no end.
        let Some(fetcher) = self.after_move() else { return Ok(None) };
        let target = match Box::pin(fetcher.known_account(uri)).await {
            Ok(target) => target,
            Err(error) if error.is_temporary() => None,
            Err(error) => return Err(error),
        };
        Ok(target.filter(|target| target.moved_to_account_id.is_none()).map(|target| target.id))
    }

    /// The numbers its collections publish, and whether it hides who follows whom.
    async fn numbers(&self, actor: &Actor) -> Result<Numbers> {
        let signer = signer::instance(self.app).await?;
        let collection = async |uri: &str| {
            if uri.is_empty() || !value::same_host(uri, &actor.uri) {
                return None;
            }
            document::get(self.app, uri, Some(&signer)).await.ok()?.document()
        };
        let (outbox, following, followers) = tokio::join!(
            collection(&actor.outbox),
            collection(&actor.following),
            collection(&actor.followers)
        );
        let total =
            |collection: &Option<Value>| Some(collection.as_ref()?["totalItems"].as_i64()?.max(0));
        let hidden = match (&following, &followers) {
            (None, None) => None,
            (following, followers) => {
                let lists = [following, followers];
                Some(lists.into_iter().flatten().any(|collection| collection["first"].is_null()))
            }
        };
        Ok(Numbers {
            statuses: total(&outbox),
            following: total(&following),
            followers: total(&followers),
            hidden,
        })
    }
}

/// What a remote account's collections say.
#[derive(Clone, Copy, Debug, Default)]
struct Numbers {
    statuses: Option<i64>,
    following: Option<i64>,
    followers: Option<i64>,
    hidden: Option<bool>,
}

impl Numbers {
    fn any(&self) -> bool {
        self.statuses.is_some() || self.following.is_some() || self.followers.is_some()
    }
}

async fn update(
    conn: &mut db::PgConnection,
    known: &Account,
    actor: &Actor,
    remote: &Remote,
    now: chrono::NaiveDateTime,
) -> Result<()> {
    db::accounts::set_remote_suspension(conn, known.id, actor.suspended, now).await?;
    let suspended_here = known.suspended_at.is_some() && known.suspension_origin != Some(1);
    if actor.suspended || suspended_here {
        db::accounts::update_remote_protocol(conn, known.id, remote, now).await?;
    } else {
        db::accounts::update_remote(conn, known.id, remote, now).await?;
    }
    Ok(())
}

/// The handle an actor goes by, as it says itself.
fn claimed_handle(actor: &Actor) -> Option<Acct> {
    if let Some((name, domain)) = &actor.webfinger {
        return Acct::parse(&format!("{name}@{domain}"));
    }
    let name = actor.preferred_username.as_deref()?;
    Acct::parse(&format!("{name}@{}", value::domain_of(&actor.uri)?))
}

/// The fields of the profile; those that stayed the same stay verified.
fn fields(actor: &Actor, known: Option<&Account>) -> Value {
    let Some(fields) = &actor.fields else { return json!({}) };
    let before = known.and_then(|account| account.fields.as_ref()).and_then(Value::as_array);
    let verified = |name: &str, value: &str| {
        let same = |field: &&Value| field["name"] == name && field["value"] == value;
        before?.iter().find(same).map(|field| field["verified_at"].clone())
    };
    fields
        .iter()
        .map(|(name, value)| match verified(name, value) {
            Some(at) if !at.is_null() => {
                json!({ "name": name, "value": value, "verified_at": at })
            }
            _ => json!({ "name": name, "value": value }),
        })
        .collect()
}
