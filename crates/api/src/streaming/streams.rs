//! The streams there are, and who may listen to which.

use axum::http::StatusCode;
use ferrodon_app::{App, Result};
use ferrodon_core::text::hashtag;
use ferrodon_db as db;

use super::Listener;

/// A stream as an app asks for it.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) stream: String,
    pub(super) tag: Option<String>,
    pub(super) list: Option<String>,
}

/// A stream that someone may listen to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Subscription {
    /// What frames say they come from: the name, and the tag or list.
    pub(super) name: Vec<String>,
    pub(super) channels: Vec<String>,
    /// Rendered for everyone, so each event is looked at before it is passed on.
    pub(super) public: bool,
}

/// What an app is told that may not listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) status: StatusCode,
    pub(super) words: &'static str,
}

const fn bad(words: &'static str) -> Refused {
    Refused { status: StatusCode::BAD_REQUEST, words }
}

const fn unauthorized(words: &'static str) -> Refused {
    Refused { status: StatusCode::UNAUTHORIZED, words }
}

/// The streams of everyone's posts.
const PUBLIC: [&str; 6] = [
    "public",
    "public:media",
    "public:local",
    "public:local:media",
    "public:remote",
    "public:remote:media",
];

const SCOPES: Refused = unauthorized("Access token does not have the required scopes");
const FOREIGN_LIST: Refused = unauthorized("Not authorized to stream this list");

/// The stream behind an address of server-sent events.
pub(super) fn by_path(path: &str, only_media: bool) -> Option<String> {
    let name = match path.trim_end_matches('/') {
        "user" => "user",
        "user/notification" => "user:notification",
        "public" => "public",
        "public/local" => "public:local",
        "public/remote" => "public:remote",
        "hashtag" => "hashtag",
        "hashtag/local" => "hashtag:local",
        "list" => "list",
        "direct" => "direct",
        _ => return None,
    };
    let media = only_media && name.starts_with("public");
    Some(if media { format!("{name}:media") } else { name.to_owned() })
}

/// Finds the channels of a stream.
pub(super) async fn resolve(
    app: &App,
    listener: &Listener,
    asked: &Asked,
) -> Result<Result<Subscription, Refused>> {
    let Some(account_id) = listener.account_id() else { return Ok(Err(SCOPES)) };
    let stream = asked.stream.as_str();
    let (statuses, notifications) =
        (listener.may_read("statuses"), listener.may_read("notifications"));
    let personal = |channels: Vec<String>| Subscription {
        name: vec![stream.to_owned()],
        channels,
        public: false,
    };
    let subscription = match stream {
        "user" if statuses => {
            let mut channels = vec![format!("timeline:{account_id}")];
            if notifications {
                channels.push(format!("timeline:{account_id}:notifications"));
            }
            personal(channels)
        }
        "user:notification" if notifications => {
            personal(vec![format!("timeline:{account_id}:notifications")])
        }
        "direct" if statuses => personal(vec![format!("timeline:direct:{account_id}")]),
        name if PUBLIC.contains(&name) && statuses => {
            let mut of_all = personal(vec![format!("timeline:{stream}")]);
            of_all.public = true;
            of_all
        }
        "hashtag" | "hashtag:local" if statuses => {
            let tag = asked.tag.as_deref().unwrap_or("").trim_start_matches('#');
            if tag.is_empty() {
                return Ok(Err(bad("Missing tag name parameter")));
            }
            let local = if stream == "hashtag" { "" } else { ":local" };
            Subscription {
                name: vec![stream.to_owned(), tag.to_owned()],
                channels: vec![format!("timeline:hashtag:{}{local}", hashtag::normalize(tag))],
                public: true,
            }
        }
        "list" if statuses => {
            let Some(list) = asked.list.as_deref().filter(|list| !list.is_empty()) else {
                return Ok(Err(bad("Missing list name parameter")));
            };
            let Ok(id) = list.parse::<i64>() else { return Ok(Err(FOREIGN_LIST)) };
            let mut conn = app.db.acquire().await?;
            if !db::streaming::owns_list(&mut conn, account_id, id).await? {
                return Ok(Err(FOREIGN_LIST));
            }
            Subscription {
                name: vec![stream.to_owned(), list.to_owned()],
                channels: vec![format!("timeline:list:{id}")],
                public: false,
            }
        }
        "user" | "user:notification" | "direct" | "hashtag" | "hashtag:local" | "list" => {
            return Ok(Err(SCOPES));
        }
        name if PUBLIC.contains(&name) => return Ok(Err(SCOPES)),
        _ => return Ok(Err(bad("Unknown stream type"))),
    };
    Ok(Ok(subscription))
}
