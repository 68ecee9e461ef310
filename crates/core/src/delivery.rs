//! Who must hear of an activity, and how soon.

use serde::{Deserialize, Serialize};

use crate::AccountId;

/// How soon a delivery goes out. For one sender and one host the order is kept in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// What a person waits for: follows and their answers, favourites, private mentions.
    Personal,
    /// Answers to someone's post.
    Reply,
    /// Posts for followers, and what becomes of them.
    Mass,
    /// What can wait: forwarded activities, farewells to strangers.
    Low,
}

impl Priority {
    /// All of them, the most urgent first.
    pub const ALL: [Self; 4] = [Self::Personal, Self::Reply, Self::Mass, Self::Low];

    /// The number that stands in the table.
    #[must_use]
    pub fn number(self) -> i16 {
        match self {
            Self::Personal => 0,
            Self::Reply => 1,
            Self::Mass => 2,
            Self::Low => 3,
        }
    }

    /// Tries before a delivery is given up, the first one counted.
    #[must_use]
    pub fn max_attempts(number: i16) -> i32 {
        if number >= Self::Low.number() { 9 } else { 17 }
    }
}

/// Who must hear of an activity. Local accounts among them are left out, hosts that are no longer
/// there too, and each inbox is named once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Recipients {
    /// The followers of these accounts.
    pub followers_of: Vec<AccountId>,
    /// Followers on domains that this account blocks are left out.
    pub not_blocked_by: Option<AccountId>,
    /// These accounts.
    pub accounts: Vec<AccountId>,
    /// These inboxes, as they are.
    pub inboxes: Vec<String>,
    /// The relays that take our public posts.
    pub relays: bool,
    /// Accounts that are suspended here too.
    pub suspended_too: bool,
}

impl Recipients {
    /// The followers of one account.
    #[must_use]
    pub fn followers(of: AccountId) -> Self {
        Self { followers_of: vec![of], ..Self::default() }
    }

    /// One inbox, as it is.
    #[must_use]
    pub fn inbox(url: impl Into<String>) -> Self {
        Self { inboxes: vec![url.into()], ..Self::default() }
    }
}
