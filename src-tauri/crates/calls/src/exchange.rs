//! Offers and answers inside an answered call: one at a time, and what is wanted next (RFC 3264, RFC 3261 section 14).

use model::MediaDirection;
use serde::{Deserialize, Serialize};

/// How often an offer that crosses with the far end's is made again before it is given up.
const MOST_CROSSINGS: u8 = 4;

/// The exchange of one call.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Exchange {
    state: State,
    /// Whether the far end shall be held.
    hold: bool,
    /// Whether it is, by what was agreed last.
    held: bool,
    /// Whether it was to be, by what we offered or answered last: the wish may have changed since.
    #[serde(default)]
    asked: bool,
    /// Whether ICE shall be restarted with the next offer.
    restart: bool,
    crossings: u8,
    /// Offers that were withdrawn while the session was still making them: they will arrive and must be ignored.
    withdrawn: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    /// Nothing under way.
    #[default]
    Idle,
    /// The media session makes our offer.
    Making,
    /// Our offer is on the wire.
    Offered,
    /// Their answer is being put in force.
    Applying,
    /// The media session answers their offer. `ours_out` when one of ours has crossed it and its refusal is still to come.
    Answering { ours_out: bool },
    /// The media session makes the offer they asked for.
    OfferingOnRequest { ours_out: bool },
    /// Our offer crossed with theirs; theirs is settled and the refusal of ours (491) is still to come.
    Crossed,
}

/// What to do with an offer the media session has made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum MadeOffer {
    /// Offer it to the far end.
    Send,
    /// It answers the far end's offer-less request.
    Answer,
    /// It was withdrawn.
    Ignore,
}

impl Exchange {
    /// An exchange that begins with a fresh session's offer.
    pub(crate) fn making_offer() -> Self {
        Self { state: State::Making, ..Self::default() }
    }

    pub(crate) fn want_hold(&mut self, held: bool) {
        self.hold = held;
        self.crossings = 0;
    }

    /// Both sides have descriptions; whether we receive is known. A far end that does not send by itself is not held.
    pub(crate) fn agreed(&mut self, receives: bool) {
        self.held = self.asked && !receives;
    }

    /// Whether the far end has agreed to be held.
    pub(crate) fn is_held(&self) -> bool {
        self.held
    }

    pub(crate) fn want_restart(&mut self) {
        self.restart = true;
    }

    /// Whether the far end shall be held.
    pub(crate) fn holds(&self) -> bool {
        self.hold
    }

    /// What we send and receive at most, for the offer or answer that is made now. A held party may be sent to: that is where
    /// hold music goes.
    pub(crate) fn direction_to_ask(&mut self) -> MediaDirection {
        self.asked = self.hold;
        if self.hold { MediaDirection::SendOnly } else { MediaDirection::SendRecv }
    }

    /// The next offer to make, when one is wanted and nothing is under way: its direction, and whether ICE restarts.
    pub(crate) fn next(&mut self) -> Option<(MediaDirection, bool)> {
        if self.state != State::Idle || (self.hold == self.held && !self.restart) {
            return None;
        }
        self.state = State::Making;
        Some((self.direction_to_ask(), std::mem::take(&mut self.restart)))
    }

    /// The media session has made an offer.
    pub(crate) fn offer_made(&mut self) -> MadeOffer {
        if self.withdrawn > 0 {
            self.withdrawn -= 1;
            return MadeOffer::Ignore;
        }
        match self.state {
            State::Making => {
                self.state = State::Offered;
                MadeOffer::Send
            }
            State::OfferingOnRequest { ours_out: _ } => {
                self.state = State::Applying;
                MadeOffer::Answer
            }
            State::Idle | State::Offered | State::Applying | State::Answering { .. } | State::Crossed => MadeOffer::Ignore,
        }
    }

    /// The far end offers; returns whether our own pending offer must be rolled back first.
    pub(crate) fn offered(&mut self, has_offer: bool) -> bool {
        let (rollback, ours_out) = match self.state {
            State::Making => {
                self.withdrawn += 1;
                (true, false)
            }
            State::Offered => (true, true),
            State::Crossed => (false, true),
            State::Idle | State::Applying | State::Answering { .. } | State::OfferingOnRequest { .. } => (false, false),
        };
        self.state = if has_offer { State::Answering { ours_out } } else { State::OfferingOnRequest { ours_out } };
        rollback
    }

    /// Whether the far end waits for our answer.
    pub(crate) fn is_answering(&self) -> bool {
        matches!(self.state, State::Answering { .. } | State::OfferingOnRequest { .. })
    }

    /// Our answer, or refusal, of their offer has left.
    pub(crate) fn answered(&mut self) {
        self.state = match self.state {
            State::Answering { ours_out: true } | State::OfferingOnRequest { ours_out: true } => State::Crossed,
            State::Answering { ours_out: false } | State::OfferingOnRequest { ours_out: false } => State::Idle,
            State::Idle | State::Making | State::Offered | State::Applying | State::Crossed => self.state,
        };
    }

