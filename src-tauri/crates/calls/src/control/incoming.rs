//! Calls that arrive: whether they ring, and what becomes of those that do not.

use std::time::Duration;

use model::{AccountId, CallId, Event, Instant, NoticeCode, TurnedAway};

use super::CallControl;
use crate::{
    call::Call,
    io::{IncomingCall, LineRequest},
};

impl CallControl {
    pub(super) fn on_incoming(&mut self, now: Instant, account: &AccountId, incoming: IncomingCall) {
        let live = self.calls.values().filter(|call| call.is_live()).count();
        let Some(line) = self.lines.get(account) else { return };
        let because = match live {
            _ if self.do_not_disturb => Some(TurnedAway::DoNotDisturb),
            live if live >= self.settings.limit as usize => Some(TurnedAway::Busy),
            _ => None,
        };
        if let Some(because) = because {
            self.outbox.line(account, LineRequest::Reject { call: incoming.call, code: 486, text: "Busy Here".into() });
            self.outbox.event(Event::TurnedAway { account: account.clone(), remote: incoming.remote, because });
            return;
        }
        self.numbered += 1;
        let id = CallId(self.numbered);
        let offerless = incoming.offer.is_none();
        let ring_for = Duration::from_secs(self.settings.ring_for_s.into());
        let call = Call::received(now, id, line, incoming, ring_for, &mut self.outbox);
        self.calls.insert(id, call);
        if offerless {
            self.alert(now, id);
        }
    }

    /// Ends the calls in conversation and answers this one.
    pub(super) fn end_and_answer(&mut self, now: Instant, id: CallId) {
        if self.calls.get(&id).is_some_and(Call::is_ringing_here) {
            for call in self.calls.values_mut().filter(|call| call.is_talking() && !call.hold.local) {
                call.end_conversation(now, &mut self.outbox);
            }
        }
        self.with_call(id, NoticeCode::DialFailed, |call, out| call.answer(now, out));
    }

    pub(super) fn alert(&mut self, now: Instant, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.alert(now, now + Duration::from_secs(self.settings.ring_for_s.into()), &mut self.outbox);
        if self.settings.auto_answer {
            self.with_call(id, NoticeCode::DialFailed, |call, out| {
                call.auto_answered = true;
                call.answer(now, out)
            });
        }
    }
}
