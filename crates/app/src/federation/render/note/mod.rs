//! Statuses as `Note` or `Question`, and the activities that announce them to the world.

mod activities;
mod parts;

use std::collections::HashMap;

use chrono::{DateTime, NaiveDateTime, Utc};
use ferrodon_core::text::local;
use ferrodon_core::{AccountId, Config, StatusId, Visibility};
use ferrodon_db as db;
use ferrodon_db::PgConnection;
use ferrodon_db::accounts::Account;
use ferrodon_db::documents::{
    Conversation, Counts, Emoji, Medium, Mention, Poll, Quote, Reference,
};
use ferrodon_db::statuses::Status;
use serde_json::{Value, json};

use super::emoji::shortcodes;
use super::{Object, Terms};
use crate::Result;
use crate::federation::uris::{self, PUBLIC};

/// Statuses of ours with all that hangs on them, read together: the number of queries does not
/// depend on how many statuses there are.
#[derive(Debug)]
pub struct Notes<'a> {
    config: &'a Config,
    now: NaiveDateTime,
    local_domains: Vec<String>,
    base_url: String,
    statuses: HashMap<StatusId, Status>,
    authors: HashMap<AccountId, Account>,
    references: HashMap<StatusId, Reference>,
    mentions: HashMap<StatusId, Vec<Mention>>,
    tags: HashMap<StatusId, Vec<String>>,
    media: HashMap<StatusId, Vec<Medium>>,
    polls: HashMap<StatusId, Poll>,
    quotes: HashMap<StatusId, Quote>,
    counts: HashMap<StatusId, Counts>,
    self_replies: HashMap<StatusId, Vec<(StatusId, String)>>,
    conversations: HashMap<i64, Conversation>,
    emojis: HashMap<String, Emoji>,
}

impl<'a> Notes<'a> {
    /// Reads everything that rendering `statuses` takes.
    pub async fn load(
        conn: &mut PgConnection,
        config: &'a Config,
        now: DateTime<Utc>,
        statuses: &[Status],
    ) -> Result<Notes<'a>> {
        let mut all: HashMap<StatusId, Status> =
            statuses.iter().map(|status| (status.id, status.clone())).collect();
        // Boosting one's own followers-only post sends the post along, so it is read too.
        let boosted: Vec<StatusId> =
            statuses.iter().filter_map(|status| status.reblog_of_id).collect();
        if !boosted.is_empty() {
            for status in db::statuses::by_ids(conn, &boosted).await? {
                if status.visibility == Visibility::Private && status.local == Some(true) {
                    all.entry(status.id).or_insert(status);
                }
            }
        }

        let ids: Vec<StatusId> = all.keys().copied().collect();
        let authors: Vec<AccountId> = all.values().map(|status| status.account_id).collect();
        let authors = db::accounts::by_ids(conn, &authors).await?;
        let quotes = db::documents::quotes(conn, &ids).await?;
        let mut referred = boosted;
        referred.extend(all.values().filter_map(|status| status.in_reply_to_id));
        referred.extend(quotes.iter().filter_map(|quote| quote.quoted_status_id));
        let references = db::documents::references(conn, &referred).await?;
        let mentions = db::documents::mentions(conn, &ids).await?;
        let tags = db::documents::tags(conn, &ids).await?;
        let media = db::documents::media(conn, &ids).await?;
        let polls = db::documents::polls(conn, &ids).await?;
        let counts = db::documents::counts(conn, &ids).await?;
        let replies = db::documents::self_replies(conn, &ids).await?;
        let conversations: Vec<i64> =
            all.values().filter_map(|status| status.conversation_id).map(|id| id.0).collect();
        let conversations = db::documents::conversations(conn, &conversations).await?;

        let mut codes = Vec::new();
        for status in all.values() {
            shortcodes(&status.spoiler_text, &mut codes);
            shortcodes(&status.text, &mut codes);
        }
        for option in polls.iter().flat_map(|poll| &poll.options) {
            shortcodes(option, &mut codes);
        }
        let emojis =
            if codes.is_empty() { Vec::new() } else { db::documents::emojis(conn, &codes).await? };

