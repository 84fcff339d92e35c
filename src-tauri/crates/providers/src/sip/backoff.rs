//! How long to wait before the next try.

use std::time::Duration;

use model::Instant;
use rand::{RngExt, SeedableRng, rngs::StdRng};

/// A connection that held so long was a good one: after it, the first try is made at once again.
pub(super) const STABLE: Duration = Duration::from_secs(10);
/// Longest wait of the first try. Nobody notices it, and the phones of an office do not all come in one millisecond.
const FIRST: Duration = Duration::from_millis(400);
const SHORTEST: Duration = Duration::from_millis(50);

/// A server may send us away for an hour, but not for ever.
const LONGEST_TOLD: Duration = Duration::from_secs(3_600);
/// Nor at once back again, which would be a storm.
const SHORTEST_TOLD: Duration = Duration::from_secs(1);

/// Jittered waiting times that grow with how long it has been going wrong.
///
/// A wait is drawn evenly ("full jitter") up to a third of that time: after an outage of five seconds the next try comes
/// within two, and after a minute and a half they are up to 30 s apart.
#[derive(Debug)]
pub(crate) struct Backoff {
    rng: StdRng,
    schedule: Schedule,
    tries: u32,
    failing_since: Option<Instant>,
    online_since: Option<Instant>,
}

/// How waiting times grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Schedule {
    /// With how long it has been going wrong, as told above.
    WithTime,
    /// 1 s, 2 s, 4 s and so on to 30 s, a fifth more or less; from the beginning again after a connection that held.
    Doubling {
        /// For how long one holds to have been good.
        held: Duration,
    },
}

/// No doubling is longer.
const LONGEST_DOUBLED: Duration = Duration::from_secs(30);

/// How likely it is that trying again soon helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Networks and servers come back.
    Quick,
    /// Somebody has to repair something: a certificate, a server's configuration.
    Slow,
}

impl Backoff {
    pub(crate) fn new(seed: [u8; 32], schedule: Schedule) -> Self {
        Self { rng: StdRng::from_seed(seed), schedule, tries: 0, failing_since: None, online_since: None }
    }

    /// Everything works now.
    pub(crate) fn online(&mut self, now: Instant) {
        self.online_since.get_or_insert(now);
    }

    /// The user or the system says that it is another network: what was learnt of the last one is void.
    pub(crate) fn reset(&mut self) {
        self.failing_since = None;
        self.tries = 0;
    }

    /// Something failed: how long to wait.
    pub(crate) fn wait(&mut self, now: Instant, pace: Pace) -> Duration {
        if let Schedule::Doubling { held } = self.schedule {
            return self.doubled(now, held);
        }
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

    /// The wait that a server asks for by Retry-After, and up to a tenth more: those whom it has told the same do not all come
    /// back in one moment.
    pub(crate) fn told(&mut self, retry_after_s: u32) -> Duration {
        let told = Duration::from_secs(u64::from(retry_after_s)).clamp(SHORTEST_TOLD, LONGEST_TOLD);
        self.rng.random_range(told..=told + told / 10)
    }

    fn doubled(&mut self, now: Instant, held: Duration) -> Duration {
        if self.online_since.take().is_some_and(|since| now.since(since) >= held) {
            self.tries = 0;
        }
        let wait = Duration::from_secs(1 << self.tries.min(5)).min(LONGEST_DOUBLED);
        self.tries = self.tries.saturating_add(1);
        self.rng.random_range(wait * 4 / 5..=wait * 6 / 5)
    }
}

/// Waits after refused registrations, one after the other, as XiVO's own pages have them; but for the first, which those do not
/// wait for at all.
const STAGES_S: [u64; 4] = [2, 20, 40, 60];

/// How often in a row a registration was refused.
#[derive(Debug, Default)]
pub(crate) struct Stages {
    refused: usize,
    /// Whether the last one was refused by a 403.
    forbidden: bool,
}

impl Stages {
    /// It was refused with this status: how long to wait. Who is forbidden twice is a nuisance, and waits longest.
    pub(crate) fn wait(&mut self, code: u16) -> Duration {
        let last = STAGES_S.len() - 1;
        let stage = if self.forbidden && code == 403 { last } else { self.refused.min(last) };
        self.refused += 1;
        self.forbidden = code == 403;
        Duration::from_secs(STAGES_S[stage])
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
            let mut backoff = Backoff::new([seed; 32], Schedule::WithTime);
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
        let waits: Vec<_> =
            (0..20).map(|seed| Backoff::new([seed; 32], Schedule::WithTime).wait(at(0), Pace::Quick).as_millis() / 20).collect();
        assert!(waits.iter().any(|wait| wait != &waits[0]));
    }

    #[test]
    fn a_good_connection_is_forgiven_its_end_and_a_flapping_one_is_not() {
        let mut backoff = Backoff::new([1; 32], Schedule::WithTime);
        backoff.wait(at(0), Pace::Quick);
        backoff.online(at(1_000));
        backoff.wait(at(60_000), Pace::Quick);
        backoff.online(at(60_100));
        assert!(backoff.wait(at(70_100), Pace::Quick) <= FIRST);

        let mut flapping = Backoff::new([2; 32], Schedule::WithTime);
        let waits = (0..400_u64).map(|round| {
            flapping.online(at(round * 1_000));
            flapping.wait(at(round * 1_000 + 100), Pace::Quick)
        });
        assert!(waits.max() > Some(Duration::from_secs(20)));
    }

    #[test]
    fn a_doubling_ends_at_half_a_minute_and_begins_again_after_a_good_minute() {
        let mut backoff = Backoff::new([4; 32], Schedule::Doubling { held: Duration::from_secs(60) });
        for expected in [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000] {
            let wait = backoff.wait(at(0), Pace::Slow).as_millis();
            assert!((expected * 4 / 5..=expected * 6 / 5).contains(&wait), "{wait} ms for {expected} ms");
        }
        backoff.online(at(0));
        assert!(backoff.wait(at(59_000), Pace::Quick) > Duration::from_secs(20));
        backoff.online(at(60_000));
        assert!(backoff.wait(at(120_000), Pace::Quick) < Duration::from_secs(2));
    }

    #[test]
    fn what_somebody_has_to_repair_is_tried_twice_a_minute_at_most() {
        let mut backoff = Backoff::new([3; 32], Schedule::WithTime);
        assert!(backoff.wait(at(0), Pace::Slow) >= Duration::from_secs(15));
        assert!(backoff.wait(at(3_600_000), Pace::Slow) >= Duration::from_secs(150));
    }

    #[test]
    fn refused_registrations_are_tried_again_in_stages() {
        let waits = |codes: &[u16]| {
            let mut stages = Stages::default();
            codes.iter().map(|code| stages.wait(*code).as_secs()).collect::<Vec<_>>()
        };
        assert_eq!(waits(&[503; 6]), [2, 20, 40, 60, 60, 60]);
        assert_eq!(waits(&[403, 403, 403]), [2, 60, 60]);
        assert_eq!(waits(&[403, 404, 403]), [2, 20, 40]);
    }
}
