//! The user's desk phone: its calls as the CTI tells them, and what the server is asked to have it do.
//!
//! The server's word counts: a call is where its last step said, and what was asked for is done when a step says so. Where nothing
//! follows, or the state of the telephone and its calls do not match, the calls as they are asked for once; that list heals what
//! was missed. What does not match then is told in words.

mod orders;

use std::{collections::VecDeque, time::Duration};

use calls::io::{Act, Elsewhere, LineEnd, LineEvent, Step};
use model::{Direction, Instant, LineCall, LineFault, Remote, ServiceFault, TelephoneFault};
use tracing::{debug, warn};

use self::orders::Order;
use super::cti::{CtiCommand, PhoneEvent, PhoneEventType, PhoneStatus};

/// The other side of a change may be late by this; then it is a mismatch.
const LATE: Duration = Duration::from_secs(5);
/// The server calls the desk phone, which answers by itself, before it calls anybody else: then the first step is told.
const DIALS_WITHIN: Duration = Duration::from_secs(15);
/// The list of calls comes within this, or the CTI is about to be found dead.
const LISTED_WITHIN: Duration = Duration::from_secs(10);
/// Most calls that are followed; a person has two.
const MOST: usize = 16;
/// Calls that are over are remembered by their last steps, some of which may come late.
const MOST_GONE: usize = 32;

/// What it asks for and tells.
#[derive(Debug, PartialEq)]
pub(super) enum Output {
    /// For the server.
    Command(CtiCommand),
    /// For call control.
    Line(LineEvent),
}

/// The machine.
#[derive(Debug, Default)]
pub(super) struct DeskPhone {
    calls: Vec<DeskCall>,
    numbered: u32,
    /// The server's names of calls that are over.
    gone: VecDeque<String>,
    status: Option<PhoneStatus>,
    /// When what does not match is looked at.
    look_at: Option<Instant>,
    /// The list of calls was asked for because of that, and comes by then.
    looking: Option<Instant>,
    /// What did not match when it was told last.
    told: Option<Mismatch>,
    /// What was asked for last, of which call and when: a refusal does not say.
    last: Option<(LineCall, Act, Instant)>,
    outputs: VecDeque<Output>,
}

/// A call of the desk phone.
#[derive(Debug)]
struct DeskCall {
    call: LineCall,
    /// What the server calls it; not known yet when the user has just dialled.
    named: Option<Named>,
    direction: Direction,
    remote: Remote,
    step: Step,
    /// What it was asked for last, until that can be seen.
    order: Option<Order>,
}

#[derive(Debug)]
struct Named {
    /// What tells it apart.
    name: String,
    /// What commands name; empty where the server does not tell.
    unique_id: String,
    linked_id: String,
}

impl Named {
    fn of(event: &PhoneEvent) -> Option<Self> {
        let name = event.name()?.to_owned();
        Some(Self { name, unique_id: event.unique_id.clone(), linked_id: event.linked_id.clone() })
    }
}

/// How the state of the telephone and its calls do not match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mismatch {
    /// It is said to be free.
    NotFree,
    /// It is said to be in a call.
    NoCall,
}

impl DeskPhone {
    /// One without calls, whose calls have numbers above `last`.
    pub(super) fn numbering_from(last: u32) -> Self {
        Self { numbered: last, ..Self::default() }
    }