        let mut notes = Self {
            config,
            now: now.naive_utc(),
            local_domains: local::local_domains(config),
            base_url: config.base_url(),
            statuses: all,
            authors: authors.into_iter().map(|account| (account.id, account)).collect(),
            references: references.into_iter().map(|one| (one.id, one)).collect(),
            mentions: HashMap::new(),
            tags: HashMap::new(),
            media: HashMap::new(),
            polls: polls.into_iter().map(|poll| (poll.status_id, poll)).collect(),
            quotes: quotes.into_iter().map(|quote| (quote.status_id, quote)).collect(),
            counts: counts.into_iter().collect(),
            self_replies: HashMap::new(),
            conversations: conversations.into_iter().map(|one| (one.id, one)).collect(),
            emojis: emojis.into_iter().map(|one| (one.shortcode.clone(), one)).collect(),
        };
        for mention in mentions {
            notes.mentions.entry(mention.status_id).or_default().push(mention);
        }
        for (status, name) in tags {
            notes.tags.entry(status).or_default().push(name);
        }
        for medium in media {
            notes.media.entry(medium.status_id).or_default().push(medium);
        }
        for (parent, id, uri) in replies {
            let author = notes.statuses.get(&parent).and_then(|s| notes.authors.get(&s.account_id));
            let Some(author) = author else { continue };
            let uri = uri
                .filter(|uri| !uri.is_empty())
                .unwrap_or_else(|| uris::new_status(config, author, id, false));
            notes.self_replies.entry(parent).or_default().push((id, uri));
        }
        Ok(notes)
    }

    /// The author of a status that was loaded.
    #[must_use]
    pub fn author(&self, id: StatusId) -> Option<&Account> {
        self.authors.get(&self.statuses.get(&id)?.account_id)
    }

    /// The status as a `Note`, or a `Question` if it has a poll.
    #[must_use]
    pub fn note(&self, id: StatusId) -> Option<Object> {
        let status = self.statuses.get(&id)?;
        let author = self.authors.get(&status.account_id)?;
        let config = self.config;
        let poll = self.polls.get(&id);
        let uri = uris::status(config, author, status);
        let actor = uris::actor(config, author);
        let parent = status.in_reply_to_id.and_then(|id| self.references.get(&id));
        let (to, cc) = self.audience(status, author);

        let mut note = Object::default();
        note.context.need(&[
            Terms::AtomUri,
            Terms::Conversation,
            Terms::Sensitive,
            Terms::VotersCount,
            Terms::Quotes,
            Terms::InteractionPolicies,
        ]);
        note.set("id", uri.as_str())
            .set("type", if poll.is_some() { "Question" } else { "Note" })
            .set("summary", Some(status.spoiler_text.as_str()).filter(|text| !text.is_empty()))
            .set("inReplyTo", parent.map(|parent| in_reply_to(config, parent)))
            .set("published", uris::time(status.created_at))
            .set("url", uris::status_page(config, author, status))
            .set("attributedTo", actor.as_str())
            .set("to", to)
            .set("cc", cc)
            .set("sensitive", status.sensitive || author.sensitized_at.is_some())
            .set("atomUri", uri.as_str())
            .set("inReplyToAtomUri", parent.map(|parent| uris::reference(config, parent)));
        let conversation = status
            .conversation_id
            .and_then(|id| self.conversations.get(&id.0))
            .map(|conversation| uris::conversation(config, conversation));
        let context = conversation.clone().filter(|uri| uri.starts_with("http"));
        note.set("conversation", conversation).set("context", context);

        let quote = self.quotes.get(&id);
        let quoted = quote.and_then(|quote| self.references.get(&quote.quoted_status_id?));
        let content = self.content(status, quoted);
        note.set("content", content.as_str());
        if let Some(language) = status.language.as_deref().filter(|code| !code.is_empty()) {
            note.set("contentMap", json!({ language_key(language): content }));
        }
        if let Some(edited_at) = status.edited_at {
            note.set("updated", uris::time(edited_at));
        }
        if let Some(quote) = quote {
            self.set_quote(&mut note, quote, quoted);
        }
        note.set("interactionPolicy", self.interaction_policy(status, &actor));
        note.embed_all("attachment", self.media_of(status).map(|medium| self.attachment(medium)));
        note.embed_all("tag", self.tags_of(status, poll));
        self.set_collections(&mut note, status, &uri);
        if let Some(poll) = poll {
            self.set_poll(&mut note, poll);
        }
        Some(note)
    }

    /// `to` and `cc` of a status.
    fn audience(&self, status: &Status, author: &Account) -> (Vec<String>, Vec<String>) {
        let followers = uris::followers(self.config, author);
        let mut mentioned = Vec::new();
        let all = self.mentions.get(&status.id).map_or(&[][..], Vec::as_slice);
        for mention in all.iter().filter(|mention| !mention.silent) {
            if author.silenced_at.is_some() && !mention.follows_author {
                continue;
            }
            mentioned.push(uris::actor(self.config, &mention.actor));
            if mention.actor_type.as_deref() == Some("Group") {
                let theirs = match mention.actor.domain {
                    Some(_) => mention.followers_url.clone(),
                    None => uris::followers(self.config, &mention.actor),
                };
                mentioned.extend(Some(theirs).filter(|url| !url.is_empty()));
            }
        }
        let (to, mut cc) = match status.visibility {
            Visibility::Public => (vec![PUBLIC.to_owned()], vec![followers]),
            Visibility::Unlisted => (vec![followers], vec![PUBLIC.to_owned()]),
            Visibility::Private => (vec![followers], Vec::new()),
            Visibility::Direct | Visibility::Limited => return (mentioned, Vec::new()),
        };
        if let Some(original) = status.reblog_of_id.and_then(|id| self.references.get(&id)) {
            cc.insert(0, uris::actor(self.config, &original.actor));
        }
        cc.append(&mut mentioned);
        (to, cc)
    }

    fn content(&self, status: &Status, quoted: Option<&Reference>) -> String {
        let site = local::Site { base_url: &self.base_url, local_domains: &self.local_domains };
        let mentions = self.mentions.get(&status.id).map_or(&[][..], Vec::as_slice);
        let mentioned: Vec<local::Mentioned> = mentions
            .iter()
            .filter(|mention| !mention.silent)
            .map(|mention| local::Mentioned {
                username: mention.actor.username.clone(),
                domain: mention.actor.domain.clone(),
                url: uris::profile(self.config, &mention.actor),
            })
            .collect();
        let html = local::to_html(&site, &status.text, &mentioned);
        match quoted {
            Some(quoted) => {
                local::with_quote_fallback(html, &uris::reference_page(self.config, quoted))
            }
            None => html,
        }
    }

    fn set_quote(&self, note: &mut Object, quote: &Quote, quoted: Option<&Reference>) {
        let Some(quoted) = quoted else {
            note.set("quote", json!({ "type": "Tombstone" }));
            return;
        };
        let uri = uris::reference(self.config, quoted);
        note.set("quote", uri.as_str())
            .set("_misskey_quote", uri.as_str())
            .set("quoteUri", uri.as_str());
        const ACCEPTED: i32 = 1;
        let stamp = match quoted.actor.domain {
            None if quote.state == ACCEPTED => {
                Some(uris::quote_authorization(self.config, &quoted.actor, quote.id))
            }
            None => None,
            Some(_) => quote.approval_uri.clone(),
        };
        if let Some(stamp) = stamp {
            note.set("quoteAuthorization", stamp);
        }
    }

    /// Who may quote the status without being asked about.
    fn interaction_policy(&self, status: &Status, actor: &str) -> Value {
        let policy = status.quote_approval_policy >> 16;
        let mut allowed = Vec::new();
        if status.visibility.is_distributable() {
            if policy & 2 != 0 {
                allowed.push(PUBLIC.to_owned());
            }
            if policy & 4 != 0 {
                allowed.push(format!("{actor}/followers"));
            }
            if policy & 8 != 0 {
                allowed.push(format!("{actor}/following"));
            }
        }
        if allowed.is_empty() {
            allowed.push(actor.to_owned());
        }
        json!({ "canQuote": { "automaticApproval": allowed } })
    }
}

