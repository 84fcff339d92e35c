//! The INVITE server transaction (RFC 3261 17.2.1, RFC 6026 section 7.1).

use std::time::Duration;

use model::Instant;

use super::{Repeat, Tick, Timers, earlier};

/// A 100 leaves when our user has said nothing for so long (RFC 3261 17.2.1).
const TRYING_AFTER: Duration = Duration::from_millis(200);

/// An INVITE of theirs from arriving to the end of its ACK's repetitions.
#[derive(Debug)]
pub(super) struct InviteServer {
    timers: Timers,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Nothing said yet; a 100 is due.
    Silent { trying_at: Instant },
    /// A provisional response was sent.
    Proceeding,
    /// Refused; repeated until the ACK comes. Timers G and H.
    Completed { repeat: Option<Repeat>, give_up_at: Instant },
    /// Refusal acknowledged; repeated ACKs are taken away. Timer I.
    Confirmed { until: Instant },
    /// Answered with a 2xx, which our user repeats; repeated INVITEs are taken away. Timer L.
    Accepted { until: Instant },
}

/// What to do with an ACK.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum AckVerdict {
    /// It belongs to a 2xx: hand it up.
    Deliver,
    /// It ends here.
    Absorb,
}

impl InviteServer {
    pub(super) fn start(now: Instant, timers: Timers) -> Self {
        Self { timers, state: State::Silent { trying_at: now + TRYING_AFTER } }
    }

    /// Whether the INVITE, having come again, is answered with the last response.
    pub(super) fn repeats_response(&self) -> bool {
        matches!(self.state, State::Proceeding | State::Completed { .. })
    }

    /// Whether our user may still respond.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.state, State::Silent { .. } | State::Proceeding)
    }

    pub(super) fn respond(&mut self, now: Instant, code: u16) {
        self.state = match code {
            ..=199 => State::Proceeding,
            200..=299 => State::Accepted { until: now + self.timers.life() },
            _ => State::Completed { repeat: self.timers.repeat(now, self.timers.t2), give_up_at: now + self.timers.life() },
        };
    }

    pub(super) fn acknowledge(&mut self, now: Instant) -> AckVerdict {
        match self.state {
            State::Completed { .. } => {
                self.state = State::Confirmed { until: now + self.timers.i_and_k() };
                AckVerdict::Absorb
            }
            State::Accepted { .. } => AckVerdict::Deliver,
            State::Silent { .. } | State::Proceeding | State::Confirmed { .. } => AckVerdict::Absorb,
        }
    }

    /// `Tick::GiveUp` says that the 100 is due. The end of Timer H is told to nobody: a refusal without ACK is still one.
    pub(super) fn tick(&mut self, now: Instant) -> Tick {
        match &mut self.state {
            State::Silent { trying_at } if now >= *trying_at => Tick::GiveUp,
            State::Completed { repeat: Some(repeat), .. } => repeat.tick(now),
            State::Silent { .. }
            | State::Proceeding
            | State::Completed { repeat: None, .. }
            | State::Confirmed { .. }
            | State::Accepted { .. } => Tick::Nothing,
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        match &self.state {
            State::Silent { trying_at } => Some(*trying_at),
            State::Completed { repeat, give_up_at } => earlier(repeat.as_ref().map(Repeat::at), Some(*give_up_at)),
            State::Confirmed { until } | State::Accepted { until } => Some(*until),
            State::Proceeding => None,
        }
    }

    /// Whether a refusal waits for its ACK, so that it is worth sending again over a new connection.
    pub(super) fn is_unacknowledged(&self) -> bool {
        matches!(self.state, State::Completed { .. })
    }

    /// Whether it is over, its lingering included, which lasts no time over a reliable transport.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        match self.state {
            State::Completed { give_up_at: until, .. } | State::Confirmed { until } | State::Accepted { until } => now >= until,
            State::Silent { .. } | State::Proceeding => false,
        }
    }
}
