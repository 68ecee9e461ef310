//! Activities other than those around a note: what people do to each other. Members are exactly
//! those Mastodon sends; where it sends no `to`, neither do we.

use ferrodon_core::{Config, StatusId};
use ferrodon_db::accounts::Account;
use serde_json::{Value, json};

use super::{Object, Terms};
use crate::federation::uris::{self, PUBLIC};

/// Someone follows someone. `uri` names the wish; see [`uris::random`].
#[must_use]
pub fn follow(config: &Config, follower: &Account, target_uri: &str, uri: &str) -> Object {
    plain(uri, "Follow", &uris::actor(config, follower), target_uri.into())
}

/// A wish to follow, or following, is taken back.
#[must_use]
pub fn undo_follow(
    config: &Config,
    follower: &Account,
    target_uri: &str,
    follow_id: i64,
    uri: Option<&str>,
) -> Object {
    let actor = uris::actor(config, follower);
    let named = format!("{actor}#follows/{follow_id}");
    let uri = uri.filter(|uri| !uri.is_empty()).unwrap_or(&named);
    let inner = follow(config, follower, target_uri, uri);
    undo(&format!("{actor}#follows/{follow_id}/undo"), &actor, inner)
}

/// The answer to a `Follow`: `Accept` or `Reject`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Accept,
    Reject,
}

/// A follower from elsewhere is accepted or rejected. `follow_uri` is the id their `Follow` came
/// with; `follow_id` is empty in the answer's own id when no row was kept.
#[must_use]
pub fn answer_follow(
    config: &Config,
    answer: Answer,
    target: &Account,
    follower_uri: &str,
    follow_uri: Option<&str>,
    follow_id: Option<i64>,
) -> Object {
    let actor = uris::actor(config, target);
    let id = follow_id.map(|id| id.to_string()).unwrap_or_default();
    let (kind, verb) = match answer {
        Answer::Accept => ("Accept", "accepts"),
        Answer::Reject => ("Reject", "rejects"),
    };
    let named = format!("{follower_uri}#follows/{id}");
    let follow = json!({
        "id": follow_uri.filter(|uri| !uri.is_empty()).unwrap_or(&named),
        "type": "Follow",
        "actor": follower_uri,
        "object": actor.as_str(),
    });
    plain(&format!("{actor}#{verb}/follows/{id}"), kind, &actor, follow)
}

/// A favourite.
#[must_use]
pub fn like(config: &Config, account: &Account, favourite_id: i64, status_uri: &str) -> Object {
    let actor = uris::actor(config, account);
    plain(&format!("{actor}#likes/{favourite_id}"), "Like", &actor, status_uri.into())
}

/// A favourite is taken back.
#[must_use]
pub fn undo_like(
    config: &Config,
    account: &Account,
    favourite_id: i64,
    status_uri: &str,
) -> Object {
    let actor = uris::actor(config, account);
    let inner = like(config, account, favourite_id, status_uri);
    undo(&format!("{actor}#likes/{favourite_id}/undo"), &actor, inner)
}

/// Someone blocks someone. `uri` names it; see [`uris::random`].
#[must_use]
pub fn block(config: &Config, account: &Account, target_uri: &str, uri: &str) -> Object {
    plain(uri, "Block", &uris::actor(config, account), target_uri.into())
}

/// A block is taken back.
#[must_use]
pub fn undo_block(
    config: &Config,
    account: &Account,
    target_uri: &str,
    block_id: i64,
    uri: Option<&str>,
) -> Object {
    let actor = uris::actor(config, account);
    let named = format!("{actor}#blocks/{block_id}");
    let inner = block(config, account, target_uri, uri.unwrap_or(&named));
    undo(&format!("{actor}#blocks/{block_id}/undo"), &actor, inner)
}

/// A boost is taken back; `announce` is what was sent for it.
#[must_use]
pub fn undo_announce(config: &Config, account: &Account, id: StatusId, announce: Object) -> Object {
    let actor = uris::actor(config, account);
    let mut activity = Object::default();
    activity
        .set("id", format!("{actor}#announces/{id}/undo"))
        .set("type", "Undo")
        .set("actor", actor)
        .set("to", vec![PUBLIC])
        .embed("object", announce);
    activity
}

/// A status is deleted. The address says "everyone" for posts of every visibility.
#[must_use]
pub fn delete_status(config: &Config, author: &Account, status_uri: &str) -> Object {
    let mut tombstone = Object::default();
    tombstone.context.need(&[Terms::AtomUri]);
    tombstone.set("id", status_uri).set("type", "Tombstone").set("atomUri", status_uri);
    let mut activity = Object::default();
    activity
        .set("id", format!("{status_uri}#delete"))
        .set("type", "Delete")
        .set("actor", uris::actor(config, author))
        .set("to", vec![PUBLIC])
        .embed("object", tombstone);
    activity
}