/// The id of what is answered; an id that cannot be fetched gives way to the page.
fn in_reply_to(config: &Config, parent: &Reference) -> String {
    let uri = uris::reference(config, parent);
    if uri.starts_with("http") { uri } else { uris::reference_page(config, parent) }
}

/// The language as a key of `contentMap`. Mastodon camel-cases all but a few of them, and other
/// software has learnt to read that.
fn language_key(code: &str) -> String {
    if matches!(code, "zh-CN" | "zh-HK" | "zh-TW" | "zh-YUE") {
        return code.to_owned();
    }
    let mut key = String::with_capacity(code.len());
    for (i, part) in code.split(['-', '_']).enumerate() {
        let mut letters = part.chars();
        match letters.next() {
            Some(first) if i > 0 => key.extend(first.to_uppercase()),
            Some(first) => key.extend(first.to_lowercase()),
            None => continue,
        }
        key.push_str(&letters.as_str().to_lowercase());
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_written_as_mastodon_writes_them() {
        for (code, key) in [
            ("en", "en"),
            ("zh-TW", "zh-TW"),
            ("mn-Mong", "mnMong"),
            ("nan-TW", "nanTw"),
            ("pt-BR", "ptBr"),
        ] {
            assert_eq!(language_key(code), key);
        }
    }
}
