//! When to ask the far end for a sign of life, and when to give it up.

use std::time::Duration;

use model::Instant;

/// Shorter than the 30 s after which common proxies and NATs forget an idle TCP connection.
const INTERVAL: Duration = Duration::from_secs(25);
/// What a probe may take: a round trip and one lost packet.
const PROBE_LIMIT: Duration = Duration::from_secs(3);
/// Pings without a pong before the connection counts as dead.
const MISSED_LIMIT: u32 = 2;

/// Pings a connection that is idle and notices when it is dead (RFC 7118 section 6, RFC 6455 section 5.5.2).
///
/// Anything that arrives is a sign of life.
#[derive(Debug)]
pub(crate) struct KeepAlive {
    due: Instant,
    unanswered: u32,
}

/// What to do at the time asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// Nothing yet.
    Nothing,
    /// Send a ping.
    Ping,
    /// The far end is gone.
    Dead,
}

impl KeepAlive {
    pub(crate) fn new(now: Instant) -> Self {
        Self { due: now + INTERVAL, unanswered: 0 }
    }

    /// Something arrived.
    pub(crate) fn alive(&mut self, now: Instant) {
        *self = Self::new(now);
    }

    /// A ping goes out now, and its pong is the last that is waited for.
    pub(crate) fn probe(&mut self, now: Instant) {
        let last_chance = now + PROBE_LIMIT;
        *self =
            Self { due: if self.unanswered == 0 { last_chance } else { self.due.min(last_chance) }, unanswered: MISSED_LIMIT };
    }

    /// To be called at `poll_timeout`.
    pub(crate) fn handle_timeout(&mut self, now: Instant) -> Due {
        if now < self.due {
            return Due::Nothing;
        }
        if self.unanswered >= MISSED_LIMIT {
            return Due::Dead;
        }
        self.unanswered += 1;
        self.due = now + INTERVAL;
        Due::Ping
    }

    pub(crate) fn poll_timeout(&self) -> Instant {
        self.due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Instant {
        Instant::START + Duration::from_secs(seconds)
    }

    #[test]
    fn two_missed_pongs_are_death_and_one_is_not() {
        let mut keep_alive = KeepAlive::new(at(0));
        assert_eq!(keep_alive.handle_timeout(at(24)), Due::Nothing);
        assert_eq!(keep_alive.handle_timeout(at(25)), Due::Ping);
        assert_eq!(keep_alive.handle_timeout(at(50)), Due::Ping);
        keep_alive.alive(at(51));
        assert_eq!(keep_alive.poll_timeout(), at(76));
        assert_eq!(keep_alive.handle_timeout(at(76)), Due::Ping);
        assert_eq!(keep_alive.handle_timeout(at(101)), Due::Ping);
        assert_eq!(keep_alive.handle_timeout(at(125)), Due::Nothing);
        assert_eq!(keep_alive.handle_timeout(at(126)), Due::Dead);
    }

    #[test]
    fn traffic_puts_the_ping_off() {
        let mut keep_alive = KeepAlive::new(at(0));
        keep_alive.alive(at(20));
        assert_eq!(keep_alive.handle_timeout(at(25)), Due::Nothing);
        assert_eq!(keep_alive.poll_timeout(), at(45));
    }

    #[test]
    fn a_probe_is_answered_within_three_seconds_or_never() {
        let mut keep_alive = KeepAlive::new(at(0));
        keep_alive.probe(at(5));
        keep_alive.probe(at(6));
        assert_eq!(keep_alive.poll_timeout(), at(8), "a second probe does not put off the verdict on the first");
        assert_eq!(keep_alive.handle_timeout(at(8)), Due::Dead);
        keep_alive.alive(at(8));
        assert_eq!(keep_alive.handle_timeout(at(8)), Due::Nothing);
    }
}
