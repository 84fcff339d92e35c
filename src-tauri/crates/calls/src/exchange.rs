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
    /// Whether it is with the one under way, which may come to nothing.
    #[serde(default)]
    restarting: bool,
    crossings: u8,
    /// Offers that were withdrawn while the session was still making them: they will arrive and must be ignored.
    withdrawn: u32,
    /// Answers to offers that the far end took back: likewise.
    #[serde(default)]
    moot: u32,
    /// Whether the far end was held before its last offer.
    #[serde(default)]
    held_before: bool,
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
    /// The far end took its offer back; the session puts in force what was agreed before.
    Restoring { ours_out: bool },
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
        self.restarting = std::mem::take(&mut self.restart);
        Some((self.direction_to_ask(), self.restarting))
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
            State::Idle
            | State::Offered
            | State::Applying
            | State::Answering { .. }
            | State::Crossed
            | State::Restoring { .. } => MadeOffer::Ignore,
        }
    }

    /// The far end offers; returns whether our own pending offer must be rolled back first.
    pub(crate) fn offered(&mut self, has_offer: bool) -> bool {
        let (rollback, ours_out) = match self.state {
            State::Making => {
                self.withdrawn += 1;
                self.want_restart_again();
                (true, false)
            }
            State::Offered => (true, true),
            State::Crossed => (false, true),
            State::Restoring { ours_out } => (false, ours_out),
            State::Idle | State::Applying | State::Answering { .. } | State::OfferingOnRequest { .. } => (false, false),
        };
        self.held_before = self.held;
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
            State::Idle | State::Making | State::Offered | State::Applying | State::Crossed | State::Restoring { .. } => {
                self.state
            }
        };
    }

    /// The far end took its offer back; returns whether the session must put in force what was agreed before. Our answer may be on
    /// its way to us, or have left for where it is dropped.
    pub(crate) fn taken_back(&mut self) -> bool {
        let ours_out = match self.state {
            State::Answering { ours_out } => {
                self.moot += 1;
                ours_out
            }
            State::OfferingOnRequest { ours_out } => {
                self.withdrawn += 1;
                ours_out
            }
            State::Making => {
                self.withdrawn += 1;
                self.want_restart_again();
                false
            }
            State::Crossed => true,
            State::Idle | State::Applying => false,
            // Ours is out, and its answer settles everything.
            State::Offered | State::Restoring { .. } => return false,
        };
        self.state = State::Restoring { ours_out };
        (self.held, self.asked) = (self.held_before, self.held_before);
        true
    }

    /// Whether the answer that the session has made, or could not make, is to an offer that was taken back.
    pub(crate) fn is_moot(&mut self) -> bool {
        let is_moot = self.moot > 0;
        self.moot = self.moot.saturating_sub(1);
        is_moot
    }

    /// The far end answered our offer; it is being applied.
    pub(crate) fn accepted(&mut self) {
        if self.state == State::Offered {
            self.state = State::Applying;
            self.restarting = false;
        }
    }

    /// Their answer is in force, or what was agreed before.
    pub(crate) fn applied(&mut self) {
        self.held_before = self.held;
        match self.state {
            State::Applying => {
                self.state = State::Idle;
                self.crossings = 0;
            }
            State::Restoring { ours_out } => self.state = if ours_out { State::Crossed } else { State::Idle },
            State::Idle
            | State::Making
            | State::Offered
            | State::Answering { .. }
            | State::OfferingOnRequest { .. }
            | State::Crossed => {}
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
            State::Restoring { .. } => self.state = State::Restoring { ours_out: false },
            State::Idle | State::Making | State::Applying => {}
        }
        let crossed = code == 491 && self.crossings < MOST_CROSSINGS;
        if crossed {
            self.crossings += 1;
            self.want_restart_again();
        } else {
            self.give_up();
        }
        Refusal { rollback, given_up: !crossed }
    }

    /// Their answer to our offer cannot be used, or ours cannot be made: what was agreed stays.
    pub(crate) fn give_up(&mut self) {
        if matches!(self.state, State::Applying | State::Making | State::Restoring { .. }) {
            self.state = State::Idle;
        }
        self.hold = self.held;
        (self.restart, self.restarting) = (false, false);
        self.crossings = 0;
    }

    /// What restarts ICE has come to nothing.
    fn want_restart_again(&mut self) {
        self.restart |= std::mem::take(&mut self.restarting);
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
    fn a_restart_of_ice_that_crosses_with_their_offer_is_made_after_it() {
        let restart = Some((MediaDirection::SendRecv, true));
        let begun = || {
            let mut exchange = Exchange::default();
            exchange.want_restart();
            assert_eq!(exchange.next(), restart);
            exchange
        };
        // Theirs comes while ours is made.
        let mut making = begun();
        assert!(making.offered(true));
        assert_eq!(making.offer_made(), MadeOffer::Ignore);
        making.answered();
        assert_eq!(making.next(), restart);
        // And while ours is out.
        let mut out = begun();
        out.offer_made();
        assert!(out.offered(true));
        out.answered();
        out.refused(491);
        assert_eq!(out.next(), restart);
        out.offer_made();
        out.accepted();
        out.applied();
        assert_eq!(out.next(), None, "once");
        // What is refused for good is not.
        let mut refused = begun();
        refused.offer_made();
        refused.refused(500);
        assert_eq!(refused.next(), None);
        refused.offered(true);
        refused.answered();
        assert_eq!(refused.next(), None);
    }

    #[test]
    fn an_offer_that_is_taken_back_leaves_who_is_held_as_it_was() {
        // Held by us, and about to be taken back when the far end offers.
        let mut exchange = offered();
        exchange.accepted();
        exchange.agreed(false);
        exchange.applied();
        assert!(exchange.is_held());
        exchange.offered(true);
        exchange.want_hold(false);
        exchange.direction_to_ask();
        exchange.agreed(true);
        exchange.answered();
        assert!(!exchange.is_held());
        // Its CANCEL came before our answer.
        assert!(exchange.taken_back());
        assert!(exchange.is_held());
        assert_eq!(exchange.next(), None, "the session has not gone back yet");
        exchange.agreed(false);
        exchange.applied();
        assert!(exchange.is_held());
        assert_eq!(exchange.next(), Some((MediaDirection::SendRecv, false)));
    }

    #[test]
    fn an_offer_that_is_taken_back_and_one_that_follows_are_kept_apart() {
        let mut exchange = Exchange::default();
        exchange.offered(true);
        assert!(exchange.taken_back());
        exchange.offered(true);
        assert!(exchange.is_moot(), "the answer to the first");
        exchange.agreed(true);
        exchange.applied();
        assert!(exchange.is_answering());
        assert!(!exchange.is_moot(), "the answer to the second");
        exchange.answered();
        exchange.want_hold(true);
        assert!(exchange.next().is_some());
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