    pub(super) fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        let orders = self.calls.iter().filter_map(|call| call.order.as_ref()?.looked_at());
        orders.chain(self.look_at).chain(self.looking).min()
    }

    pub(super) fn has_calls(&self) -> bool {
        !self.calls.is_empty()
    }

    pub(super) fn on_timeout(&mut self, now: Instant) {
        let is_order_due = self.calls.iter().filter_map(|call| call.order.as_ref()?.looked_at()).any(|at| at <= now);
        if self.looking.take_if(|until| *until <= now).is_some() {
            return self.judge(now);
        }
        if is_order_due || self.look_at.take_if(|at| *at <= now).is_some() {
            self.look_at = None;
            for order in self.calls.iter_mut().filter_map(|call| call.order.as_mut()) {
                order.is_looked_at(now);
            }
            if self.looking.is_none() && (is_order_due || self.mismatch().is_some()) {
                self.looking = Some(now + LISTED_WITHIN);
                self.outputs.push_back(Output::Command(CtiCommand::GetCurrentCallsPhoneEvents));
            }
        }
    }

    /// The server tells a step of a call.
    pub(super) fn heard(&mut self, now: Instant, event: &PhoneEvent) {
        self.step(event);
        self.compare(now);
    }

    fn step(&mut self, event: &PhoneEvent) {
        let Some(name) = event.name() else { return debug!("a step of a call that is not named") };
        match event.kind {
            PhoneEventType::Released => self.released(event, name, |call| match call.order {
                Some(Order { act: Act::HangUp, .. }) => LineEnd::Local,
                Some(_) | None => LineEnd::Bye { code: None },
            }),
            PhoneEventType::Failure => {
                let fault = LineFault::Telephone { fault: TelephoneFault::NotPlaced };
                self.released(event, name, |_| LineEnd::Failed { fault });
            }
            PhoneEventType::Dialing => self.stepped(event, name, Step::Dialing),
            PhoneEventType::Ringing => self.stepped(event, name, Step::Ringing),
            PhoneEventType::Established => self.stepped(event, name, Step::Talking),
            PhoneEventType::OnHold => self.stepped(event, name, Step::Held),
            PhoneEventType::Other(ref name) => debug!(name, "a step that is not known here"),
        }
    }

    /// The server tells all calls there are: others are over.
    pub(super) fn heard_all(&mut self, now: Instant, events: &[PhoneEvent]) {
        let is_listed = |named: &Named| events.iter().any(|event| event.name() == Some(named.name.as_str()));
        let over = |call: &mut DeskCall| call.named.as_ref().is_some_and(|named| !is_listed(named));
        let over: Vec<DeskCall> = self.calls.extract_if(.., over).collect();
        for call in over {
            self.end(call, LineEnd::Bye { code: None });
        }
        for event in events {
            // The list counts more than a step that came before.
            self.gone.retain(|gone| event.name() != Some(gone.as_str()));
            self.step(event);
        }
        match self.looking.take() {
            Some(_) => self.judge(now),
            None => self.compare(now),
        }
    }

    /// The server tells how the telephone is doing.
    pub(super) fn is_doing(&mut self, now: Instant, status: Option<PhoneStatus>) {
        self.status = status;
        self.compare(now);
    }

    /// The CTI is gone: what was asked for is not heard of, and what the telephone is doing is not known.
    pub(super) fn cut_off(&mut self) {
        (self.status, self.look_at, self.looking, self.told, self.last) = (None, None, None, None, None);
        let unnamed: Vec<DeskCall> = self.calls.extract_if(.., |call| call.named.is_none()).collect();
        for call in unnamed {
            self.end(call, LineEnd::Failed { fault: LineFault::Telephone { fault: TelephoneFault::CtiLost } });
        }
        self.calls.iter_mut().for_each(|call| call.order = None);
    }

    /// The line is another one, or is signed off: what the desk phone does is nothing to us any more.
    pub(super) fn leave(&mut self) {
        for call in std::mem::take(&mut self.calls) {
            self.end(call, LineEnd::ConnectionLost);
        }
    }

    fn released(&mut self, event: &PhoneEvent, name: &str, how: impl FnOnce(&DeskCall) -> LineEnd) {
        if self.is_gone(name) {
            return debug!("the end of a call that is over");
        }
        let at = self.calls.iter().position(|call| call.is(name));
        // Two calls of one telephone may have one linkedId (a consultation): it decides only where nothing else does.
        let linked = |call: &DeskCall| {
            let is_dialled = || event.kind == PhoneEventType::Failure && call.may_be(event);
            let is_linked = |named: &Named| !event.linked_id.is_empty() && named.linked_id == event.linked_id;
            call.named.as_ref().map_or_else(is_dialled, is_linked)
        };
        let at = at.or_else(|| self.calls.iter().position(linked));
        self.remember_gone(name);
        if let Some(at) = at {
            let call = self.calls.remove(at);
            let how = how(&call);
            self.end(call, how);
        }
    }

    fn stepped(&mut self, event: &PhoneEvent, name: &str, step: Step) {
        if self.is_gone(name) {
            return debug!("a step of a call that is over");
        }
        let at = self.calls.iter().position(|call| call.is(name));
        let at = at.or_else(|| self.calls.iter().position(|call| call.may_be(event)));
        let Some(call) = at.and_then(|at| self.calls.get_mut(at)) else { return self.begins(event, step) };
        call.take(event, step);
        self.tell(at);
    }

    fn begins(&mut self, event: &PhoneEvent, step: Step) {
        if self.calls.len() >= MOST {
            return warn!("the XiVO tells of more calls than a person can have");
        }
        self.numbered = self.numbered.wrapping_add(1);
        let by_step = if step == Step::Dialing { Direction::Outgoing } else { Direction::Incoming };
        let mut call = DeskCall {
            call: LineCall::Received(self.numbered),
            named: None,
            direction: event.direction.unwrap_or(by_step),
            remote: Remote::default(),
            step,
            order: None,
        };
        call.take(event, step);
        self.calls.push(call);
        self.tell(Some(self.calls.len() - 1));
    }

    fn tell(&mut self, at: Option<usize>) {
        let Some(call) = at.and_then(|at| self.calls.get(at)) else { return };
        let told = Elsewhere::Is { direction: call.direction, remote: call.remote.clone(), step: call.step };
        self.outputs.push_back(Output::Line(LineEvent::Elsewhere { call: call.call, told }));
    }

    fn end(&mut self, call: DeskCall, how: LineEnd) {
        if let Some(named) = &call.named {
            self.remember_gone(&named.name);
        }
        self.outputs.push_back(Output::Line(LineEvent::Ended { call: call.call, how }));
    }

    fn is_gone(&self, name: &str) -> bool {
        self.gone.iter().any(|gone| gone == name)
    }

    fn remember_gone(&mut self, name: &str) {
        if !self.is_gone(name) {
            self.gone.truncate(MOST_GONE - 1);
            self.gone.push_front(name.to_owned());
        }
    }

    fn mismatch(&self) -> Option<Mismatch> {
        let is_free = match self.status? {
            PhoneStatus::Available => true,
            PhoneStatus::Calling
            | PhoneStatus::Busy
            | PhoneStatus::Ringing
            | PhoneStatus::BusyAndRinging
            | PhoneStatus::OnHold => false,
            // It may be that a telephone is unplugged in a call, and that it is not: nothing follows.
            PhoneStatus::Unavailable | PhoneStatus::Deactivated | PhoneStatus::Unexisting | PhoneStatus::Error => return None,
        };
        let has_calls = self.calls.iter().any(|call| call.named.is_some());
        match (is_free, has_calls) {
            (true, true) => Some(Mismatch::NotFree),
            (false, false) => Some(Mismatch::NoCall),
            (true, false) | (false, true) => None,
        }
    }

    /// Has a mismatch looked at when it is not gone in a moment. One that was told is not looked at again.
    fn compare(&mut self, now: Instant) {
        let mismatch = self.mismatch();
        if mismatch.is_none() {
            (self.look_at, self.told) = (None, None);
        } else if mismatch != self.told && self.look_at.is_none() {
            self.look_at = Some(now + LATE);
        }
    }

    /// The calls are as the server has listed them: what does not match still is told.
    fn judge(&mut self, now: Instant) {
        self.judge_orders(now);
        let mismatch = self.mismatch();
        if mismatch == self.told {
            return;
        }
        let fault = match mismatch {
            Some(Mismatch::NotFree) => ServiceFault::TelephoneFree,
            Some(Mismatch::NoCall) => ServiceFault::TelephoneBusy,
            None => return,
        };
        warn!(?mismatch, "the state of the desk phone and its calls do not match");
        self.told = mismatch;
        self.outputs.push_back(Output::Line(LineEvent::Trouble(fault)));
    }
}

