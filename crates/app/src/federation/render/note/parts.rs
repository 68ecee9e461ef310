//! The parts of a note: media, mentions and tags, answers and likes, a poll.

use ferrodon_core::media::Attachment;
use ferrodon_core::text::local;
use ferrodon_db::documents::{Medium, Poll};
use ferrodon_db::statuses::Status;
use serde_json::{Value, json};

use super::Notes;
use crate::federation::render::emoji::{emoji, shortcodes};
use crate::federation::render::{Object, Terms, hashtag, image};
use crate::federation::uris;

impl Notes<'_> {
    /// The media of a status in the author's order.
    pub(super) fn media_of<'s>(&'s self, status: &'s Status) -> impl Iterator<Item = &'s Medium> {
        const MOST: usize = 4;
        let all = self.media.get(&status.id).map_or(&[][..], Vec::as_slice);
        let ordered: Vec<&Medium> = match &status.ordered_media_attachment_ids {
            Some(ids) => {
                ids.iter().filter_map(|id| all.iter().find(|medium| medium.id == *id)).collect()
            }
            None => all.iter().collect(),
        };
        ordered.into_iter().take(MOST)
    }

    pub(super) fn attachment(&self, medium: &Medium) -> Object {
        let config = self.config;
        let file = medium.file_name.as_deref().unwrap_or_default();
        let url = Attachment::MediaFile.url(config, medium.id, "original", file, false);
        let meta = medium.file_meta.as_ref().unwrap_or(&Value::Null);
        let mut object = Object::default();
        object.context.need(&[Terms::Blurhash, Terms::FocalPoint]);
        object
            .set("type", "Document")
            .set("mediaType", medium.content_type.as_deref())
            .set("url", url)
            .set("name", medium.description.as_deref().filter(|text| !text.is_empty()))
            .set("blurhash", medium.blurhash.as_deref());
        if let (Some(x), Some(y)) = (meta["focus"]["x"].as_f64(), meta["focus"]["y"].as_f64()) {
            object.set("focalPoint", json!([x, y]));
        }
        for side in ["width", "height"] {
            if let Some(length) = meta["original"][side].as_i64() {
                object.set(side, length);
            }
        }
        if let Value::Number(seconds) = &meta["original"]["duration"] {
            object.set("duration", format!("PT{seconds}S"));
        }
        if let Some(file) = &medium.thumbnail_file_name {
            let url = Attachment::MediaThumbnail.url(config, medium.id, "original", file, false);
            object.embed("icon", image(medium.thumbnail_content_type.as_deref(), url, None));
        }
        object
    }

    /// Mentions, hashtags, and the emoji in the texts.
    pub(super) fn tags_of(&self, status: &Status, poll: Option<&Poll>) -> Vec<Object> {
        let mut all = Vec::new();
        for mention in self.mentions.get(&status.id).into_iter().flatten() {
            if mention.silent {
                continue;
            }
            let actor = &mention.actor;
            let handle = match &actor.domain {
                Some(domain) => format!("@{}@{domain}", actor.username),
                None => format!("@{}", actor.username),
            };
            let mut tag = Object::default();
            tag.set("type", "Mention")
                .set("href", uris::actor(self.config, actor))
                .set("name", handle);
            all.push(tag);
        }
        for name in self.tags.get(&status.id).into_iter().flatten() {
            all.push(hashtag(local::hashtag_url(&self.base_url, name), name));
        }
        let mut codes = Vec::new();
        shortcodes(&status.spoiler_text, &mut codes);
        shortcodes(&status.text, &mut codes);
        for option in poll.into_iter().flat_map(|poll| &poll.options) {
            shortcodes(option, &mut codes);
        }
        let emojis = codes.iter().filter_map(|code| self.emojis.get(code));
        all.extend(emojis.map(|found| emoji(self.config, found)));
        all
    }

    /// Answers, likes and boosts.
    pub(super) fn set_collections(&self, note: &mut Object, status: &Status, uri: &str) {
        let replies = self.self_replies.get(&status.id).map_or(&[][..], Vec::as_slice);
        let next = match replies.last() {
            Some((last, _)) => format!("{uri}/replies?min_id={last}&page=true"),
            None => format!("{uri}/replies?only_other_accounts=true&page=true"),
        };
        let items: Vec<&str> = replies.iter().map(|(_, uri)| uri.as_str()).collect();
        let counts = self.counts.get(&status.id).copied().unwrap_or_default();
        note.set(
            "replies",
            json!({
                "id": format!("{uri}/replies"),
                "type": "Collection",
                "first": {
                    "type": "CollectionPage",
                    "next": next,
                    "partOf": format!("{uri}/replies"),
                    "items": items,
                },
            }),
        );
        for (name, total) in [("likes", counts.favourites), ("shares", counts.reblogs)] {
            let id = format!("{uri}/{name}");
            note.set(name, json!({ "id": id, "type": "Collection", "totalItems": total.max(0) }));
        }
    }

    pub(super) fn set_poll(&self, note: &mut Object, poll: &Poll) {
        let over = poll.expires_at.is_some_and(|at| at <= self.now);
        let hidden = poll.hide_totals && !over;
        let options: Vec<Value> = poll
            .options
            .iter()
            .enumerate()
            .map(|(i, name)| {
                let votes = poll.cached_tallies.get(i).copied().unwrap_or(0);
                let total = if hidden { Value::Null } else { votes.into() };
                json!({
                    "type": "Note",
                    "name": name,
                    "replies": { "type": "Collection", "totalItems": total },
                })
            })
            .collect();
        if let Some(at) = poll.expires_at {
            note.set("endTime", uris::time(at));
            if over {
                note.set("closed", uris::time(at));
            }
        }
        if let Some(voters) = poll.voters_count {
            note.set("votersCount", voters);
        }
        note.set(if poll.multiple { "anyOf" } else { "oneOf" }, options);
    }
}
