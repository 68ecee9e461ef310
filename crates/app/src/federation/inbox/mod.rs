//! What happens when another server sends us something. The request was answered long ago; this
//! runs in a worker. An activity about something that is not its sender's changes nothing.

pub(crate) mod accept;
mod add;
pub(crate) mod announce;
mod block;
mod create;
pub(crate) mod delete;
mod flag;
mod follow;
mod forward;
mod like;
pub(crate) mod marks;
mod migrate;
mod quote_request;
mod reject;
mod undo;
mod update;

use ferrodon_activitypub::value;
use ferrodon_core::AccountId;
use ferrodon_db as db;
use ferrodon_db::accounts::Account;
use serde_json::Value;

use super::fetch::Fetcher;
use super::sender;
use crate::{App, Result};

/// The types a suspended account may still send: they only take things away.
const FROM_SUSPENDED: [&str; 4] = ["Delete", "Reject", "Undo", "Update"];

/// An activity and everything about how it came.
pub(crate) struct Inbound<'a> {
    pub(crate) app: &'a App,
    /// Who acts: the account whose key signed the request, or the document.
    pub(crate) sender: Account,
    /// The account of ours whose own inbox it came to.
    pub(crate) recipient: Option<AccountId>,
    /// Who passed it on, if its document was signed by somebody else.
    pub(crate) relay: Option<Account>,
    pub(crate) fetcher: Fetcher<'a>,
    /// The document as it came, with the signature inside it; none if it has no such signature and
    /// so cannot be passed on.
    signed: Option<Value>,
}

/// Takes an activity that `sender_id` signed.
pub async fn process(
    app: &App,
    sender_id: AccountId,
    body: &str,
    recipient_id: Option<AccountId>,
) -> Result<()> {
    let signer = {
        let mut conn = app.db.acquire().await?;
        db::accounts::find(&mut conn, sender_id).await?
    };
    let Some(signer) = signer.filter(|signer| !signer.is_local()) else { return Ok(()) };
    let Ok(document) = serde_json::from_str::<Value>(body) else { return Ok(()) };
    if !document.is_object() || !value::has_context(&document) {
        return Ok(());
    }
    let signed = document["signature"].is_object().then(|| document.clone());
    let names_another = value::id(&document["actor"]).is_some_and(|actor| actor != signer.uri);

    let (inbound, document) = if names_another {
        let Some((creator, readable)) = sender::creator_of(app, &document).await? else {
            return Ok(());
        };
        let creator = {
            let mut conn = app.db.acquire().await?;
            db::accounts::find(&mut conn, creator.id).await?
        };
        let Some(creator) = creator.filter(|creator| !creator.is_local()) else { return Ok(()) };
        let relay = Some(signer);
        (Inbound::new(app, creator, recipient_id, relay, signed), readable)
    } else {
        (Inbound::new(app, signer, recipient_id, None, signed), document)
    };

    // Collections of activities are taken apart, the oldest first.
    let items = if value::is_a(&document, &["Collection", "CollectionPage"]) {
        &document["items"]
    } else if value::is_a(&document, &["OrderedCollection", "OrderedCollectionPage"]) {
        &document["orderedItems"]
    } else {
        return inbound.receive(&document).await;
    };
    for item in value::many(items).iter().rev().filter(|item| item.is_object()) {
        inbound.receive(item).await?;
    }
    Ok(())
}

impl<'a> Inbound<'a> {
    fn new(
        app: &'a App,
        sender: Account,
        recipient: Option<AccountId>,
        relay: Option<Account>,
        signed: Option<Value>,
    ) -> Self {
        Self { app, sender, recipient, relay, fetcher: Fetcher::new(app), signed }
    }

    /// The list of everything we understand. Other types are ignored.
    async fn receive(&self, activity: &Value) -> Result<()> {
        let Some(kind) = activity["type"].as_str() else { return Ok(()) };
        if self.sender.suspended_at.is_some() && !FROM_SUSPENDED.contains(&kind) {
            return Ok(());
        }
        match kind {
            "Create" => create::receive(self, activity).await,
            "Announce" => announce::receive(self, activity).await,
            "Delete" => delete::receive(self, activity).await,
            "Follow" => follow::receive(self, activity).await,
            "Like" => like::receive(self, activity).await,
            "Block" => block::receive(self, activity).await,
            "Update" => update::receive(self, activity).await,
            "Undo" => undo::receive(self, activity).await,
            "Accept" => accept::receive(self, activity).await,
            "Reject" => reject::receive(self, activity).await,
            "Flag" => flag::receive(self, activity).await,
            "Add" => add::receive(self, activity, true).await,
            "Remove" => add::receive(self, activity, false).await,
            "Move" => migrate::receive(self, activity).await,
            "QuoteRequest" => quote_request::receive(self, activity).await,
            _ => Ok(()),
        }
    }

    /// Whether an address is on the sender's host.
    fn is_senders(&self, uri: &str) -> bool {
        value::same_host(uri, &self.sender.uri)
    }

    /// Whether it came from or through a relay that we listen to.
    async fn is_relayed(&self, conn: &mut db::PgConnection) -> Result<bool> {
        let passed_on = self.relay.as_ref().unwrap_or(&self.sender);
        // Anybody can say that their inbox is a relay's.
        if !value::same_host(&passed_on.inbox_url, &passed_on.uri) {
            return Ok(false);
        }
        Ok(db::relays::is_enabled(conn, &passed_on.inbox_url).await?)
    }

    /// Whether somebody here follows the sender, or who passed it on.
    async fn is_followed(&self, conn: &mut db::PgConnection) -> Result<bool> {
        if db::accounts::has_local_follower(conn, self.sender.id).await? {
            return Ok(true);
        }
        match &self.relay {
            Some(relay) => Ok(db::accounts::has_local_follower(conn, relay.id).await?),
            None => Ok(false),
        }
    }
}
