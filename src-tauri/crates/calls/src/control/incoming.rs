//! Calls that arrive: those that may ring, and those that are turned away.

use std::time::Duration;

use model::{
    AccountId, AccountState, AutoAnswerBusy, CallId, DeclineCode, Event, Instant, NoticeCode, Personal, Remote, TurnedAway,
};

use super::CallControl;
use crate::{
    call::Call,
    io::{IncomingCall, LineRequest, Plan},
    waiting::{Arrival, Verdict, names},
};

impl CallControl {
    pub(super) fn on_incoming(&mut self, now: Instant, account: &AccountId, incoming: IncomingCall) {
        let on_line = self.live_on(account);
        let elsewhere = self.elsewhere.values().filter(|call| call.is_live()).count();
        let Some(line) = self.lines.get(account) else { return };
        let arrival = Arrival {
            settings: &self.settings,
            do_not_disturb: self.do_not_disturb,
            remote: &incoming.remote,
            live: self.calls.values().filter(|call| call.is_live()).count() + elsewhere,
            line_is_full: line.is_full(on_line),
        };
        // A call that takes the place of another one is no further call.
        let replaced = incoming.replaces.and_then(|line| self.calls.values().find(|call| call.is_of(account, line)));
        if let Some(replaced) = replaced.map(|call| call.id) {
            return self.receive(now, account, incoming, Some(replaced), None);
        }
        // The user's own call is not kept from him.
        let verdict = match incoming.on_behalf {
            Some(_) if !arrival.line_is_full => Verdict::Ring,
            Some(_) | None => arrival.verdict(),
        };
        let is_registered = line.state == AccountState::Registered;
        let plan = incoming.plan.filter(|plan| is_registered || !plan.by_header);
        let is_busy = self.floor.holder.is_some();
        let (request, because) = match verdict {
            Verdict::Ring if is_busy && plan.is_some_and(|plan| plan.busy == AutoAnswerBusy::Refuse) => {
                (LineRequest::Reject { call: incoming.call, code: 486, text: "Busy Here".into() }, TurnedAway::Busy)
            }
            Verdict::Ring => return self.receive(now, account, incoming, None, plan),
            Verdict::Refuse { because, code } => {
                let text = if code == 480 { "Temporarily Unavailable" } else { "Busy Here" };
                (LineRequest::Reject { call: incoming.call, code, text: text.into() }, because)
            }
            Verdict::Forward { to } => (LineRequest::Redirect { call: incoming.call, to }, TurnedAway::Forwarded),
        };
        self.outbox.line(account, request);
        self.outbox.event(Event::TurnedAway { account: account.clone(), remote: incoming.remote, because });
    }

    /// Answers the calls whose delay is over.
    pub(super) fn answer_what_is_due(&mut self, now: Instant) {
        let due = self.calls.values_mut().filter_map(|call| Some((call.id, call.take_due_plan(now)?)));
        for (id, plan) in due.collect::<Vec<_>>() {
            let is_busy = self.floor.holder.is_some();
            if is_busy && plan.busy == AutoAnswerBusy::Refuse {
                self.with_call(id, NoticeCode::DialFailed, |call, out| call.decline(now, DeclineCode::BUSY, out));
                continue;
            }
            if let Some(call) = self.calls.get_mut(&id) {
                call.answer_as_planned(plan);
            }
            match plan.busy {
                AutoAnswerBusy::Answer => self.end_and_answer(now, id),
                AutoAnswerBusy::Refuse | AutoAnswerBusy::Hold => self.answer(now, id),
            }
        }
    }

    fn receive(
        &mut self,
        now: Instant,
        account: &AccountId,
        incoming: IncomingCall,
        replaced: Option<CallId>,
        plan: Option<Plan>,
    ) {
        let Some(line) = self.lines.get(account) else { return };
        self.numbered += 1;
        let id = CallId(self.numbered);
        let consults = incoming.on_behalf.and_then(|on_behalf| on_behalf.consults);
        let offerless = incoming.offer.is_none();
        let (span, _) = self.rings_for(account, &incoming.remote);
        let mut call = Call::received(now, id, line, incoming, span, &mut self.outbox);
        call.replaces = replaced;
        call.plan(plan);
        self.calls.insert(id, call);
        if let Some(consults) = consults {
            self.is_consulted(account, consults, id);
        }
        if offerless {
            self.alert(now, id);
        }
    }

    /// How long a call may ring, and where its caller is sent then: nowhere when empty.
    fn rings_for(&self, account: &AccountId, caller: &Remote) -> (Duration, Personal) {
        let forward = &self.settings.forward;
        let longest = Duration::from_secs(self.settings.ring_for_s.into());
        let longest = self.lines.get(account).and_then(|line| line.ring_for).map_or(longest, |own| own.min(longest));
        let no_answer = Duration::from_secs(forward.no_answer_s.into());
        if !forward.no_answer.is_empty() && no_answer <= longest && !names(&forward.exceptions, caller) {
            return (no_answer, forward.no_answer.clone());
        }
        (longest, Personal::default())
    }

    pub(super) fn alert(&mut self, now: Instant, id: CallId) {
        let Some(ringing) = self.calls.get(&id) else { return };
        let (span, no_answer) = self.rings_for(&ringing.account, &ringing.remote);
        let Some(call) = self.calls.get_mut(&id) else { return };
        if let Some(old) = call.replaces {
            return self.take_place(now, id, old);
        }
        if call.is_on_behalf() {
            return self.answer_on_behalf(now, id);
        }
        call.alert(now, now + span, no_answer, &mut self.outbox);
        // A conversation is not held by a call that answers itself: that one waits like any other.
        if self.settings.auto_answer && self.floor.holder.is_none() {
            call.answer_unannounced();
            return self.answer(now, id);
        }
        call.begin_delay(now);
    }
}
