//! What a status is, apart from how it is stored or shown.

use serde::{Deserialize, Serialize};

/// Who may see a status. Stored as the integer Mastodon stores.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum Visibility {
    /// Everyone, and listed in public timelines.
    #[default]
    Public = 0,
    /// Everyone, but not listed.
    Unlisted = 1,
    /// Followers and the people mentioned.
    Private = 2,
    /// The people mentioned only.
    Direct = 3,
    /// A remote status addressed to people it does not mention; shown to clients as private.
    Limited = 4,
}

impl Visibility {
    /// Whether anyone may see it who is not blocked.
    #[must_use]
    pub fn is_distributable(self) -> bool {
        matches!(self, Self::Public | Self::Unlisted)
    }

    /// The word of the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Unlisted => "unlisted",
            Self::Private => "private",
            Self::Direct => "direct",
            Self::Limited => "limited",
        }
    }
}

impl std::str::FromStr for Visibility {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Ok(match text {
            "public" => Self::Public,
            "unlisted" => Self::Unlisted,
            "private" => Self::Private,
            "direct" => Self::Direct,
            "limited" => Self::Limited,
            _ => return Err(()),
        })
    }
}
