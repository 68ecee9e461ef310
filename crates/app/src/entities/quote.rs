//! `Quote`, `ShallowQuote` and `QuoteApproval`.

use ferrodon_core::{AccountId, StatusId, Visibility};
use ferrodon_db::quotes::ViewedQuote;
use ferrodon_db::relationships::Ties;
use ferrodon_db::statuses::Status as Row;
use serde::Serialize;

use super::Status;

/// A quote: in full on a status, with the id alone on a status that is itself quoted.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Quote {
    Full { state: &'static str, quoted_status: Option<Box<Status>> },
    Shallow { state: &'static str, quoted_status_id: Option<StatusId> },
}

/// How a quote is shown: its state, and the quoted status if the viewer gets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) state: &'static str,
    pub(super) quoted_status_id: Option<StatusId>,
}

/// How `viewer` gets to see a quote; none if it is shown as no quote at all. With `whatever`
/// the quoted status comes along in any state, for its author who deletes the quoting one.
pub(super) fn shown(
    quote: &ViewedQuote,
    viewer: Option<AccountId>,
    whatever: bool,
) -> Option<Shown> {
    let hidden = |state| Some(Shown { state, quoted_status_id: None });
    let id = quote.quoted_status_id.filter(|_| !quote.quoted_is_reblog);
    let visible = |state| Some(Shown { state, quoted_status_id: id });
    match quote.state {
        1 => {}
        _ if quote.legacy => return None,
        0 if whatever => return visible("pending"),
        2 if whatever => return visible("rejected"),
        3 if whatever => return visible("revoked"),
        0 => return hidden("pending"),
        2 => return hidden("rejected"),
        3 => return hidden("revoked"),
        _ => return hidden("deleted"),
    }
    if quote.quoted_status_id.is_none() {
        return hidden("deleted");
    }
    if viewer.is_some() && quote.quoted_account_id == viewer {
        return visible("accepted");
    }
    if !quote.allowed {
        hidden("unauthorized")
    } else if quote.blocking {
        visible("blocked_account")
    } else if quote.domain_blocking {
        visible("blocked_domain")
    } else if quote.muting {
        visible("muted_account")
    } else {
        visible("accepted")
    }
}

/// Who may quote a status, and whether the viewer may.
#[derive(Clone, Debug, Serialize)]
pub struct QuoteApproval {
    pub automatic: Vec<&'static str>,
    pub manual: Vec<&'static str>,
    pub current_user: &'static str,
}

/// Names of the bits of one half of an interaction policy.
const POLICY: [(i32, &str); 5] = [
    (UNSUPPORTED, "unsupported_policy"),
    (PUBLIC, "public"),
    (FOLLOWERS, "followers"),
    (FOLLOWING, "following"),
    (16, "disabled"),
];
const UNSUPPORTED: i32 = 1;
const PUBLIC: i32 = 2;
const FOLLOWERS: i32 = 4;
const FOLLOWING: i32 = 8;

/// The words for the bits of one half of an interaction policy.
pub(super) fn policy_words(bits: i32) -> Vec<&'static str> {
    POLICY.iter().filter(|(bit, _)| bits & bit != 0).map(|(_, word)| *word).collect()
}

/// Whether the tie of the viewer with the author is named by one half of a policy.
fn is_named(bits: i32, ties: Option<&Ties>) -> bool {
    bits & PUBLIC != 0
        || bits & FOLLOWERS != 0 && ties.is_some_and(|ties| ties.following)
        || bits & FOLLOWING != 0 && ties.is_some_and(|ties| ties.followed_by)
}

/// What a policy means for a viewer who is not the author.
pub(super) fn policy_for(policy: i32, ties: Option<&Ties>) -> &'static str {
    let (automatic, manual) = (policy >> 16, policy & 0xffff);
    if is_named(automatic, ties) {
        "automatic"
    } else if is_named(manual, ties) {
        "manual"
    } else if (automatic | manual) & UNSUPPORTED != 0 {
        "unknown"
    } else {
        "denied"
    }
}

impl QuoteApproval {
    /// The approval of a status that is no reblog.
    pub(super) fn of(row: &Row, viewer: Option<AccountId>, ties: Option<&Ties>) -> Self {
        let policy = row.quote_approval_policy;
        let never = matches!(row.visibility, Visibility::Direct | Visibility::Limited);
        Self {
            automatic: policy_words(policy >> 16),
            manual: policy_words(policy & 0xffff),
            current_user: match viewer {
                None => "denied",
                Some(_) if never => "denied",
                Some(viewer) if viewer == row.account_id => "automatic",
                Some(_) => policy_for(policy, ties),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_read_from_its_bits() {
        let ties = Ties { account_id: AccountId(1), following: true, followed_by: false };
        assert_eq!(policy_for(2 << 16, None), "automatic");
        assert_eq!(policy_for(4 << 16, Some(&ties)), "automatic");
        assert_eq!(policy_for(4 << 16, None), "denied");
        assert_eq!(policy_for(4, Some(&ties)), "manual");
        assert_eq!(policy_for(8 << 16 | 1, Some(&ties)), "unknown");
        assert_eq!(policy_words(6), ["public", "followers"]);
    }

    #[test]
    fn a_quote_shows_what_the_viewer_may_see() {
        let quote = ViewedQuote {
            status_id: StatusId(1),
            state: 1,
            legacy: false,
            quoted_status_id: Some(StatusId(2)),
            quoted_account_id: Some(AccountId(3)),
            quoted_is_reblog: false,
            quoted_url: None,
            quoted_username: None,
            quoted_is_local: true,
            allowed: true,
            blocking: false,
            domain_blocking: false,
            muting: false,
        };
        let state = |quote: &ViewedQuote, viewer| {
            let shown = shown(quote, viewer, false);
            shown.map(|shown| (shown.state, shown.quoted_status_id.is_some()))
        };
        assert_eq!(state(&quote, None), Some(("accepted", true)));
        let muted = ViewedQuote { muting: true, ..quote.clone() };
        assert_eq!(state(&muted, Some(AccountId(9))), Some(("muted_account", true)));
        let hidden = ViewedQuote { allowed: false, ..quote.clone() };
        assert_eq!(state(&hidden, Some(AccountId(9))), Some(("unauthorized", false)));
        assert_eq!(state(&hidden, Some(AccountId(3))), Some(("accepted", true)));
        let pending = ViewedQuote { state: 0, ..quote.clone() };
        assert_eq!(state(&pending, None), Some(("pending", false)));
        let legacy = ViewedQuote { legacy: true, ..pending };
        assert_eq!(state(&legacy, None), None);
        let gone = ViewedQuote { quoted_status_id: None, ..quote };
        assert_eq!(state(&gone, None), Some(("deleted", false)));
    }
}
