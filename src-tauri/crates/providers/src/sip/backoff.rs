//! How long to wait before the next try.

use std::time::Duration;

use model::Instant;
use rand::{RngExt, SeedableRng, rngs::StdRng};

/// A connection that held so long was a good one: after it, the first try is made at once again.
const STABLE: Duration = Duration::from_secs(10);
/// Longest wait of the first try. Nobody notices it, and the phones of an office do not all come in one millisecond.
const FIRST: Duration = Duration::from_millis(400);
const SHORTEST: Duration = Duration::from_millis(50);

/// Jittered waiting times that grow with how long it has been going wrong.
///
/// A wait is drawn evenly ("full jitter") up to a third of that time: after an outage of five seconds the next try comes
/// within two, and after a minute and a half they are up to 30 s apart.
#[derive(Debug)]
pub(super) struct Backoff {
    rng: StdRng,
    failing_since: Option<Instant>,
    online_since: Option<Instant>,
}

/// How likely it is that trying again soon helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// Networks and servers come back.
    Quick,
    /// Somebody has to repair something: a certificate, a server's configuration.
    Slow,
}

impl Backoff {
    pub(super) fn new(seed: [u8; 32]) -> Self {
        Self { rng: StdRng::from_seed(seed), failing_since: None, online_since: None }
    }

    /// Everything works now.
    pub(super) fn online(&mut self, now: Instant) {
        self.online_since.get_or_insert(now);
    }

    /// The user or the system says that it is another network: what was learnt of the last one is void.
    pub(super) fn reset(&mut self) {
        self.failing_since = None;
    }

    /// Something failed: how long to wait.
    pub(super) fn wait(&mut self, now: Instant, pace: Pace) -> Duration {
        // A server that takes us and throws us out at once counts as failing all the time.
        if self.online_since.take().is_some_and(|since| now.since(since) >= STABLE) {
            self.failing_since = None;
        }
        let failing_for = self.failing_since.map(|since| now.since(since));
        self.failing_since.get_or_insert(now);
        let (shortest, longest) = match (pace, failing_for) {
            (Pace::Quick, None) => (SHORTEST, FIRST),
            (Pace::Quick, Some(span)) => (SHORTEST, (span / 3).clamp(Duration::from_secs(1), Duration::from_secs(30))),
            (Pace::Slow, span) => {
                let longest = (span.unwrap_or_default() / 3).clamp(Duration::from_secs(30), Duration::from_secs(300));
                (longest / 2, longest)
            }
        };
        self.rng.random_range(shortest..=longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Instant {
        Instant::START + Duration::from_millis(ms)
    }

    #[test]
    fn the_first_try_comes_at_once_and_later_ones_up_to_half_a_minute_apart() {
        for seed in 0..50 {
            let mut backoff = Backoff::new([seed; 32]);
            let mut now = at(0);
            let mut waits = Vec::new();
            while now < at(300_000) {
                let wait = backoff.wait(now, Pace::Quick);
                waits.push((now, wait));
                now += wait;
            }
            assert!(waits[0].1 <= FIRST);
            for (now, wait) in &waits {
                assert!(*wait <= Duration::from_secs(30));
                assert!(*now > at(5_000) || *wait <= Duration::from_secs(2), "{now}: {wait:?}");
            }
            assert!(waits.iter().any(|(_, wait)| *wait > Duration::from_secs(10)));
            assert!((20..80).contains(&waits.len()), "{}", waits.len());
        }
    }

    #[test]
    fn phones_do_not_try_in_step() {
        let waits: Vec<_> = (0..20).map(|seed| Backoff::new([seed; 32]).wait(at(0), Pace::Quick).as_millis() / 20).collect();
        assert!(waits.iter().any(|wait| wait != &waits[0]));
    }

    #[test]
    fn a_good_connection_is_forgiven_its_end_and_a_flapping_one_is_not() {
        let mut backoff = Backoff::new([1; 32]);
        backoff.wait(at(0), Pace::Quick);
        backoff.online(at(1_000));
        backoff.wait(at(60_000), Pace::Quick);
        backoff.online(at(60_100));
        assert!(backoff.wait(at(70_100), Pace::Quick) <= FIRST);

        let mut flapping = Backoff::new([2; 32]);
        let waits = (0..400_u64).map(|round| {
            flapping.online(at(round * 1_000));
            flapping.wait(at(round * 1_000 + 100), Pace::Quick)
        });
        assert!(waits.max() > Some(Duration::from_secs(20)));
    }

    #[test]
    fn what_somebody_has_to_repair_is_tried_twice_a_minute_at_most() {
        let mut backoff = Backoff::new([3; 32]);
        assert!(backoff.wait(at(0), Pace::Slow) >= Duration::from_secs(15));
        assert!(backoff.wait(at(3_600_000), Pace::Slow) >= Duration::from_secs(150));
    }
}
