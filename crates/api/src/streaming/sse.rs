//! Server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use ferrodon_app::App;
use futures_util::stream;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::Listener;
use super::events::{self, Event, Kill};
use super::streams::Subscription;

/// How often a comment shows that the connection lives.
const THUMP: Duration = Duration::from_secs(15);

/// The events of `subscription` for as long as the app listens.
pub(super) fn body(app: App, listener: Listener, subscription: Subscription) -> Body {
    let (sender, receiver) = events::queue();
    let tasks = events::forward(&app, &listener, &subscription, &sender);
    let kill = Kill::of(&app, &listener);
    let mut thump = interval_at(Instant::now() + THUMP, THUMP);
    thump.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The sender stays in the state, so that the stream ends only when its end is meant.
    let state = (Some(":)\n"), receiver, kill, thump, tasks, sender);
    let stream = stream::unfold(state, |mut state| async move {
        let (greeting, receiver, kill, thump, ..) = &mut state;
        if let Some(greeting) = greeting.take() {
            return Some((Ok::<_, Infallible>(Bytes::from(greeting)), state));
        }
        let text = tokio::select! {
            Some((_, event)) = receiver.recv() => frame(&event),
            _ = thump.tick() => ":thump\n".to_owned(),
            () = ended(kill) => return None,
        };
        Some((Ok(Bytes::from(text)), state))
    });
    Body::from_stream(stream)
}

async fn ended(kill: &mut Option<Kill>) {
    match kill {
        Some(kill) => kill.wait().await,
        None => std::future::pending().await,
    }
}

/// An event on the wire. JSON holds no line breaks; a plain payload is cut at its first.
fn frame(event: &Event) -> String {
    let payload = event.payload.lines().next().unwrap_or_default();
    format!("event: {}\ndata: {payload}\n\n", event.name)
}
