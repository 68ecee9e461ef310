//! Live events: who listens hears them, nobody else ever does. With Redis on Mastodon's channels,
//! so that either streaming server can hear either kind of worker; else within this process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use redis::RedisResult;
use redis::aio::{ConnectionManager, PubSubSink, PubSubStream};
use serde::Serialize;
use tokio::sync::{broadcast, mpsc};
use tokio::time::{MissedTickBehavior, interval, sleep};

/// How many events a slow listener may be behind before it misses some.
const BACKLOG: usize = 128;
/// How often channels with listeners are announced, and those without are left.
const ANNOUNCE: Duration = Duration::from_secs(360);
/// How long an announcement holds, in seconds.
const ANNOUNCED: u64 = 1080;

/// Where events go. Cheap to clone.
#[derive(Clone)]
pub struct Broadcast {
    redis: Option<Redis>,
    channels: Channels,
}

#[derive(Clone)]
struct Redis {
    client: redis::Client,
    manager: ConnectionManager,
    /// To the task that holds the subscriptions, once there is one.
    hub: Arc<Mutex<Option<mpsc::UnboundedSender<String>>>>,
}

/// The channels that someone in this process listens to.
#[derive(Clone, Default)]
struct Channels(Arc<Mutex<HashMap<String, broadcast::Sender<Arc<str>>>>>);

impl Channels {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, broadcast::Sender<Arc<str>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn send(&self, channel: &str, message: &Arc<str>) {
        if let Some(sender) = self.lock().get(channel) {
            // Nobody there any more is as good as sent.
            let _ = sender.send(message.clone());
        }
    }

    fn has_listeners(&self, channel: &str) -> bool {
        self.lock().get(channel).is_some_and(|sender| sender.receiver_count() > 0)
    }

    /// Forgets channels without listeners; returns those.
    fn sweep(&self) -> Vec<String> {
        let mut left = Vec::new();
        self.lock().retain(|channel, sender| {
            let keep = sender.receiver_count() > 0;
            if !keep {
                left.push(channel.clone());
            }
            keep
        });
        left
    }
}

impl std::fmt::Debug for Broadcast {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.redis.is_some() { "Broadcast(Redis)" } else { "Broadcast(Memory)" })
    }
}

/// Someone who listens to one channel. Dropping it ends that.
#[derive(Debug)]
pub struct Listener(broadcast::Receiver<Arc<str>>);

