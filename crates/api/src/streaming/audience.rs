//! Whether a public event is for this listener.

use ferrodon_app::{App, Result, settings};
use ferrodon_core::AccountId;
use ferrodon_core::server_settings::Feed;
use ferrodon_db as db;
use ferrodon_db::user_roles::permission;
use serde::Deserialize;

use super::Listener;
use super::events::Event;

/// What of a status decides who sees it.
#[derive(Debug, Deserialize)]
struct Seen {
    account: Person,
    #[serde(default)]
    mentions: Vec<Person>,
    language: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Person {
    id: AccountId,
    acct: String,
}

/// Whether to pass on an event that was rendered for everyone.
pub(super) async fn wants(
    app: &App,
    listener: &Listener,
    stream: &str,
    event: &Event,
) -> Result<bool> {
    let Some(owner) = &listener.token.owner else { return Ok(false) };
    if !matches!(event.name.as_str(), "update" | "status.update") {
        return Ok(true);
    }
    let Ok(seen) = serde_json::from_str::<Seen>(&event.payload) else { return Ok(false) };
    let domain = seen.account.acct.split_once('@').map(|(_, domain)| domain);

    let topic = stream.starts_with("hashtag");
    let feed = match (topic, domain.is_some()) {
        (false, false) => Feed::LocalLive,
        (false, true) => Feed::RemoteLive,
        (true, false) => Feed::LocalTopic,
        (true, true) => Feed::RemoteTopic,
    };
    let settings = settings::current(app).await?;
    if settings.feed_access(feed) == "disabled" && !owner.may(permission::VIEW_FEEDS) {
        return Ok(false);
    }
    let languages = owner.chosen_languages.as_deref().unwrap_or_default();
    if !topic
        && let Some(language) = &seen.language
        && !languages.is_empty()
        && !languages.contains(language)
    {
        return Ok(false);
    }
    let accounts: Vec<i64> =
        std::iter::once(&seen.account).chain(&seen.mentions).map(|person| person.id.0).collect();
    let mut conn = app.db.acquire().await?;
    let author = seen.account.id;
    let away =
        db::streaming::keeps_away(&mut conn, owner.account_id, author, &accounts, domain).await?;
    Ok(!away)
}
