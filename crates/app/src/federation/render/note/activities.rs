//! What tells the world of a status, of its edits and of its numbers.

use chrono::{DateTime, NaiveDateTime, Utc};
use ferrodon_core::{StatusId, Visibility};

use super::Notes;
use crate::federation::render::{Object, Terms};
use crate::federation::uris;

impl Notes<'_> {
    /// What tells the world of the status: its `Create`, or `Announce` for a boost.
    #[must_use]
    pub fn activity(&self, id: StatusId) -> Option<Object> {
        let status = self.statuses.get(&id)?;
        if status.reblog_of_id.is_some() {
            return self.announce(id, true);
        }
        let author = self.authors.get(&status.account_id)?;
        let uri = uris::status(self.config, author, status);
        let mut activity = Object::default();
        activity
            .set("id", format!("{uri}/activity"))
            .set("type", "Create")
            .set("actor", uris::actor(self.config, author));
        self.surround(&mut activity, status.created_at, id)?;
        Some(activity)
    }

    /// The `Announce` of a boost. With `inline`, one's own followers-only post goes along.
    #[must_use]
    pub fn announce(&self, id: StatusId, inline: bool) -> Option<Object> {
        let status = self.statuses.get(&id)?;
        let author = self.authors.get(&status.account_id)?;
        let original = self.references.get(&status.reblog_of_id?)?;
        let (to, cc) = self.audience(status, author);
        let mut activity = Object::default();
        activity
            .set("id", uris::status(self.config, author, status))
            .set("type", "Announce")
            .set("actor", uris::actor(self.config, author))
            .set("published", uris::time(status.created_at))
            .set("to", to)
            .set("cc", cc);
        let own_private = original.visibility == Visibility::Private
            && original.actor.domain.is_none()
            && original.actor.id == author.id;
        match self.note(original.id).filter(|_| inline && own_private) {
            Some(note) => activity.embed("object", note),
            None => activity.set("object", uris::reference(self.config, original)),
        };
        Some(activity)
    }

    /// The `Update` of an edited status. `at` is now for a change that leaves the text alone.
    #[must_use]
    pub fn update(&self, id: StatusId, at: Option<DateTime<Utc>>) -> Option<Object> {
        let status = self.statuses.get(&id)?;
        let author = self.authors.get(&status.account_id)?;
        let uri = uris::status(self.config, author, status);
        let edited_at = at.map_or(status.edited_at, |at| Some(at.naive_utc()));
        let edited_at = edited_at.unwrap_or(status.created_at);
        let mut activity = Object::default();
        activity
            .set("id", format!("{uri}#updates/{}", edited_at.and_utc().timestamp()))
            .set("type", "Update")
            .set("actor", uris::actor(self.config, author));
        self.surround(&mut activity, edited_at, id)?;
        Some(activity)
    }

    /// The `Update` that tells a poll's numbers.
    #[must_use]
    pub fn update_poll(&self, id: StatusId) -> Option<Object> {
        let status = self.statuses.get(&id)?;
        let author = self.authors.get(&status.account_id)?;
        let poll = self.polls.get(&id)?;
        let uri = uris::status(self.config, author, status);
        let mut activity = Object::default();
        activity
            .set("id", format!("{uri}#updates/{}", poll.updated_at.and_utc().timestamp()))
            .set("type", "Update")
            .set("actor", uris::actor(self.config, author))
            .set("to", self.audience(status, author).0)
            .embed("object", self.note(id)?);
        Some(activity)
    }

    /// The `QuoteRequest` with which the author of a status asks to quote another's.
    #[must_use]
    pub fn quote_request(&self, id: StatusId, activity_uri: &str) -> Option<Object> {
        let status = self.statuses.get(&id)?;
        let author = self.authors.get(&status.account_id)?;
        let quoted = self.references.get(&self.quotes.get(&id)?.quoted_status_id?)?;
        let mut activity = Object::default();
        activity.context.need(&[Terms::QuoteRequests]);
        activity
            .set("id", activity_uri)
            .set("type", "QuoteRequest")
            .set("actor", uris::actor(self.config, author))
            .set("object", uris::reference(self.config, quoted))
            .embed("instrument", self.note(id)?);
        Some(activity)
    }

    /// Whether the author of what the status quotes has yet to allow it.
    #[must_use]
    pub fn awaits_quote(&self, id: StatusId) -> bool {
        const PENDING: i32 = 0;
        self.quotes.get(&id).is_some_and(|quote| quote.state == PENDING)
    }

    /// `published`, `to` and `cc` as in the note, and the note.
    fn surround(
        &self,
        activity: &mut Object,
        published: NaiveDateTime,
        id: StatusId,
    ) -> Option<()> {
        let note = self.note(id)?;
        activity
            .set("published", uris::time(published))
            .set("to", note.members.get("to").cloned())
            .set("cc", note.members.get("cc").cloned())
            .embed("object", note);
        Some(())
    }
}
