//! When the next tick is due.

use std::time::Duration;

use model::Instant;

/// Time between two ticks.
const PERIOD: Duration = Duration::from_millis(10);

/// After a stall ticks come at most this fast: twice the pace. All at once would fill the rings of the devices and send
/// packets in bursts.
const CATCH_UP: Duration = Duration::from_millis(5);

/// Longer stalls are not caught up: the devices have lost that time as well, and the computer may have slept.
const FORGOTTEN: Duration = Duration::from_millis(100);

/// Absolute deadlines 10 ms apart, so that small delays do not add up.
#[derive(Debug)]
pub(crate) struct Pacer {
    due: Instant,
}

impl Pacer {
    /// The first tick is due now.
    pub(crate) fn starting(now: Instant) -> Self {
        Self { due: now }
    }

    /// A tick began at `now`; when the next one shall begin.
    pub(crate) fn ticked(&mut self, now: Instant) -> Instant {
        self.due += PERIOD;
        if now.since(self.due) > FORGOTTEN {
            self.due = now + PERIOD;
        }
        self.due.max(now + CATCH_UP)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Instant {
        Instant::START + Duration::from_millis(ms)
    }

    #[test]
    fn late_ticks_do_not_move_the_following_ones() {
        let mut pacer = Pacer::starting(at(0));
        assert_eq!(pacer.ticked(at(0)), at(10));
        assert_eq!(pacer.ticked(at(13)), at(20));
        assert_eq!(pacer.ticked(at(20)), at(30));
    }

    #[test]
    fn a_stall_is_caught_up_at_twice_the_pace() {
        let mut pacer = Pacer::starting(at(0));
        assert_eq!(pacer.ticked(at(0)), at(10));
        // The tick of 10 ms begins at 50 ms.
        let mut now = at(50);
        let mut beginnings = Vec::new();
        for _ in 0..12 {
            now = pacer.ticked(now);
            beginnings.push(now.as_millis());
        }
        assert_eq!(beginnings, [55, 60, 65, 70, 75, 80, 85, 90, 100, 110, 120, 130]);
    }

    #[test]
    fn a_long_stall_is_forgotten() {
        let mut pacer = Pacer::starting(at(0));
        pacer.ticked(at(0));
        assert_eq!(pacer.ticked(at(5_000)), at(5_010));
    }
}
