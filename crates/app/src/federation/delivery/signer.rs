//! Threads that sign. What wants a signature at the same time is signed as one batch.

use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;

use chrono::{DateTime, Utc};
use ferrodon_activitypub::signature::{SignError, ToSign, sign_batch};
use http::HeaderMap;
use tokio::sync::oneshot;
use url::Url;

use super::send::Prepared;
use crate::keys::Signer;

/// Signatures in one batch: as many as a vector unit could make at once.
const BATCH: usize = 8;

/// One request that is to be signed.
pub(super) struct Order {
    pub(super) signer: Arc<Signer>,
    pub(super) url: Arc<Url>,
    pub(super) activity: Arc<Prepared>,
    pub(super) synchronization: Option<String>,
    pub(super) now: DateTime<Utc>,
}

type Waiting = (Order, oneshot::Sender<Result<HeaderMap, SignError>>);

/// Where requests are signed. The threads end with it.
#[derive(Clone, Debug)]
pub(super) struct Signers(mpsc::Sender<Waiting>);

impl Signers {
    /// Starts a thread for each core.
    pub(super) fn start() -> std::io::Result<Self> {
        let (sender, receiver) = mpsc::channel();
        let receiver = Arc::new(Mutex::new(receiver));
        let threads = thread::available_parallelism().map_or(1, usize::from);
        for number in 0..threads {
            let receiver = receiver.clone();
            thread::Builder::new()
                .name(format!("signer-{number}"))
                .spawn(move || work(&receiver))?;
        }
        Ok(Self(sender))
    }

    /// The headers of the signed request; none if the threads are gone.
    pub(super) async fn sign(&self, order: Order) -> Option<Result<HeaderMap, SignError>> {
        let (sender, receiver) = oneshot::channel();
        self.0.send((order, sender)).ok()?;
        receiver.await.ok()
    }
}

fn work(receiver: &Mutex<mpsc::Receiver<Waiting>>) {
    let mut batch: Vec<Waiting> = Vec::with_capacity(BATCH);
    loop {
        {
            let receiver = receiver.lock().unwrap_or_else(PoisonError::into_inner);
            let Ok(first) = receiver.recv() else { return };
            batch.push(first);
            while batch.len() < BATCH
                && let Ok(next) = receiver.try_recv()
            {
                batch.push(next);
            }
        }
        let Some(now) = batch.last().map(|(order, _)| order.now) else { continue };
        let posts: Vec<ToSign<'_>> = batch
            .iter()
            .map(|(order, _)| ToSign {
                signer: order.signer.borrowed(),
                url: &order.url,
                digest: &order.activity.digest,
                collection_synchronization: order.synchronization.as_deref(),
            })
            .collect();
        let signed = sign_batch(&posts, now);
        drop(posts);
        for ((_, answer), headers) in batch.drain(..).zip(signed) {
            // Whoever asked may have been stopped meanwhile.
            let _ = answer.send(headers);
        }
    }
}
