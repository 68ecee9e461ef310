//! Statuses that quote others.

use chrono::{DateTime, Utc};
use ferrodon_core::{AccountId, NotificationKind, StatusId, Visibility};
use ferrodon_db as db;
use ferrodon_db::PgConnection;
use ferrodon_db::accounts::Account;
use ferrodon_db::quotes::{ACCEPTED, PENDING};
use ferrodon_db::status_stats::Change;
use ferrodon_db::statuses::Status;

use crate::{Error, Result};

/// In both halves of a policy: everyone.
const PUBLIC: i32 = 2;
/// In both halves of a policy: followers of the author.
const FOLLOWERS: i32 = 4;
/// In both halves of a policy: those the author follows.
const FOLLOWING: i32 = 8;

/// A status that may be quoted.
#[derive(Clone, Debug)]
pub(super) struct Quoted {
    pub(super) status: Status,
    author: Account,
    accepted: bool,
}

impl Quoted {
    /// The author of a quoted local status keeps access to the quote.
    pub(super) fn mention_silently(&self, quoting: AccountId) -> Option<(AccountId, bool)> {
        (self.author.is_local() && self.author.id != quoting).then_some((self.author.id, true))
    }
}

fn missing() -> Error {
    Error::Missing("The post you are trying to quote does not appear to exist.")
}

/// The status that is quoted, if this account may.
pub(super) async fn find(
    conn: &mut PgConnection,
    quoting: AccountId,
    id: Option<StatusId>,
) -> Result<Option<Quoted>> {
    let Some(id) = id else { return Ok(None) };
    let status = db::statuses::find_visible(conn, id, Some(quoting)).await?.ok_or_else(missing)?;
    let author = db::accounts::find(conn, status.account_id).await?.ok_or_else(missing)?;
    let own = author.id == quoting;
    if status.reblog_of_id.is_some() || !(status.visibility.is_distributable() || own) {
        return Err(missing());
    }
    if !own && !db::blocks::by_account(conn, quoting, &[author.id]).await?.is_empty() {
        return Err(missing());
    }
    let allowed = |bits: i32, follows: bool, followed: bool| {
        bits & PUBLIC != 0 || bits & FOLLOWERS != 0 && follows || bits & FOLLOWING != 0 && followed
    };
    let (automatic, manual) =
        (status.quote_approval_policy >> 16, status.quote_approval_policy & 0xffff);
    let ties = db::relationships::ties(conn, quoting, &[author.id]).await?;
    let ties = ties.first();
    let follows = ties.is_some_and(|ties| ties.following);
    let followed = ties.is_some_and(|ties| ties.followed_by);
    let at_once = own || allowed(automatic, follows, followed);
    if !at_once && !allowed(manual, follows, followed) {
        return Err(missing());
    }
    Ok(Some(Quoted { status, accepted: at_once && author.is_local(), author }))
}

/// A direct post can only quote the people it is addressed to.
pub(super) fn check_direct(
    visibility: Visibility,
    author: &Account,
    quoted: Option<&Quoted>,
    mentioned: &[AccountId],
) -> Result<()> {
    match quoted {
        Some(quoted)
            if visibility == Visibility::Direct
                && quoted.author.id != author.id
                && !mentioned.contains(&quoted.author.id) =>
        {
            let text = "Quoted user must be mentioned in a private mention";
            Err(Error::Invalid(text.to_owned()))
        }
        _ => Ok(()),
    }
}

/// The stored form of who may quote a local status.
pub(super) fn policy(word: &str, visibility: Visibility) -> Result<i32> {
    let bits = match word {
        "public" => PUBLIC << 16,
        "followers" => FOLLOWERS << 16,
        "nobody" => 0,
        _ => return Err(Error::Unprocessable("Record invalid".to_owned())),
    };
    Ok(if visibility.is_distributable() { bits } else { 0 })
}

/// Stores that a status quotes another.
pub(super) async fn insert(
    conn: &mut PgConnection,
    status: &Status,
    quoted: &Quoted,
    now: DateTime<Utc>,
) -> Result<()> {
    let state = if quoted.accepted { ACCEPTED } else { PENDING };
    let naive = now.naive_utc();
    let (from, to) = ((status.id, status.account_id), (quoted.status.id, quoted.author.id));
    db::quotes::insert(conn, from, Some(to), state, false, None, naive).await?;
    if quoted.accepted {
        let change = Change { quotes: 1, ..Change::default() };
        db::status_stats::change(conn, quoted.status.id, change, naive).await?;
        if let Some(quote) = db::quotes::of_status(conn, status.id).await?
            && quoted.author.id != status.account_id
        {
            super::notify(conn, &quoted.author, NotificationKind::Quote, quote.id, now).await?;
        }
    }
    Ok(())
}
