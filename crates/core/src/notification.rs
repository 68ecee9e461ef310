//! The kinds of notifications, and what each is made from.

use serde::{Deserialize, Serialize};

/// What someone is told of. Stored as text, together with the row it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotificationKind {
    /// Someone mentioned them.
    Mention,
    /// Someone they asked to hear of posted.
    Status,
    /// Someone boosted their post.
    Reblog,
    /// Someone follows them.
    Follow,
    /// Someone asks to follow them.
    FollowRequest,
    /// Someone favourited their post.
    Favourite,
    /// A poll they made or voted in has ended.
    Poll,
    /// A post they boosted was edited.
    Update,
    /// Someone quoted their post.
    Quote,
    /// A post they quoted was edited.
    QuotedUpdate,
    /// They were put into a collection.
    AddedToCollection,
    /// A collection they are in changed.
    CollectionUpdate,
    /// They lost followers or followed accounts to a block.
    SeveredRelationships,
    /// Moderators warned them.
    ModerationWarning,
    /// Their report of the year is there.
    AnnualReport,
    /// Someone signed up.
    #[serde(rename = "admin.sign_up")]
    AdminSignUp,
    /// Someone reported something.
    #[serde(rename = "admin.report")]
    AdminReport,
}

impl NotificationKind {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::Mention,
        Self::Status,
        Self::Reblog,
        Self::Follow,
        Self::FollowRequest,
        Self::Favourite,
        Self::Poll,
        Self::Update,
        Self::Quote,
        Self::QuotedUpdate,
        Self::AddedToCollection,
        Self::CollectionUpdate,
        Self::SeveredRelationships,
        Self::ModerationWarning,
        Self::AnnualReport,
        Self::AdminSignUp,
        Self::AdminReport,
    ];

    /// The word of the API and of `notifications.type`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mention => "mention",
            Self::Status => "status",
            Self::Reblog => "reblog",
            Self::Follow => "follow",
            Self::FollowRequest => "follow_request",
            Self::Favourite => "favourite",
            Self::Poll => "poll",
            Self::Update => "update",
            Self::Quote => "quote",
            Self::QuotedUpdate => "quoted_update",
            Self::AddedToCollection => "added_to_collection",
            Self::CollectionUpdate => "collection_update",
            Self::SeveredRelationships => "severed_relationships",
            Self::ModerationWarning => "moderation_warning",
            Self::AnnualReport => "annual_report",
            Self::AdminSignUp => "admin.sign_up",
            Self::AdminReport => "admin.report",
        }
    }

    /// `notifications.activity_type`: which table `activity_id` points into.
    #[must_use]
    pub fn activity_type(self) -> &'static str {
        match self {
            Self::Mention => "Mention",
            Self::Status | Self::Reblog | Self::Update | Self::QuotedUpdate => "Status",
            Self::Follow => "Follow",
            Self::FollowRequest => "FollowRequest",
            Self::Favourite => "Favourite",
            Self::Poll => "Poll",
            Self::Quote => "Quote",
            Self::AddedToCollection => "CollectionItem",
            Self::CollectionUpdate => "Collection",
            Self::SeveredRelationships => "AccountRelationshipSeveranceEvent",
            Self::ModerationWarning => "AccountWarning",
            Self::AnnualReport => "GeneratedAnnualReport",
            Self::AdminSignUp => "Account",
            Self::AdminReport => "Report",
        }
    }

    /// Whether people's notification policies apply.
    #[must_use]
    pub fn is_filterable(self) -> bool {
        matches!(
            self,
            Self::Mention
                | Self::Reblog
                | Self::Follow
                | Self::FollowRequest
                | Self::Favourite
                | Self::Quote
                | Self::AddedToCollection
        )
    }

    /// Whether several may be shown as one.
    #[must_use]
    pub fn is_groupable(self) -> bool {
        matches!(self, Self::Favourite | Self::Reblog | Self::Follow | Self::AdminSignUp)
    }

    /// Whether a new one takes the place of the one before it about the same.
    #[must_use]
    pub fn replaces_older(self) -> bool {
        matches!(self, Self::Update | Self::QuotedUpdate | Self::CollectionUpdate)
    }

    /// Whether it may come from the person it is for.
    #[must_use]
    pub fn may_be_from_oneself(self) -> bool {
        matches!(
            self,
            Self::Poll | Self::SeveredRelationships | Self::ModerationWarning | Self::AnnualReport
        )
    }
}

impl std::str::FromStr for NotificationKind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lead_back_to_kinds() {
        for kind in NotificationKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            let json = serde_json::to_value(kind).unwrap();
            assert_eq!(json.as_str(), Some(kind.as_str()));
        }
    }
}