impl Listener {
    /// The next event, as JSON with `event` and mostly `payload`. A listener that is too slow
    /// misses events. None once the server stops.
    pub async fn next(&mut self) -> Option<Arc<str>> {
        loop {
            match self.0.recv().await {
                Ok(message) => return Some(message),
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}

/// An event as it travels.
pub fn message<T: Serialize>(event: &str, payload: Option<&T>) -> serde_json::Result<String> {
    #[derive(Serialize)]
    struct Message<'a, T> {
        event: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<&'a T>,
    }
    serde_json::to_string(&Message { event, payload })
}

impl Broadcast {
    /// Through Redis, or within this process without one.
    #[must_use]
    pub fn new(redis: Option<(redis::Client, ConnectionManager)>) -> Self {
        let redis = redis.map(|(client, manager)| Redis { client, manager, hub: Arc::default() });
        Self { redis, channels: Channels::default() }
    }

    /// Those of these channels that someone listens to, so that nothing is made for nobody.
    pub async fn with_listeners(&self, channels: Vec<String>) -> Vec<String> {
        if channels.is_empty() {
            return channels;
        }
        let Some(redis) = &self.redis else {
            return channels.into_iter().filter(|name| self.channels.has_listeners(name)).collect();
        };
        let mut pipe = redis::pipe();
        for channel in &channels {
            pipe.exists(format!("subscribed:{channel}"));
        }
        let answer: RedisResult<Vec<bool>> = pipe.query_async(&mut redis.manager.clone()).await;
        match answer {
            Ok(present) => channels
                .into_iter()
                .zip(present)
                .filter(|(_, p)| *p)
                .map(|(name, _)| name)
                .collect(),
            Err(error) => {
                complain(&error);
                Vec::new()
            }
        }
    }

    /// Whether publishing on a channel that has no announcements can reach anyone.
    #[must_use]
    pub fn may_be_heard(&self, channel: &str) -> bool {
        self.redis.is_some() || self.channels.has_listeners(channel)
    }

    /// Sends an event to all who listen to these channels.
    pub async fn publish(&self, channels: &[String], message: String) {
        let Some(redis) = &self.redis else {
            let message: Arc<str> = message.into();
            for channel in channels {
                self.channels.send(channel, &message);
            }
            return;
        };
        let mut pipe = redis::pipe();
        for channel in channels {
            pipe.publish(channel, &message).ignore();
        }
        let answer: RedisResult<()> = pipe.query_async(&mut redis.manager.clone()).await;
        if let Err(error) = answer {
            complain(&error);
        }
    }

    /// Listens to a channel from now on. Must be called within the runtime.
    #[must_use]
    pub fn listen(&self, channel: &str) -> Listener {
        let (receiver, is_new) = {
            let mut channels = self.channels.lock();
            match channels.get(channel) {
                Some(sender) => (sender.subscribe(), false),
                None => {
                    let (sender, receiver) = broadcast::channel(BACKLOG);
                    channels.insert(channel.to_owned(), sender);
                    (receiver, true)
                }
            }
        };
        if is_new {
            match &self.redis {
                Some(redis) => redis.subscribe(channel, &self.channels),
                None => drop(self.channels.sweep()),
            }
        }
        Listener(receiver)
    }
}

impl Redis {
    /// Asks the hub to subscribe, and starts it first where it does not run.
    fn subscribe(&self, channel: &str, channels: &Channels) {
        let mut hub = self.hub.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = hub.get_or_insert_with(|| {
            let (sender, receiver) = mpsc::unbounded_channel();
            tokio::spawn(run_hub(self.clone_without_hub(), channels.clone(), receiver));
            sender
        });
        if sender.send(channel.to_owned()).is_err() {
            tracing::error!("the listener to Redis is gone");
        }
    }

    /// The hub must not keep its own sender, or it would never end.
    fn clone_without_hub(&self) -> Self {
        Self { client: self.client.clone(), manager: self.manager.clone(), hub: Arc::default() }
    }
}

/// Holds the subscriptions of this process, and takes them up again when Redis was away.
async fn run_hub(redis: Redis, channels: Channels, mut asked: mpsc::UnboundedReceiver<String>) {
    loop {
        match redis.client.get_async_pubsub().await {
            Ok(pubsub) => {
                let (sink, stream) = pubsub.split();
                match serve_hub(&redis, &channels, &mut asked, sink, stream).await {
                    Ok(()) => return,
                    Err(error) => complain(&error),
                }
            }
            Err(error) => complain(&error),
        }
        sleep(Duration::from_secs(1)).await;
    }
}

async fn serve_hub(
    redis: &Redis,
    channels: &Channels,
    asked: &mut mpsc::UnboundedReceiver<String>,
    mut sink: PubSubSink,
    mut stream: PubSubStream,
) -> RedisResult<()> {
    let known: Vec<String> = channels.lock().keys().cloned().collect();
    for channel in &known {
        sink.subscribe(channel).await?;
    }
    redis.announce(&known).await;
    let mut ticks = interval(ANNOUNCE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.tick().await;
    loop {
        tokio::select! {
            message = stream.next() => match message {
                Some(message) => {
                    let text: Arc<str> = message.get_payload::<String>()?.into();
                    channels.send(message.get_channel_name(), &text);
                }
                None => return Err((redis::ErrorKind::Io, "the connection ended").into()),
            },
            channel = asked.recv() => match channel {
                Some(channel) => {
                    sink.subscribe(&channel).await?;
                    redis.announce(&[channel]).await;
                }
                None => return Ok(()),
            },
            _ = ticks.tick() => {
                for channel in channels.sweep() {
                    sink.unsubscribe(&channel).await?;
                    // It may have come back meanwhile.
                    if channels.has_listeners(&channel) {
                        sink.subscribe(&channel).await?;
                    }
                }
                let known: Vec<String> = channels.lock().keys().cloned().collect();
                redis.announce(&known).await;
            }
        }
    }
}

impl Redis {
    /// Says that someone listens, for those who make events. Not said of internal channels.
    async fn announce(&self, channels: &[String]) {
        let mut pipe = redis::pipe();
        let mut any = false;
        for channel in channels {
            let internal = channel.starts_with("timeline:system:")
                || channel.starts_with("timeline:access_token:");
            if !internal {
                pipe.set_ex(format!("subscribed:{channel}"), "1", ANNOUNCED).ignore();
                any = true;
            }
        }
        if any {
            let answer: RedisResult<()> = pipe.query_async(&mut self.manager.clone()).await;
            if let Err(error) = answer {
                complain(&error);
            }
        }
    }
}

fn complain(error: &redis::RedisError) {
    crate::redis_link::complain(error, "live events are lost");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn those_who_listen_hear() {
        let broadcast = Broadcast::new(None);
        let home = "timeline:1".to_owned();
        assert!(broadcast.with_listeners(vec![home.clone()]).await.is_empty());
        let mut first = broadcast.listen(&home);
        let mut second = broadcast.listen(&home);
        let other = broadcast.listen("timeline:2");
        assert_eq!(broadcast.with_listeners(vec![home.clone()]).await, [home.as_str()]);

        let message = message("delete", Some(&"42")).unwrap();
        broadcast.publish(&[home.clone(), "timeline:3".into()], message).await;
        let expected = r#"{"event":"delete","payload":"42"}"#;
        assert_eq!(first.next().await.as_deref(), Some(expected));
        assert_eq!(second.next().await.as_deref(), Some(expected));

        drop((first, second, other));
        assert!(!broadcast.may_be_heard(&home));
    }

    #[test]
    fn an_event_may_have_no_payload() {
        assert_eq!(message::<()>("kill", None).unwrap(), r#"{"event":"kill"}"#);
    }
}
