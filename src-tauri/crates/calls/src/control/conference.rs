//! The conference hosted here: made, grown, left, held and ended.

use std::mem;

use model::{CallId, Instant, NoticeCode, Trouble};

use super::CallControl;
use crate::floor::Holder;

impl CallControl {
    /// Makes a conference, or takes further calls into it.
    pub(super) fn merge(&mut self, now: Instant, calls: Vec<CallId>) {
        let mut members = self.floor.members.clone();
        for id in calls {
            if !self.is_talking(id) {
                return self.refuse(Some(id), NoticeCode::ConferenceFailed, Trouble::NotForConference { call: id });
            }
            if !members.contains(&id) {
                members.push(id);
            }
        }
        if members.len() < 2 {
            return self.refuse(None, NoticeCode::ConferenceFailed, Trouble::ConferenceOfTwo);
        }
        self.floor.members = members;
        self.give_floor(now, Holder::Conference);
    }

    /// Makes held calls of all members.
    pub(super) fn split(&mut self) {
        if self.has_conference() {
            let members = mem::take(&mut self.floor.members);
            self.free_the_conference_of_the_floor();
            self.hold_calls(&members);
        }
    }

    /// One member leaves, and is held.
    pub(super) fn leave(&mut self, id: CallId) {
        if !self.floor.is_member(id) {
            return self.refuse(Some(id), NoticeCode::ConferenceFailed, Trouble::NotInConference);
        }
        self.floor.members.retain(|member| *member != id);
        self.hold_calls(&[id]);
    }

    pub(super) fn hold_conference(&mut self) {
        if self.has_conference() {
            self.free_the_conference_of_the_floor();
            let members = self.floor.members.clone();
            self.hold_calls(&members);
        }
    }

    pub(super) fn resume_conference(&mut self, now: Instant) {
        if self.has_conference() {
            self.give_floor(now, Holder::Conference);
        }
    }

    pub(super) fn end_conference(&mut self, now: Instant) {
        if !self.has_conference() {
            return;
        }
        for id in mem::take(&mut self.floor.members) {
            if let Some(call) = self.calls.get_mut(&id).filter(|call| call.is_talking()) {
                call.end_conversation(now, &mut self.outbox);
            }
        }
        self.free_the_conference_of_the_floor();
    }

    /// Members whose calls are over, or that cannot be taken back, are members no more. The last one is an ordinary call.
    pub(super) fn drop_members(&mut self) {
        let has_floor = self.floor.holder == Some(Holder::Conference);
        for id in self.floor.members.clone() {
            let Some(call) = self.calls.get(&id).filter(|call| call.is_talking()) else {
                self.floor.members.retain(|member| *member != id);
                continue;
            };
            if has_floor && call.is_to_be_held() {
                self.floor.members.retain(|member| *member != id);
                self.refuse(Some(id), NoticeCode::ConferenceFailed, Trouble::LostFromConference { call: id });
            }
        }
        if self.floor.members.len() < 2 {
            let last = self.floor.members.pop();
            if has_floor {
                self.floor.holder = last.map(Holder::Call);
            }
        }
    }

    fn has_conference(&mut self) -> bool {
        let is_there = !self.floor.members.is_empty();
        if !is_there {
            self.refuse(None, NoticeCode::ConferenceFailed, Trouble::NoConference);
        }
        is_there
    }

    fn free_the_conference_of_the_floor(&mut self) {
        self.floor.holder.take_if(|holder| *holder == Holder::Conference);
    }
}
