//! The server transaction of every request but INVITE and ACK (RFC 3261 17.2.2).

use model::Instant;

use super::Timers;

/// A request of theirs from arriving to the end of its repetitions.
#[derive(Debug)]
pub(super) struct Server {
    timers: Timers,
    state: State,
    /// Whoever sent it has given up by then (Timer F), so that an answer would reach nobody.
    useless_at: Instant,
}

#[derive(Debug)]
enum State {
    /// Our user has not said anything yet.
    Trying,
    /// Our user said something provisional.
    Proceeding,
    /// Answered; the answer is repeated when the request is. Timer J.
    Completed { until: Instant },
}

impl Server {
    pub(super) fn start(now: Instant, timers: Timers) -> Self {
        Self { timers, state: State::Trying, useless_at: now + timers.life() }
    }

    /// Whether the request, having come again, is answered with the last response.
    pub(super) fn repeats_response(&self) -> bool {
        matches!(self.state, State::Proceeding | State::Completed { .. })
    }

    /// Whether our user may still respond.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.state, State::Trying | State::Proceeding)
    }

    pub(super) fn respond(&mut self, now: Instant, code: u16) {
        self.state = if code < 200 { State::Proceeding } else { State::Completed { until: now + self.timers.j() } };
    }

    pub(super) fn deadline(&self) -> Instant {
        match self.state {
            State::Completed { until } => until,
            State::Trying | State::Proceeding => self.useless_at,
        }
    }

    /// Whether it is over, its lingering included, which lasts no time over a reliable transport.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        match self.state {
            State::Completed { until } => now >= until,
            State::Trying | State::Proceeding => now >= self.useless_at,
        }
    }
}
