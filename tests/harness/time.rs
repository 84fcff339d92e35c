//! Virtual time: the clock of a paused tokio runtime.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
    time::Duration,
};

use model::{Clock, Instant};

/// The day all scenarios are played on: 2026-01-01 00:00:00 UTC.
const DAY: i64 = 1_767_225_600;

/// Reads the runtime's own clock, which stands still while anything is left to do. Clones are the same clock.
#[derive(Clone, Debug)]
pub struct VirtualClock {
    started: tokio::time::Instant,
    /// How far the clock of the wall was set forwards since.
    set_s: Arc<AtomicI64>,
}

impl VirtualClock {
    /// A clock that starts now; must be called inside a runtime.
    #[expect(clippy::disallowed_methods, reason = "this is the one place where the virtual clock is read")]
    pub fn start() -> Self {
        Self { started: tokio::time::Instant::now(), set_s: Arc::default() }
    }

    /// Sets the clock of the wall forwards, or back, as its user or a time server does.
    pub(crate) fn set(&self, by_s: i64) {
        self.set_s.fetch_add(by_s, Relaxed);
    }
}

impl Clock for VirtualClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place where the virtual clock is read")]
    fn now(&self) -> Instant {
        Instant::after_start(tokio::time::Instant::now().duration_since(self.started))
    }

    fn unix_seconds(&self) -> i64 {
        DAY + self.set_s.load(Relaxed) + i64::try_from(self.now().since_start().as_secs()).unwrap_or(i64::MAX)
    }
}

/// So many seconds.
pub fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// So many milliseconds.
pub fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}
