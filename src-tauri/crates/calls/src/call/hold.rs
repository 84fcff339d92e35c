//! Holding the far end and taking it back.

use model::{Event, Hold, MediaDirection};

use super::Call;
use crate::outbox::Outbox;

impl Call {
    /// Puts the far end of an answered call on hold, or takes it back, as soon as signalling allows.
    pub(crate) fn set_hold(&mut self, held: bool, out: &mut Outbox) {
        if !self.can_hold {
            return self.set_held_by_silence(held, out);
        }
        if !held {
            self.set_held_by_silence(false, out);
        }
        if held != self.is_to_be_held() {
            self.exchange.want_hold(held);
            self.advance_exchange(out);
        }
    }

    /// Holds a far end that does not agree to it: nothing is sent to it and nothing of it is heard.
    pub(crate) fn hold_by_silence(&mut self, out: &mut Outbox) {
        self.set_held_by_silence(true, out);
    }

    /// Whether it is held, or will be as soon as the far end agrees.
    pub(crate) fn is_to_be_held(&self) -> bool {
        self.exchange.holds() || self.held_by_silence
    }

    fn set_held_by_silence(&mut self, held: bool, out: &mut Outbox) {
        self.held_by_silence = held;
        self.tell_hold(Hold { local: held || self.exchange.is_held(), ..self.hold }, out);
    }

    /// Both sides have descriptions: who holds whom follows from the directions.
    pub(super) fn on_agreed(&mut self, direction: MediaDirection, remote: MediaDirection, out: &mut Outbox) {
        self.exchange.agreed(direction.receives());
        let local = self.held_by_silence || self.exchange.is_held();
        self.tell_hold(Hold { local, remote: !remote.receives() }, out);
    }

    /// A call that was held by what was agreed before it was answered: told now, because before there was nothing to hold.
    pub(super) fn tell_early_hold(&self, out: &mut Outbox) {
        if self.hold != Hold::default() {
            out.event(Event::Hold { call: self.id, hold: self.hold });
        }
    }

    fn tell_hold(&mut self, hold: Hold, out: &mut Outbox) {
        if hold == self.hold {
            return;
        }
        self.hold = hold;
        if self.is_talking() {
            out.event(Event::Hold { call: self.id, hold });
        }
    }
}
