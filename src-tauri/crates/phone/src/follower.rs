//! Somebody who follows the facts that a phone tells.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use model::TimedEvent;
use tokio::sync::broadcast::{
    Receiver,
    error::{RecvError, TryRecvError},
};
use tracing::debug;

/// Follows what a phone tells, until it is dropped. That it comes and goes is logged as `followers`.
#[derive(Debug)]
pub struct Follower {
    facts: Receiver<Arc<TimedEvent>>,
    nth: u32,
}

impl Follower {
    pub(crate) fn new(facts: Receiver<Arc<TimedEvent>>) -> Self {
        static NUMBERED: AtomicU32 = AtomicU32::new(1);
        let nth = NUMBERED.fetch_add(1, Ordering::Relaxed);
        debug!(target: "followers", nth, "subscribes to events");
        Self { facts, nth }
    }

    /// The next fact.
    ///
    /// # Errors
    /// When the phone has ended, or this follower has missed facts because it was too slow.
    pub async fn recv(&mut self) -> Result<TimedEvent, RecvError> {
        self.facts.recv().await.map(Arc::unwrap_or_clone)
    }

    /// The next fact, if it is there already.
    ///
    /// # Errors
    /// When there is none, or as for [`Follower::recv`].
    pub fn try_recv(&mut self) -> Result<TimedEvent, TryRecvError> {
        self.facts.try_recv().map(Arc::unwrap_or_clone)
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        debug!(target: "followers", nth = self.nth, "unsubscribes from events");
    }
}
