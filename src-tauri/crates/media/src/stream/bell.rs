//! What the hub's thread rings when a packet of microphone is whole, and the session's task waits for.

use std::sync::Arc;
#[cfg(target_os = "linux")]
use std::{io, os::fd::OwnedFd};

#[cfg(target_os = "linux")]
use rustix::event::{EventfdFlags, eventfd};
#[cfg(target_os = "linux")]
use tokio::io::{Interest, unix::AsyncFd};
use tokio::sync::Notify;

/// The end that waits. The default is rung through the scheduler, which works in any runtime, also where time is virtual.
pub struct Bell(Heard);

enum Heard {
    Scheduler(Arc<Notify>),
    #[cfg(target_os = "linux")]
    Reactor(AsyncFd<Arc<OwnedFd>>),
}

/// The end that is rung, by a thread outside the runtime; it never waits.
pub(super) enum Ringer {
    Scheduler(Arc<Notify>),
    #[cfg(target_os = "linux")]
    Reactor(Arc<OwnedFd>),
}

impl Default for Bell {
    fn default() -> Self {
        Self(Heard::Scheduler(Arc::default()))
    }
}

impl Bell {
    /// A bell that wakes the one worker that waits in the reactor. Through the scheduler each ring from outside costs two wake-ups:
    /// the first worker to rise calls another one to look for more work, and there is none. To be made inside a runtime with I/O;
    /// without a free descriptor, and elsewhere than on Linux, it is the default.
    pub(crate) fn of_the_reactor() -> Self {
        #[cfg(target_os = "linux")]
        match counter() {
            Ok(counter) => return Self(Heard::Reactor(counter)),
            Err(error) => tracing::debug!(%error, "calls are woken through the scheduler"),
        }
        Self::default()
    }

    pub(super) fn ringer(&self) -> Ringer {
        match &self.0 {
            Heard::Scheduler(notify) => Ringer::Scheduler(Arc::clone(notify)),
            #[cfg(target_os = "linux")]
            Heard::Reactor(counter) => Ringer::Reactor(Arc::clone(counter.get_ref())),
        }
    }

    /// Returns when it was rung since the last time, and sometimes for nothing. Cancel-safe.
    pub(super) async fn rung(&self) {
        match &self.0 {
            Heard::Scheduler(notify) => notify.notified().await,
            // The counter is never read: the reactor tells each write that comes after it was cleared.
            #[cfg(target_os = "linux")]
            Heard::Reactor(counter) => match counter.readable().await {
                Ok(mut readable) => readable.clear_ready(),
                // The runtime ends, and this task with it.
                Err(_) => std::future::pending().await,
            },
        }
    }
}

impl Ringer {
    pub(super) fn ring(&self) {
        match self {
            Self::Scheduler(notify) => notify.notify_one(),
            #[cfg(target_os = "linux")]
            Self::Reactor(counter) => {
                // It cannot fail but by a full counter, after 2^64 rings.
                let _rung = rustix::io::write(counter, &1_u64.to_ne_bytes());
            }
        }
    }
}

#[cfg(target_os = "linux")]
fn counter() -> io::Result<AsyncFd<Arc<OwnedFd>>> {
    let counter = eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC)?;
    // SAFETY: the descriptor stays inside, owned and open, until it is dropped.
    let counter = unsafe { AsyncFd::register_with_interest(Arc::new(counter), Interest::READABLE) }?;
    Ok(counter)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Bell;

    #[tokio::test]
    async fn each_ring_is_heard_once_by_the_scheduler_and_by_the_reactor() {
        for bell in [Bell::default(), Bell::of_the_reactor()] {
            let ringer = bell.ringer();
            for _ in 0..3 {
                let thread = std::thread::spawn({
                    let ringer = bell.ringer();
                    move || ringer.ring()
                });
                tokio::time::timeout(Duration::from_secs(10), bell.rung()).await.expect("a ring is heard");
                thread.join().expect("it has rung");
                assert!(tokio::time::timeout(Duration::from_millis(20), bell.rung()).await.is_err(), "heard twice");
            }
            ringer.ring();
            tokio::time::sleep(Duration::from_millis(5)).await;
            tokio::time::timeout(Duration::from_secs(10), bell.rung()).await.expect("a ring before the wait is heard, too");
        }
    }
}
