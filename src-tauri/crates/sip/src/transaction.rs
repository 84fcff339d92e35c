//! Transactions (RFC 3261 section 17, with the Accepted states of RFC 6026).
//!
//! Four small machines, one per kind, and [`Transactions`], which finds the one a message belongs to. A machine is told
//! messages and the time; it says what to send and what its user must hear.

mod client;
mod invite_client;
mod invite_server;
mod layer;
mod received;
mod server;
#[cfg(test)]
mod tests;

use std::time::Duration;

use model::Instant;

pub(crate) use layer::{ClientId, Happened, Refusal, ServerId, Transactions};

/// The basic timers (RFC 3261 table 4), from which all others follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timers {
    /// Whether the transport repeats by itself; then nothing is repeated here and nothing lingers.
    pub reliable: bool,
    /// Estimate of the round trip.
    pub t1: Duration,
    /// Longest pause between repetitions.
    pub t2: Duration,
    /// Longest life of a message in the network.
    pub t4: Duration,
}

impl Timers {
    /// For WebSocket, TCP and TLS.
    pub const RELIABLE: Self =
        Self { reliable: true, t1: Duration::from_millis(500), t2: Duration::from_secs(4), t4: Duration::from_secs(5) };

    /// For UDP.
    pub const UNRELIABLE: Self = Self { reliable: false, ..Self::RELIABLE };

    /// Timers B, F, H, J, L and M: 64 times T1, the life of a transaction.
    pub fn life(&self) -> Duration {
        self.t1 * 64
    }

    /// Timer D: how long repeated refusals of an INVITE are acknowledged; at least 32 s where they can occur.
    fn d(&self) -> Duration {
        self.unless_reliable(self.life().max(Duration::from_secs(32)))
    }

    /// Timer I (waiting for repeated ACKs) and Timer K (for repeated responses).
    fn i_and_k(&self) -> Duration {
        self.unless_reliable(self.t4)
    }

    /// Timer J: how long repeated requests are answered.
    fn j(&self) -> Duration {
        self.unless_reliable(self.life())
    }

    /// Timers A, E and G: the first repetition; none over a reliable transport.
    fn repeat(&self, now: Instant, longest: Duration) -> Option<Repeat> {
        (!self.reliable).then(|| Repeat::start(now, self.t1, longest))
    }

    fn unless_reliable(&self, span: Duration) -> Duration {
        if self.reliable { Duration::ZERO } else { span }
    }
}

/// A repetition whose pause doubles each time up to a longest one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Repeat {
    at: Instant,
    pause: Duration,
    longest: Duration,
}

impl Repeat {
    pub(crate) fn start(now: Instant, first: Duration, longest: Duration) -> Self {
        Self { at: now + first, pause: first, longest }
    }

    /// Whether it is time; then the next one is set.
    pub(crate) fn is_due(&mut self, now: Instant) -> bool {
        if now < self.at {
            return false;
        }
        self.pause = (self.pause * 2).min(self.longest);
        self.at = now + self.pause;
        true
    }

    fn tick(&mut self, now: Instant) -> Tick {
        if self.is_due(now) { Tick::Repeat } else { Tick::Nothing }
    }

    /// From now on with the longest pause (Timer E in Proceeding).
    fn slow_down(&mut self) {
        self.pause = self.longest;
    }

    pub(crate) fn at(&self) -> Instant {
        self.at
    }
}

/// What a machine wants when its time has come.
#[derive(Debug, PartialEq, Eq)]
enum Tick {
    /// Nothing.
    Nothing,
    /// Its last message again.
    Repeat,
    /// To tell its user that nobody answered.
    GiveUp,
}

/// The earlier of two moments that may not be set.
pub(crate) fn earlier(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
