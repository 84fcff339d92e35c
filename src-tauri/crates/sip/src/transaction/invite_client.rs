//! The INVITE client transaction (RFC 3261 17.1.1, RFC 6026 section 7.2).

use model::Instant;

use super::{Repeat, Tick, Timers, earlier};

/// An INVITE of ours from sending to the end of its last response's repetitions.
#[derive(Debug)]
pub(super) struct InviteClient {
    timers: Timers,
    state: State,
}

#[derive(Debug)]
enum State {
    /// No response yet. Timers A and B.
    Calling { repeat: Option<Repeat>, give_up_at: Instant },
    /// A provisional response came; from here its user decides how long to wait.
    Proceeding,
    /// Refused; the ACK is kept for repetitions of the refusal. Timer D.
    Completed { until: Instant },
    /// Answered; further 2xx, repeated or of other forks, go up. Timer M.
    Accepted { until: Instant },
    /// Over.
    Terminated,
}

/// What to do with a response.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Hand it up.
    Deliver,
    /// Acknowledge it here and hand it up.
    AcknowledgeAndDeliver,
    /// Acknowledge it again.
    Acknowledge,
    /// Nobody waits for it.
    Drop,
}

impl InviteClient {
    pub(super) fn start(now: Instant, timers: Timers) -> Self {
        let repeat = timers.repeat(now, timers.life());
        Self { timers, state: State::Calling { repeat, give_up_at: now + timers.life() } }
    }

    pub(super) fn receive(&mut self, now: Instant, code: u16) -> Verdict {
        match (&self.state, code) {
            (State::Calling { .. } | State::Proceeding, 100..=199) => {
                self.state = State::Proceeding;
                Verdict::Deliver
            }
            (State::Calling { .. } | State::Proceeding, 200..=299) => {
                self.state = State::Accepted { until: now + self.timers.life() };
                Verdict::Deliver
            }
            (State::Calling { .. } | State::Proceeding, _) => {
                self.state = State::Completed { until: now + self.timers.d() };
                Verdict::AcknowledgeAndDeliver
            }
            (State::Accepted { .. }, 200..=299) => Verdict::Deliver,
            (State::Completed { .. }, 300..=699) => Verdict::Acknowledge,
            (State::Accepted { .. } | State::Completed { .. } | State::Terminated, _) => Verdict::Drop,
        }
    }

    pub(super) fn tick(&mut self, now: Instant) -> Tick {
        match &mut self.state {
            // Timer B (RFC 3261 17.1.1.2).
            State::Calling { give_up_at, .. } if now >= *give_up_at => {
                self.state = State::Terminated;
                Tick::GiveUp
            }
            State::Calling { repeat: Some(repeat), .. } => repeat.tick(now),
            State::Calling { repeat: None, .. }
            | State::Proceeding
            | State::Completed { .. }
            | State::Accepted { .. }
            | State::Terminated => Tick::Nothing,
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        match &self.state {
            State::Calling { repeat, give_up_at } => earlier(repeat.as_ref().map(Repeat::at), Some(*give_up_at)),
            State::Completed { until } | State::Accepted { until } => Some(*until),
            State::Proceeding | State::Terminated => None,
        }
    }

    /// Whether nothing has been heard yet, so that the request is worth sending again over a new connection.
    pub(super) fn is_unheard(&self) -> bool {
        matches!(self.state, State::Calling { .. })
    }

    /// Whether a CANCEL may be sent now (RFC 3261 9.1).
    pub(super) fn is_proceeding(&self) -> bool {
        matches!(self.state, State::Proceeding)
    }

    /// Whether it is over, its lingering included, which lasts no time over a reliable transport for a refusal.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        match self.state {
            State::Completed { until } | State::Accepted { until } => now >= until,
            State::Terminated => true,
            State::Calling { .. } | State::Proceeding => false,
        }
    }
}
