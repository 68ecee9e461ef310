//! The JSON of the Mastodon API that both answers and streams carry, one file an entity.
//!
//! Rendering takes a list: each kind of related row is read once for all of it.

use std::sync::Arc;

use chrono::{NaiveDate, NaiveDateTime};
use serde::{Serialize, Serializer};

mod account;
mod collection;
mod credential_account;
mod custom_emoji;
mod filter;
mod handles;
mod media_attachment;
mod moderation;
mod notification;
mod poll;
mod preview_card;
mod quote;
mod relationship;
mod report;
mod scheduled_status;
mod status;
mod status_edit;
mod tag;

pub use account::{Account, AccountRole, FeatureApproval, Field, MutedAccount};
pub use collection::{Collection, CollectionItem};
pub use credential_account::{CredentialAccount, Role};
pub use custom_emoji::{CustomEmoji, Emojis};
pub use filter::{Filter, FilterResult, action_word};
pub use media_attachment::MediaAttachment;
pub use moderation::{AccountWarning, Appeal, RelationshipSeveranceEvent};
pub use notification::{
    Extra, Fallback, Notification, Related, SharedStatus, group_key, shows_status,
};
pub use poll::Poll;
pub use preview_card::PreviewCard;
pub use quote::{Quote, QuoteApproval};
pub use relationship::Relationship;
pub use report::Report;
pub use scheduled_status::ScheduledStatus;
pub use status::{Context, Mention, ShallowTag, Status, StatusApplication};
pub use status_edit::{StatusEdit, StatusSource};
pub use tag::{Tag, TagHistory};

/// An instant as clients see it: `2026-01-02T03:04:05.678Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time(pub NaiveDateTime);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&self.0.format("%Y-%m-%dT%H:%M:%S%.3fZ"))
    }
}

/// An instant as a few entities have it: `2026-01-02T03:04:05.678+00:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OffsetTime(pub NaiveDateTime);

impl Serialize for OffsetTime {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&self.0.format("%Y-%m-%dT%H:%M:%S%.3f+00:00"))
    }
}

/// An instant without its fraction: `2026-01-02T03:04:05Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seconds(pub NaiveDateTime);

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&self.0.format("%Y-%m-%dT%H:%M:%SZ"))
    }
}

/// A day: `2026-01-02`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date(pub NaiveDate);

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&self.0.format("%Y-%m-%d"))
    }
}

/// Serializes what several entities of one answer share.
fn shared<T: Serialize, S: Serializer>(value: &Arc<T>, s: S) -> Result<S::Ok, S::Error> {
    value.serialize(s)
}

/// [`shared`] for what may be missing.
fn shared_option<T: Serialize, S: Serializer>(
    value: &Option<Arc<T>>,
    s: S,
) -> Result<S::Ok, S::Error> {
    value.as_deref().serialize(s)
}

/// A row id that has no type of its own, as the string clients get.
fn id_text<S: Serializer>(id: &i64, s: S) -> Result<S::Ok, S::Error> {
    s.collect_str(id)
}
