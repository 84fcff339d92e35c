//! One call without hold at a time, but for the conference: whoever gets the floor has the others held first.

use model::{CallId, Cause, DeviceFault, Event, Instant, NoticeCode, Personal, Trouble};

use super::CallControl;
use crate::{call::Call, floor::Holder, lines::WithoutMicrophone};

impl CallControl {
    /// Gives the floor to one call or the conference: the others are held, then those who have it are taken back.
    pub(super) fn give_floor(&mut self, now: Instant, holder: Holder) {
        self.floor.give(now, holder);
        self.hold_elsewhere();
        let (floor, out) = (&self.floor, &mut self.outbox);
        for call in self.calls.values_mut().filter(|call| call.is_talking() && !floor.includes(call.id)) {
            call.set_hold(true, out);
        }
        for call in self.calls.values_mut().filter(|call| call.is_talking() && floor.includes(call.id)) {
            call.set_hold(false, out);
        }
    }

    pub(super) fn hold(&mut self, id: CallId) {
        if !self.is_talking(id) {
            return self.refuse(Some(id), NoticeCode::HoldFailed, Trouble::NotAnswered);
        }
        if self.floor.is_member(id) {
            return self.leave(id);
        }
        if self.floor.includes(id) {
            self.floor.holder = None;
        }
        self.hold_calls(&[id]);
    }

    pub(super) fn resume(&mut self, now: Instant, id: CallId) {
        if !self.is_talking(id) {
            return self.refuse(Some(id), NoticeCode::HoldFailed, Trouble::NotAnswered);
        }
        let holder = if self.floor.is_member(id) { Holder::Conference } else { Holder::Call(id) };
        self.give_floor(now, holder);
    }

    /// Answers a ringing call, and holds the one in conversation.
    pub(super) fn answer(&mut self, now: Instant, id: CallId) {
        if self.calls.get(&id).is_some_and(Call::is_ringing_here) {
            self.give_floor(now, Holder::Call(id));
        }
        self.with_call(id, NoticeCode::DialFailed, |call, out| call.answer(now, out));
    }

    /// Answers a ringing call with headers of the user's; others would say things about us that are not his to say.
    pub(super) fn answer_with(&mut self, now: Instant, id: CallId, headers: Vec<(String, Personal)>) {
        if headers.iter().any(|(name, _)| !name.starts_with("X-")) {
            return self.refuse(Some(id), NoticeCode::DialFailed, Trouble::HeaderNotOurs);
        }
        if let Some(call) = self.calls.get_mut(&id) {
            call.answer_headers = headers;
        }
        self.answer(now, id);
    }

    /// Calls that have waited for the microphone are answered.
    pub(super) fn on_microphone(&mut self, now: Instant) {
        for call in self.calls.values_mut() {
            call.microphone_is_open(now, &mut self.outbox);
        }
    }

    /// Calls of services where none goes on without a microphone are over. Without a reason there is not even a speaker.
    pub(super) fn on_no_microphone(&mut self, now: Instant, reason: Option<&DeviceFault>) {
        for call in self.calls.values_mut().filter(|call| call.is_live() && !call.is_ringing_here()) {
            let fault = || reason.unwrap_or(&DeviceFault::NoneAtAll).clone();
            let cause = match self.lines.get(&call.account).map(|line| line.without_microphone) {
                Some(WithoutMicrophone::MicrophoneError) if reason.is_none() => Cause::NotSupported,
                Some(WithoutMicrophone::MicrophoneError) => Cause::NoMicrophone { fault: fault() },
                Some(WithoutMicrophone::DeviceError) => Cause::NoDevice { fault: fault() },
                Some(WithoutMicrophone::GoesOn) | None => continue,
            };
            call.give_up(now, cause, &mut self.outbox);
        }
    }

    /// Answers a ringing call, and ends whoever is in conversation.
    pub(super) fn end_and_answer(&mut self, now: Instant, id: CallId) {
        if self.calls.get(&id).is_some_and(Call::is_ringing_here) {
            let floor = &self.floor;
            for call in self.calls.values_mut().filter(|call| call.is_talking() && floor.includes(call.id)) {
                call.end_conversation(now, &mut self.outbox);
            }
        }
        self.answer(now, id);
    }

    pub(super) fn hold_calls(&mut self, ids: &[CallId]) {
        for id in ids {
            if let Some(call) = self.calls.get_mut(id).filter(|call| call.is_talking()) {
                call.set_hold(true, &mut self.outbox);
            }
        }
    }

    pub(super) fn is_talking(&self, id: CallId) -> bool {
        self.calls.get(&id).is_some_and(Call::is_talking)
    }

    /// After each input: draws from what happened who has the floor now.
    pub(super) fn settle_floor(&mut self, now: Instant) {
        for id in self.floor.on_time(now, &self.calls) {
            // Its far end may still agree; nothing is said to it until then, and nothing heard of it.
            if let Some(call) = self.calls.get_mut(&id) {
                call.hold_by_silence(&mut self.outbox);
            }
        }
        let before = self.conference_told.clone();
        self.drop_members();
        if let Some(Holder::Call(id)) = self.floor.holder {
            let keeps = self.calls.get(&id).is_some_and(|call| call.is_live() && !(call.is_talking() && call.is_to_be_held()));
            if !keeps {
                self.floor.holder = None;
            }
        }
        let intruders = |call: &&Call| call.is_talking() && !self.floor.includes(call.id) && !call.is_to_be_held();
        let intruders: Vec<CallId> = self.calls.values().filter(intruders).map(|call| call.id).collect();
        for id in intruders {
            // Its far end refuses to be held. It has the floor back when nobody else wants it; else silence is a hold.
            if self.floor.holder.is_none() && !self.floor.is_member(id) {
                self.floor.give(now, Holder::Call(id));
            } else if let Some(call) = self.calls.get_mut(&id) {
                call.hold_by_silence(&mut self.outbox);
            }
        }
        let conference = self.floor.conference();
        if conference != before {
            let (members, held) = conference.clone().map_or_else(Default::default, |view| (view.members, view.held));
            self.outbox.event(Event::Conference { members, held });
            self.conference_told = conference;
        }
    }
}
