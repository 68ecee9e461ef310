//! Who may read public and topic timelines, as admins set it.

use ferrodon_app::Error;
use ferrodon_core::ServerSettings;
use ferrodon_core::server_settings::Feed;
use ferrodon_db::oauth_access_tokens::Owner;
use ferrodon_db::timelines::Origin;
use ferrodon_db::user_roles::permission;

use crate::error::Result;

/// The halves of a timeline, each with a setting of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Halves {
    pub(super) local: Feed,
    pub(super) remote: Feed,
}

/// What people post now.
pub(super) const LIVE: Halves = Halves { local: Feed::LocalLive, remote: Feed::RemoteLive };
/// Hashtags and links.
pub(super) const TOPICS: Halves = Halves { local: Feed::LocalTopic, remote: Feed::RemoteTopic };

/// What of a timeline the viewer gets when they ask for `wanted`; none for nothing of it. An
/// error asks them to sign in.
pub(super) fn allowed(
    settings: &ServerSettings,
    halves: Halves,
    wanted: Origin,
    viewer: Option<&Owner>,
) -> Result<Option<Origin>> {
    let (local, remote) = (settings.feed_access(halves.local), settings.feed_access(halves.remote));
    let restricted = match wanted {
        Origin::Local => local != "public",
        Origin::Remote => remote != "public",
        Origin::Any => local != "public" || remote != "public",
    };
    if restricted && viewer.is_none() {
        let text = "This method requires an authenticated user";
        return Err(Error::Unprocessable(text.to_owned()).into());
    }
    let may = |access: &str| match access {
        "public" => true,
        "authenticated" => viewer.is_some(),
        _ => viewer.is_some_and(|viewer| viewer.may(permission::VIEW_FEEDS)),
    };
    Ok(match (wanted, may(local), may(remote)) {
        (wanted, true, true) => Some(wanted),
        (Origin::Any | Origin::Local, true, false) => Some(Origin::Local),
        (Origin::Any | Origin::Remote, false, true) => Some(Origin::Remote),
        _ => None,
    })
}