/// A profile changed; `object` is the whole actor.
#[must_use]
pub fn update_actor(config: &Config, account: &Account, object: Object) -> Object {
    let actor = uris::actor(config, account);
    let seconds = account.updated_at.and_utc().timestamp();
    let mut activity = Object::default();
    activity
        .set("id", format!("{actor}#updates/{seconds}"))
        .set("type", "Update")
        .set("actor", actor)
        .set("to", vec![PUBLIC])
        .embed("object", object);
    activity
}

/// A status is pinned (`Add`) or no longer (`Remove`). These have no id.
#[must_use]
pub fn pin(config: &Config, account: &Account, status_uri: &str, pinned: bool) -> Object {
    let actor = uris::actor(config, account);
    let mut activity = Object::default();
    activity
        .set("type", if pinned { "Add" } else { "Remove" })
        .set("actor", actor.as_str())
        .set("target", format!("{actor}/collections/featured"))
        .set("object", status_uri);
    activity
}

/// A hashtag is shown on the profile (`Add`) or no longer (`Remove`).
#[must_use]
pub fn feature_tag(
    config: &Config,
    account: &Account,
    name: &str,
    shown: &str,
    featured: bool,
) -> Object {
    let actor = uris::actor(config, account);
    let mut activity = Object::default();
    activity
        .set("type", if featured { "Add" } else { "Remove" })
        .set("actor", actor.as_str())
        // The collection of pinned posts, though it is a hashtag.
        .set("target", format!("{actor}/collections/featured"))
        .embed("object", super::collection::featured_tag(config, account, name, shown));
    activity
}

/// A vote in a poll from elsewhere: one for each chosen option.
#[must_use]
pub fn vote(
    config: &Config,
    voter: &Account,
    vote_id: i64,
    option: &str,
    poll_status_uri: &str,
    poll_author_uri: &str,
) -> Object {
    let actor = uris::actor(config, voter);
    let id = format!("{actor}#votes/{vote_id}");
    let mut activity = Object::default();
    activity
        .set("id", format!("{id}/activity"))
        .set("type", "Create")
        .set("actor", actor.as_str())
        .set("to", poll_author_uri)
        .set(
            "object",
            json!({
                "id": id,
                "type": "Note",
                "name": option,
                "attributedTo": actor,
                "inReplyTo": poll_status_uri,
                "to": poll_author_uri,
            }),
        );
    activity
}

/// A report for another server's moderators, by the server itself and not the person.
#[must_use]
pub fn flag(config: &Config, uri: &str, comment: &str, objects: &[String]) -> Object {
    let mut activity = Object::default();
    activity
        .set("id", uri)
        .set("type", "Flag")
        .set("actor", config.url("/actor"))
        .set("content", comment)
        .set("object", objects.to_vec());
    activity
}

/// The answer to a request to quote. An accepted one tells the stamp.
#[must_use]
pub fn answer_quote_request(
    config: &Config,
    quoted: &Account,
    quote_id: Option<i64>,
    request: Value,
) -> Object {
    let actor = uris::actor(config, quoted);
    let mut activity = Object::default();
    activity.context.need(&[Terms::QuoteRequests]);
    match quote_id {
        Some(id) => activity
            .set("id", format!("{actor}#accepts/quote_requests/{id}"))
            .set("type", "Accept")
            .set("actor", actor)
            .set("result", uris::quote_authorization(config, quoted, id)),
        None => activity
            .set("id", format!("{actor}#rejects/quote_requests/"))
            .set("type", "Reject")
            .set("actor", actor),
    };
    activity.set("object", request);
    activity
}

/// The stamp that allows `quoting_uri` to quote `quoted_uri`.
#[must_use]
pub fn quote_authorization(
    config: &Config,
    quoted: &Account,
    quote_id: i64,
    quoting_uri: &str,
    quoted_uri: &str,
) -> Object {
    let mut stamp = Object::default();
    stamp.context.need(&[Terms::QuoteAuthorizations]);
    stamp
        .set("id", uris::quote_authorization(config, quoted, quote_id))
        .set("type", "QuoteAuthorization")
        .set("attributedTo", uris::actor(config, quoted))
        .set("interactingObject", quoting_uri)
        .set("interactionTarget", quoted_uri);
    stamp
}

fn plain(id: &str, kind: &str, actor: &str, object: Value) -> Object {
    let mut activity = Object::default();
    activity.set("id", id).set("type", kind).set("actor", actor).set("object", object);
    activity
}

fn undo(id: &str, actor: &str, object: Object) -> Object {
    let mut activity = Object::default();
    activity.set("id", id).set("type", "Undo").set("actor", actor).embed("object", object);
    activity
}
