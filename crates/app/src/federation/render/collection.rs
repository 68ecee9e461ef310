//! Lists of ours: outboxes, followers, pinned posts, answers.

use ferrodon_core::Config;
use ferrodon_core::text::local;
use ferrodon_db::accounts::Account;
use serde_json::Value;

use super::{Object, hashtag};

/// A list, whole or as a page, whose members are ids.
#[must_use]
pub fn collection(id: &str, kind: &str) -> Object {
    let mut collection = Object::default();
    collection.set("id", id).set("type", kind);
    collection
}

/// A list that tells only how long it is: likes and boosts of a status.
#[must_use]
pub fn count(id: &str, total: i64) -> Object {
    let mut collection = collection(id, "Collection");
    collection.set("totalItems", total.max(0));
    collection
}

/// A hashtag shown on a profile.
#[must_use]
pub fn featured_tag(config: &Config, account: &Account, name: &str, shown: &str) -> Object {
    let tag = local::hashtag_url("", name);
    let name = tag.strip_prefix("/tags/").unwrap_or(name);
    hashtag(config.url(&format!("/@{}/tagged/{name}", account.username)), shown)
}

/// A page of answers: whole notes for ours, ids for others'.
#[must_use]
pub fn items(objects: Vec<Result<Object, String>>) -> (super::Context, Vec<Value>) {
    let mut context = super::Context::default();
    let mut list = Vec::with_capacity(objects.len());
    for object in objects {
        match object {
            Ok(object) => {
                context.absorb(&object.context);
                list.push(object.members.into());
            }
            Err(id) => list.push(id.into()),
        }
    }
    (context, list)
}
