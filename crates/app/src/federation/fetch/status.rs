//! From a post's document to a row in `statuses`.

use ferrodon_activitypub::{note, value};
use ferrodon_db as db;
use ferrodon_db::statuses::Status;
use serde_json::Value;

use super::Fetcher;
use super::document::{self, Answer};
use crate::Result;
use crate::federation::inbox::{announce, delete};
use crate::federation::store::Arrival;
use crate::federation::{edit, signer, store};

impl Fetcher<'_> {
    /// Fetches a post, even one we know, and stores what it says now. A public post that is gone
    /// there is removed here.
    pub async fn fetch_status(&self, uri: &str) -> Result<Option<Status>> {
        if !self.may_ask(uri).await? {
            return Ok(None);
        }
        let signer = signer::instance(self.app).await?;
        match document::get(self.app, uri, Some(&signer)).await? {
            Answer::Document(document) => self.take_status(&document).await,
            Answer::Gone(_) => {
                delete::orphan(self.app, uri).await?;
                Ok(None)
            }
            Answer::Unusable | Answer::Later => Ok(None),
        }
    }

    /// Stores a post whose document was fetched from its own address: itself, or an activity
    /// around it.
    pub(crate) async fn take_status(&self, document: &Value) -> Result<Option<Status>> {
        let Some(id) = value::id(document).filter(|_| value::has_context(document)) else {
            return Ok(None);
        };
        let wrapped = value::is_a(document, &["Create", "Announce"]);
        let author = if wrapped { &document["actor"] } else { &document["attributedTo"] };
        let Some(author_uri) = value::id(value::first(author)) else { return Ok(None) };
        if !value::same_host(id, author_uri) {
            return Ok(None);
        }
        let Some(author) = Box::pin(self.account(author_uri)).await? else { return Ok(None) };
        if author.suspended_at.is_some() || author.is_local() {
            return Ok(None);
        }

        if value::is_a(document, &["Announce"]) {
            return Box::pin(announce::fetched(self, &author, document)).await;
        }
        let object = if wrapped { &document["object"] } else { document };
        let activity = if wrapped { document } else { &Value::Null };
        let Some(note) = note::Note::read(object, activity) else { return Ok(None) };
        if !value::same_host(&note.uri, author_uri) {
            return Ok(None);
        }

        let known = {
            let mut conn = self.app.db.acquire().await?;
            db::statuses::by_uri(&mut conn, &note.uri).await?
        };
        match known {
            Some(status) if status.account_id == author.id => {
                Box::pin(edit::apply(self, &author, &status, &note)).await?;
                let mut conn = self.app.db.acquire().await?;
                Ok(db::statuses::find(&mut conn, status.id).await?)
            }
            Some(_) => Ok(None),
            None => {
                if !self.may_add_status().await {
                    return Ok(None);
                }
                Box::pin(store::store(self, &author, &note, Arrival::Fetched)).await
            }
        }
    }
}