impl DeskCall {
    /// Whether the server means this one.
    fn is(&self, name: &str) -> bool {
        self.named.as_ref().is_some_and(|named| named.name == name)
    }

    /// Whether it is the one that the user has just dialled.
    fn may_be(&self, event: &PhoneEvent) -> bool {
        // The number may be written in the server's own way.
        let is_same = event.kind == PhoneEventType::Dialing || event.other_dn.is_empty() || event.other_dn == self.remote.number;
        self.named.is_none() && event.direction != Some(Direction::Incoming) && is_same
    }

    fn take(&mut self, event: &PhoneEvent, step: Step) {
        self.named = Named::of(event).or_else(|| self.named.take());
        // Empty says: as before.
        if !event.other_dn.is_empty() && event.other_dn != self.remote.number {
            self.remote = Remote { number: event.other_dn.clone(), ..Remote::default() };
        }
        if !event.other_name.is_empty() {
            self.remote.name = event.other_name.clone();
        }
        // The server calls the desk phone of who dials; for him that is no call that rings.
        let step = if step == Step::Ringing && self.direction == Direction::Outgoing { Step::Dialing } else { step };
        let is_late = matches!(self.step, Step::Talking | Step::Held) && matches!(step, Step::Dialing | Step::Ringing);
        if !is_late {
            self.step = step;
        }
        self.order.take_if(|order| order.is_done(self.step));
    }
}

#[cfg(test)]
mod tests;
