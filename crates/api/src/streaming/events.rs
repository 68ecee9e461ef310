//! Events on their way from channels to a listener.

use std::sync::Arc;

use ferrodon_app::App;
use ferrodon_app::broadcast::Listener as Channel;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::streams::Subscription;
use super::{Listener, audience};

/// An event as listeners get it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) name: String,
    /// JSON, or the plain text of a payload that is a string.
    pub(super) payload: String,
}

impl Event {
    /// Reads what travels on a channel. What has no payload is not for apps.
    pub(super) fn read(message: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Message<'a> {
            event: String,
            #[serde(borrow)]
            payload: Option<&'a RawValue>,
        }
        let message: Message<'_> = serde_json::from_str(message).ok()?;
        let raw = message.payload?.get();
        let payload = match raw.starts_with('"') {
            true => serde_json::from_str(raw).ok()?,
            false => raw.to_owned(),
        };
        Some(Self { name: message.event, payload })
    }
}

/// How many events may wait for a listener that is slow to read; later ones wait in the channel,
/// which drops the oldest.
const WAITING: usize = 32;

/// Passes on what comes on the channels of `subscription` until the returned set is dropped.
pub(super) fn forward(
    app: &App,
    listener: &Listener,
    subscription: &Subscription,
    to: &mpsc::Sender<Heard>,
) -> JoinSet<()> {
    let name: Arc<[String]> = subscription.name.clone().into();
    let mut tasks = JoinSet::new();
    for channel in &subscription.channels {
        let mut channel = app.broadcast.listen(channel);
        let (app, listener, name, to) = (app.clone(), listener.clone(), name.clone(), to.clone());
        let public = subscription.public;
        tasks.spawn(async move {
            while let Some(message) = channel.next().await {
                let Some(event) = Event::read(&message) else { continue };
                if public {
                    match audience::wants(&app, &listener, &name[0], &event).await {
                        Ok(true) => {}
                        Ok(false) => continue,
                        Err(error) => {
                            tracing::warn!(%error, "could not tell whether an event is for someone");
                            continue;
                        }
                    }
                }
                if to.send((name.clone(), event)).await.is_err() {
                    return;
                }
            }
        });
    }
    tasks
}

/// An event, and the stream that it came from.
pub(super) type Heard = (Arc<[String]>, Event);

/// A queue of events to one listener.
pub(super) fn queue() -> (mpsc::Sender<Heard>, mpsc::Receiver<Heard>) {
    mpsc::channel(WAITING)
}

/// Ends when the listener's token is revoked or the person may no longer sign in.
pub(super) struct Kill {
    channels: [Channel; 2],
}

impl Kill {
    /// None for a token without a person, which may not listen anyway.
    pub(super) fn of(app: &App, listener: &Listener) -> Option<Self> {
        let account_id = listener.account_id()?;
        let system = app.broadcast.listen(&format!("timeline:system:{account_id}"));
        let token = format!("timeline:access_token:{}", listener.token.id);
        Some(Self { channels: [system, app.broadcast.listen(&token)] })
    }

    /// Waits for the end.
    pub(super) async fn wait(&mut self) {
        #[derive(Deserialize)]
        struct Message {
            event: String,
        }
        let [system, token] = &mut self.channels;
        loop {
            let message = tokio::select! {
                message = system.next() => message,
                message = token.next() => message,
            };
            let Some(message) = message else { return };
            if serde_json::from_str::<Message>(&message).is_ok_and(|m| m.event == "kill") {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_are_passed_on_as_text() {
        let read = |message: &str| Event::read(message).map(|event| (event.name, event.payload));
        let update = read(r#"{"event":"update","payload":{"id":"1"}}"#);
        assert_eq!(update, Some(("update".into(), r#"{"id":"1"}"#.into())));
        let delete = read(r#"{"event":"delete","payload":"12"}"#);
        assert_eq!(delete, Some(("delete".into(), "12".into())));
        assert_eq!(read(r#"{"event":"filters_changed"}"#), None);
        assert_eq!(read("nonsense"), None);
    }
}
