//! The client transaction of every request but INVITE and ACK (RFC 3261 17.1.2).

use model::Instant;

use super::{Repeat, Tick, Timers, earlier};

/// A request of ours from sending to the end of its response's repetitions.
#[derive(Debug)]
pub(super) struct Client {
    timers: Timers,
    state: State,
}

#[derive(Debug)]
enum State {
    /// No final response yet. Timers E and F run through provisional ones.
    Pending { repeat: Option<Repeat>, give_up_at: Instant },
    /// Answered; repetitions of the answer are taken away. Timer K.
    Completed { until: Instant },
    /// Over.
    Terminated,
}

impl Client {
    pub(super) fn start(now: Instant, timers: Timers) -> Self {
        let repeat = timers.repeat(now, timers.t2);
        Self { timers, state: State::Pending { repeat, give_up_at: now + timers.life() } }
    }

    /// Whether the response goes up.
    pub(super) fn receive(&mut self, now: Instant, code: u16) -> bool {
        match &mut self.state {
            State::Pending { repeat, .. } if code < 200 => {
                if let Some(repeat) = repeat {
                    repeat.slow_down();
                }
                true
            }
            State::Pending { .. } => {
                self.state = State::Completed { until: now + self.timers.i_and_k() };
                true
            }
            State::Completed { .. } | State::Terminated => false,
        }
    }

    pub(super) fn tick(&mut self, now: Instant) -> Tick {
        match &mut self.state {
            // Timer F (RFC 3261 17.1.2.2).
            State::Pending { give_up_at, .. } if now >= *give_up_at => {
                self.state = State::Terminated;
                Tick::GiveUp
            }
            State::Pending { repeat: Some(repeat), .. } => repeat.tick(now),
            State::Pending { repeat: None, .. } | State::Completed { .. } | State::Terminated => Tick::Nothing,
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        match &self.state {
            State::Pending { repeat, give_up_at } => earlier(repeat.as_ref().map(Repeat::at), Some(*give_up_at)),
            State::Completed { until } => Some(*until),
            State::Terminated => None,
        }
    }

    /// Whether the answer is still awaited, so that the request is worth sending again over a new connection.
    pub(super) fn is_pending(&self) -> bool {
        matches!(self.state, State::Pending { .. })
    }

    /// Whether it is over, its lingering included, which lasts no time over a reliable transport.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        match self.state {
            State::Completed { until } => now >= until,
            State::Terminated => true,
            State::Pending { .. } => false,
        }
    }
}