    /// The far end answered our offer; it is being applied.
    pub(crate) fn accepted(&mut self) {
        if self.state == State::Offered {
            self.state = State::Applying;
        }
    }

    /// Their answer is in force.
    pub(crate) fn applied(&mut self) {
        if self.state == State::Applying {
            self.state = State::Idle;
            self.crossings = 0;
        }
    }

    /// What acknowledges the offer they asked for has no answer to it: what was agreed before goes on. Whether there was such an
    /// offer, which the session must forget.
    pub(crate) fn unanswered(&mut self) -> bool {
        let waited = self.state == State::Applying;
        if waited {
            self.state = State::Idle;
        }
        waited
    }

    /// Our offer was refused with `code`; returns whether the session must be rolled back, and whether the wish is given
    /// up for it.
    pub(crate) fn refused(&mut self, code: u16) -> Refusal {
        let rollback = self.state == State::Offered;
        match self.state {
            State::Offered | State::Crossed => self.state = State::Idle,
            State::Answering { .. } => self.state = State::Answering { ours_out: false },
            State::OfferingOnRequest { .. } => self.state = State::OfferingOnRequest { ours_out: false },
            State::Idle | State::Making | State::Applying => {}
        }
        let crossed = code == 491 && self.crossings < MOST_CROSSINGS;
        if crossed {
            self.crossings += 1;
        } else {
            self.give_up();
        }
        Refusal { rollback, given_up: !crossed }
    }

    /// Their answer to our offer cannot be used, or ours cannot be made: what was agreed stays.
    pub(crate) fn give_up(&mut self) {
        if matches!(self.state, State::Applying | State::Making) {
            self.state = State::Idle;
        }
        self.hold = self.held;
        self.restart = false;
        self.crossings = 0;
    }
}

/// What follows from a refused offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Refusal {
    pub(crate) rollback: bool,
    pub(crate) given_up: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered() -> Exchange {
        let mut exchange = Exchange::default();
        exchange.want_hold(true);
        assert_eq!(exchange.next(), Some((MediaDirection::SendOnly, false)));
        assert_eq!(exchange.next(), None, "one at a time");
        assert_eq!(exchange.offer_made(), MadeOffer::Send);
        exchange
    }

    #[test]
    fn a_wish_that_changed_meanwhile_makes_the_next_offer() {
        let mut exchange = offered();
        exchange.want_hold(false);
        exchange.accepted();
        assert_eq!(exchange.next(), None, "their answer is not in force yet");
        exchange.agreed(false);
        exchange.applied();
        assert!(exchange.is_held(), "by what was agreed, whatever is wanted by now");
        assert_eq!(exchange.next(), Some((MediaDirection::SendRecv, false)));
        exchange.want_hold(true);
        exchange.offer_made();
        exchange.accepted();
        exchange.agreed(true);
        exchange.applied();
        assert!(!exchange.is_held());
        assert_eq!(exchange.next(), Some((MediaDirection::SendOnly, false)));
    }

    #[test]
    fn a_far_end_that_refuses_to_be_held_is_not_when_the_wish_has_changed() {
        let mut exchange = offered();
        exchange.want_hold(false);
        exchange.accepted();
        exchange.agreed(true);
        exchange.applied();
        assert_eq!(exchange.next(), None, "it was not held for a moment");
    }

    #[test]
    fn a_far_end_that_holds_us_is_not_held_by_us() {
        let mut exchange = Exchange::default();
        exchange.offered(true);
        assert_eq!(exchange.direction_to_ask(), MediaDirection::SendRecv);
        // It sends nothing.
        exchange.agreed(false);
        exchange.answered();
        assert!(!exchange.is_held());
        assert_eq!(exchange.next(), None);
    }

    #[test]
    fn crossing_offers_settle_theirs_first_and_then_ours() {
        let mut exchange = offered();
        assert!(exchange.offered(true), "ours is rolled back");
        exchange.answered();
        assert_eq!(exchange.next(), None, "the refusal of ours is still to come");
        assert_eq!(exchange.refused(491), Refusal { rollback: false, given_up: false });
        assert_eq!(exchange.next(), Some((MediaDirection::SendOnly, false)));
    }

    #[test]
    fn an_offer_withdrawn_while_it_was_made_is_not_sent() {
        let mut exchange = Exchange::default();
        exchange.want_hold(true);
        exchange.next();
        assert!(exchange.offered(false));
        assert_eq!(exchange.offer_made(), MadeOffer::Ignore);
        assert_eq!(exchange.offer_made(), MadeOffer::Answer);
        exchange.agreed(false);
        exchange.applied();
        assert_eq!(exchange.next(), None);
    }

    #[test]
    fn endless_crossing_is_given_up() {
        let mut exchange = offered();
        for _ in 0..MOST_CROSSINGS {
            assert_eq!(exchange.refused(491), Refusal { rollback: true, given_up: false });
            assert!(exchange.next().is_some());
            exchange.offer_made();
        }
        assert_eq!(exchange.refused(491), Refusal { rollback: true, given_up: true });
        assert_eq!(exchange.next(), None, "the call is as it was");
    }
}
