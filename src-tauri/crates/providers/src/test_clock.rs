//! A clock for tests: tokio's, which can be paused, and a calendar that stands still.

use model::Clock;
use tokio::time::Instant;

/// 2026-06-01 12:00 UTC, when the certificates of the tests are valid.
pub(crate) const TODAY: i64 = 1_780_315_200;

pub(crate) struct TestClock(Instant);

impl TestClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock")]
    pub(crate) fn new() -> Self {
        Self(Instant::now())
    }
}

impl Clock for TestClock {
    fn now(&self) -> model::Instant {
        model::Instant::after_start(self.0.elapsed())
    }

    fn unix_seconds(&self) -> i64 {
        TODAY
    }
}
