//! Waiting for work: `LISTEN` where it works, the passing of time everywhere.

use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgListener;
use tokio::time::{sleep, timeout};

/// Hears of new work on one channel. Behind a pooler that gives each transaction another
/// connection nothing is heard, and the time limit of [`Wake::wait`] does the work.
#[derive(Debug)]
pub struct Wake {
    pool: PgPool,
    channel: &'static str,
    listener: Option<PgListener>,
}

impl Wake {
    /// Listens from the first [`Wake::wait`] on.
    #[must_use]
    pub fn new(pool: PgPool, channel: &'static str) -> Self {
        Self { pool, channel, listener: None }
    }

    /// Returns when something was queued or `at_most` is over. May be dropped while it waits.
    pub async fn wait(&mut self, at_most: Duration) {
        if self.listener.is_none() {
            match timeout(at_most, self.connect()).await {
                // A fresh listener may have missed something, so the caller looks at once.
                Ok(Ok(listener)) => self.listener = Some(listener),
                Ok(Err(_)) => sleep(at_most).await,
                Err(_) => {}
            }
            return;
        }
        let Some(listener) = &mut self.listener else { return };
        match timeout(at_most, listener.try_recv()).await {
            // What came meanwhile is one reason to look, not many.
            Ok(Ok(Some(_))) => while listener.next_buffered().is_some() {},
            Ok(Ok(None) | Err(_)) => self.listener = None,
            Err(_) => {}
        }
    }

    async fn connect(&self) -> sqlx::Result<PgListener> {
        let mut listener = PgListener::connect_with(&self.pool).await?;
        listener.ignore_pool_close_event(true);
        listener.listen(self.channel).await?;
        Ok(listener)
    }
}
