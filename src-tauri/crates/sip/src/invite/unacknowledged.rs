//! A 2xx of ours to an INVITE, repeated until its ACK comes (RFC 3261 13.3.1.4), on reliable transports too: a proxy on
//! the way may have lost it.

use model::Instant;

use crate::{Request, transaction::Repeat, user_agent::Core};

/// A 2xx of ours without its ACK.
#[derive(Debug)]
pub(super) struct Unacknowledged {
    response: Vec<u8>,
    number: u32,
    repeat: Repeat,
    give_up_at: Instant,
    pub answers: Answers,
}

/// What the 2xx answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answers {
    /// The first INVITE, which had an offer.
    First,
    /// The first INVITE, which had none: ours is in the 2xx, and the ACK has the answer.
    FirstDemand,
    /// A re-INVITE with an offer.
    Offer,
    /// A re-INVITE without one: likewise.
    Demand,
}

impl Answers {
    /// Whether an offer of ours waits for its answer.
    pub fn has_offer(self) -> bool {
        matches!(self, Self::FirstDemand | Self::Demand)
    }
}

/// Whether the ACK is still worth waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Overdue {
    No,
    GiveUp,
}

impl Unacknowledged {
    pub fn new(core: &Core, response: Vec<u8>, invite: &Request, answers: Answers) -> Self {
        let timers = core.transactions.timers();
        Self {
            response,
            number: invite.headers.cseq().map_or(0, |cseq| cseq.number),
            repeat: Repeat::start(core.now, timers.t1, timers.t2),
            give_up_at: core.now + timers.life(),
            answers,
        }
    }

    /// Whether that ACK is the one.
    pub fn is_of(&self, ack: &Request) -> bool {
        ack.headers.cseq().is_ok_and(|cseq| cseq.number == self.number)
    }

    pub fn repeat(&self, core: &mut Core) {
        core.transactions.send(self.response.clone());
    }

    pub fn tick(&mut self, core: &mut Core) -> Overdue {
        if core.now >= self.give_up_at {
            return Overdue::GiveUp;
        }
        if self.repeat.is_due(core.now) {
            self.repeat(core);
        }
        Overdue::No
    }

    pub fn deadline(&self) -> Instant {
        self.repeat.at().min(self.give_up_at)
    }
}
