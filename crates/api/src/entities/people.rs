//! `FamiliarFollowers`, `List` and `FeaturedTag`.

use ferrodon_app::{App, address};
use ferrodon_core::AccountId;
use ferrodon_db as db;
use serde::{Serialize, Serializer};

use super::{Account, Date};

/// Whom one knows among someone's followers.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct FamiliarFollowers {
    pub(crate) id: AccountId,
    pub(crate) accounts: Vec<Account>,
}

/// A timeline of chosen people.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct List {
    #[serde(serialize_with = "as_text")]
    id: i64,
    title: String,
    replies_policy: &'static str,
    exclusive: bool,
}

impl From<db::lists::List> for List {
    fn from(row: db::lists::List) -> Self {
        Self {
            id: row.id,
            title: row.title,
            replies_policy: match row.replies_policy {
                1 => "followed",
                2 => "none",
                _ => "list",
            },
            exclusive: row.exclusive,
        }
    }
}

/// A hashtag on someone's profile.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct FeaturedTag {
    #[serde(serialize_with = "as_text")]
    id: i64,
    name: String,
    url: String,
    #[serde(serialize_with = "as_text")]
    statuses_count: i64,
    last_status_at: Option<Date>,
}

impl FeaturedTag {
    /// The entity of a row of `account`.
    pub(crate) fn of(
        app: &App,
        account: &db::accounts::Account,
        row: db::featured_tags::FeaturedTag,
    ) -> Self {
        let page = address::profile(&app.config, &account.acct());
        let tag: String = url::form_urlencoded::byte_serialize(row.tag_name.as_bytes()).collect();
        Self {
            id: row.id,
            name: row.name,
            url: format!("{page}/tagged/{tag}"),
            statuses_count: row.statuses_count,
            last_status_at: row.last_status_at.map(|at| Date(at.date())),
        }
    }
}

fn as_text<S: Serializer>(number: &i64, s: S) -> Result<S::Ok, S::Error> {
    s.collect_str(number)
}
