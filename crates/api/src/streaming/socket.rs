//! Events over a web socket, from as many streams as the app subscribes to.

use std::collections::HashMap;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use ferrodon_app::App;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use super::Listener;
use super::events::{self, Event, Kill};
use super::streams::{self, Asked};

/// How often we ask whether the app is still there.
const PING: Duration = Duration::from_secs(30);
/// More streams than any app needs at once.
const MOST_STREAMS: usize = 100;

/// What an app says.
#[derive(Debug, Deserialize)]
struct Said {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    stream: Value,
    #[serde(default)]
    tag: Option<String>,
    #[serde(default)]
    list: Option<Value>,
}

/// Serves one app until it leaves or its token ends.
pub(super) async fn serve(
    app: App,
    listener: Listener,
    first: Option<Asked>,
    mut socket: WebSocket,
) {
    let (sender, mut receiver) = events::queue();
    let mut subscribed: HashMap<Vec<String>, JoinSet<()>> = HashMap::new();
    let Some(mut kill) = Kill::of(&app, &listener) else { return };
    if let Some(asked) = first {
        let answer = subscribe(&app, &listener, &asked, &sender, &mut subscribed).await;
        if say(&mut socket, answer).await.is_err() {
            return;
        }
    }
    let mut ping = interval(PING);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut alive = true;
    loop {
        let sent = tokio::select! {
            Some((name, event)) = receiver.recv() => {
                socket.send(Message::text(frame(&name, &event))).await
            }
            message = socket.recv() => match message {
                Some(Ok(Message::Text(text))) => {
                    let Ok(said) = serde_json::from_str::<Said>(&text) else { continue };
                    let answer = obey(&app, &listener, said, &sender, &mut subscribed).await;
                    say(&mut socket, answer).await
                }
                Some(Ok(Message::Binary(_))) => {
                    let reason = "The connection accepts text only".into();
                    let close = CloseFrame { code: close_code::UNSUPPORTED, reason };
                    // It is closed either way.
                    let _ = socket.send(Message::Close(Some(close))).await;
                    return;
                }
                Some(Ok(Message::Pong(_))) => {
                    alive = true;
                    Ok(())
                }
                Some(Ok(Message::Ping(_))) => Ok(()),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
            },
            _ = ping.tick() => {
                if !std::mem::take(&mut alive) {
                    return;
                }
                socket.send(Message::Ping("".into())).await
            }
            () = kill.wait() => return,
        };
        if sent.is_err() {
            return;
        }
    }
}

/// Does what the app says; what to answer, if anything.
async fn obey(
    app: &App,
    listener: &Listener,
    said: Said,
    sender: &Sender,
    subscribed: &mut HashMap<Vec<String>, JoinSet<()>>,
) -> Option<Value> {
    let stream = match said.stream {
        Value::String(name) => name,
        Value::Array(names) => names.first()?.as_str()?.to_owned(),
        _ => return None,
    };
    let list = said.list.and_then(|list| match list {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    });
    let asked = Asked { stream, tag: said.tag, list };
    match said.kind.as_str() {
        "subscribe" => subscribe(app, listener, &asked, sender, subscribed).await,
        "unsubscribe" => match streams::resolve(app, listener, &asked).await {
            Ok(Ok(subscription)) => {
                subscribed.remove(&subscription.name);
                None
            }
            _ => Some(json!({ "error": "Error unsubscribing from channel" })),
        },
        _ => None,
    }
}

type Sender = tokio::sync::mpsc::Sender<events::Heard>;

async fn subscribe(
    app: &App,
    listener: &Listener,
    asked: &Asked,
    sender: &Sender,
    subscribed: &mut HashMap<Vec<String>, JoinSet<()>>,
) -> Option<Value> {
    match streams::resolve(app, listener, asked).await {
        Ok(Ok(subscription)) => {
            let room = subscribed.len() < MOST_STREAMS;
            if room && !subscribed.contains_key(&subscription.name) {
                let tasks = events::forward(app, listener, &subscription, sender);
                subscribed.insert(subscription.name, tasks);
            }
            None
        }
        Ok(Err(refused)) => {
            Some(json!({ "error": refused.words, "status": refused.status.as_u16() }))
        }
        Err(error) => {
            tracing::error!(?error, "a stream failed");
            Some(json!({ "error": "An unexpected error occurred", "status": 500 }))
        }
    }
}

async fn say(socket: &mut WebSocket, answer: Option<Value>) -> Result<(), axum::Error> {
    match answer {
        Some(answer) => socket.send(Message::text(answer.to_string())).await,
        None => Ok(()),
    }
}

fn frame(name: &[String], event: &Event) -> String {
    json!({ "stream": name, "event": event.name, "payload": event.payload }).to_string()
}
