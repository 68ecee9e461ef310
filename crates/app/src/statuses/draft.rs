//! A status as its author wrote it.

use ferrodon_core::{AccountId, ApplicationId, MediaId, StatusId, Visibility};

/// A status to be posted. What is left out takes the author's defaults.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    pub text: String,
    pub spoiler_text: Option<String>,
    pub visibility: Option<Visibility>,
    pub language: Option<String>,
    pub sensitive: Sensitive,
    pub in_reply_to_id: Option<StatusId>,
    /// In the order in which they are to be shown.
    pub media_ids: Vec<MediaId>,
    pub poll: Option<Poll>,
    pub quoted_status_id: Option<StatusId>,
    /// `public`, `followers` or `nobody`.
    pub quote_approval_policy: Option<String>,
    /// If there, mentioning anyone else is an error.
    pub allowed_mentions: Option<Vec<AccountId>>,
    /// The same key again means the same status.
    pub idempotency_key: Option<String>,
    pub application_id: Option<ApplicationId>,
}

/// Whether media start hidden.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sensitive {
    /// As the author's settings say.
    #[default]
    Default,
    Yes,
    /// Unless there is a warning.
    No,
    /// Even with a warning: said as a word, which clients that send forms do.
    Never,
}

impl Sensitive {
    /// Whether a status with this warning is sensitive.
    #[must_use]
    pub fn decide(self, default: bool, spoiler_text: &str) -> bool {
        match self {
            Self::Default => default || !spoiler_text.is_empty(),
            Self::Yes => true,
            Self::No => !spoiler_text.is_empty(),
            Self::Never => false,
        }
    }
}

/// A poll to be posted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Poll {
    pub options: Vec<String>,
    /// In seconds.
    pub expires_in: i64,
    pub multiple: bool,
    pub hide_totals: bool,
}
