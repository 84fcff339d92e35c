//! Transfers: the far end of a call is asked to call somebody else, or asks us to.

use model::{
    AllowTransfers, CallId, Cause, Event, Instant, NoticeCode, Target, TransferFault, TransferStage, TransferTo, Trouble,
};

use super::CallControl;
use crate::{
    call::{Call, Phase},
    dial::Dial,
    floor::Holder,
    io::{LineEvent, LineRequest, Transfers},
    transfer::{
        ASK_FOR, FIRST_WORD_WITHIN, HANG_UP_WITHIN, HOLD_WITHIN, Order, Other, PART_WITHIN, RING_WITHIN, SHOW_FOR, Transfer,
    },
};

impl CallControl {
    pub(super) fn transfer(&mut self, now: Instant, id: CallId, to: TransferTo) {
        let begun = self.may_transfer(id).and_then(|by| match (to, by) {
            (TransferTo::Blind { target }, Transfers::ByServer) => self.take_floor_to_move(now, id, target),
            (TransferTo::Blind { target }, _) => self.begin(now, id, target, None),
            (TransferTo::Call { call }, _) => self.begin_attended(now, id, call),
            (TransferTo::Consult { target }, Transfers::ByServer) => self.hold_to_consult(now, id, target),
            (TransferTo::Consult { target }, _) => self.consult(now, id, target),
        });
        self.refuse_transfer(id, begun);
    }

    pub(super) fn complete_transfer(&mut self, now: Instant, id: CallId) {
        let consulted = self.consulted(id);
        let begun = consulted.and_then(|(with, was_held)| {
            let other = self.calls.get(&with).ok_or(TransferFault::OtherOver)?;
            let target = other.remote_target();
            let is_answered = other.is_talking();
            self.set_transfer(id, Transfer::None);
            if is_answered {
                self.begin_attended(now, id, with)?;
            } else {
                // It cannot be replaced before it is answered (RFC 3891 section 3): the far end dials it anew.
                let target = target.ok_or(TransferFault::OtherNotAnswered)?;
                self.with_call(with, NoticeCode::TransferFailed, |call, out| call.hang_up(now, out));
                self.begin(now, id, target, None)?;
            }
            self.keep_held(id, was_held);
            Ok(())
        });
        self.refuse_transfer(id, begun);
    }

    pub(super) fn cancel_transfer(&mut self, now: Instant, id: CallId) {
        if self.has_server_end_consultation(now, id) {
            return;
        }
        let cancelled = self.consulted(id).map(|(with, was_held)| {
            self.set_transfer(id, Transfer::None);
            self.with_call(with, NoticeCode::TransferFailed, |call, out| call.hang_up(now, out));
            self.back(now, id, was_held);
        });
        self.refuse_transfer(id, cancelled);
    }

    pub(super) fn allow_transfer(&mut self, now: Instant, id: CallId, allow: bool) {
        let Some(Transfer::Asked { target, .. }) = self.calls.get(&id).map(|call| call.transfer.clone()) else {
            return self.refuse_transfer(id, Err(TransferFault::NotAsked));
        };
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.transfer = Transfer::None;
        self.outbox.line(&call.account, LineRequest::AnswerRefer { call: call.line, accept: allow });
        if allow {
            self.take_on(now, id, target);
        }
    }

    /// What the line says of a transfer; whether it did.
    pub(super) fn on_transfer(&mut self, now: Instant, id: CallId, event: &LineEvent) -> bool {
        match event {
            LineEvent::Referred { target, .. } => self.on_referred(now, id, target.clone()),
            LineEvent::ReferAnswered { refused, .. } => self.on_refer_answered(now, id, refused.clone()),
            LineEvent::ReferProgress { code, text, last, .. } => self.on_refer_progress(now, id, *code, text, *last),
            _ => return false,
        }
        true
    }

    /// After each input: goes on with the transfers that what happened lets go on.
    pub(super) fn settle_transfers(&mut self, now: Instant) {
        let ids: Vec<CallId> = self.calls.values().filter(|call| call.transfer != Transfer::None).map(|call| call.id).collect();
        for id in ids {
            self.settle_transfer(now, id);
        }
        let answered = self.calls.values_mut().filter(|call| call.is_talking());
        let replaced: Vec<_> = answered.filter_map(|call| Some((call.id, call.replaces.take()?))).collect();
        for (new, old) in replaced {
            self.inherit(now, new, old);
            if let Some(call) = self.calls.get_mut(&old) {
                call.leave_to_others(now, &mut self.outbox);
            }
        }
        for call in self.calls.values_mut() {
            if let Some(transfer) = call.transfer_to_tell() {
                self.outbox.event(Event::transfer(call.id, transfer));
            }
        }
    }

    /// A call that was answered in the place of another has what that one had: the floor, its place in the conference, or a
    /// hold.
    fn inherit(&mut self, now: Instant, new: CallId, old: CallId) {
        self.floor.members.iter_mut().filter(|member| **member == old).for_each(|member| *member = new);
        if self.floor.holder == Some(Holder::Call(old)) {
            self.floor.give(now, Holder::Call(new));
        } else if self.calls.get(&old).is_some_and(Call::is_to_be_held) {
            self.hold_calls(&[new]);
        }
    }

    fn settle_transfer(&mut self, now: Instant, id: CallId) {
        let Some(call) = self.calls.get(&id) else { return };
        let is_over = !call.is_live();
        match call.transfer.clone() {
            Transfer::None => {}
            Transfer::Holding { order, until } => {
                if is_over {
                    self.set_transfer(id, Transfer::None);
                } else if call.hold.local || now >= until {
                    self.refer(now, id, order);
                }
            }
            Transfer::Referred { order, until, .. } => {
                if call.cause() == Some(&Cause::Transferred) {
                    self.transferred(now, id, &order);
                } else if is_over {
                    self.set_transfer(id, Transfer::None);
                } else if now >= until {
                    self.transfer_failed(now, id, order.was_held, TransferFault::NothingHeard);
                }
            }
            Transfer::Consulting { with, was_held } => {
                let other = self.calls.get(&with).filter(|other| other.is_live());
                if is_over {
                    self.set_transfer(id, Transfer::None);
                } else if other.is_none() {
                    let cause = self.calls.get(&with).and_then(Call::cause);
                    let ended = |cause: &Cause| TransferFault::Ended { cause: cause.clone() };
                    let fault = cause.map_or(TransferFault::OtherOver, ended);
                    self.transfer_failed(now, id, was_held, fault);
                }
            }
            Transfer::TakingFloor { .. }
            | Transfer::HoldingToConsult { .. }
            | Transfer::Ordered { .. }
            | Transfer::Returning { .. } => self.settle_server_transfer(now, id),
            Transfer::Asked { until, .. } => {
                if is_over {
                    self.set_transfer(id, Transfer::None);
                } else if now >= until {
                    self.allow_transfer(now, id, false);
                }
            }
            Transfer::Taking { by } => self.tell_referrer(now, id, by),
            Transfer::Taken { by, until } => {
                if is_over {
                    self.set_transfer(id, Transfer::None);
                } else if now >= until {
                    self.part(now, id, by);
                }
            }
            Transfer::Failed { until, .. } => {
                if is_over || now >= until {
                    self.set_transfer(id, Transfer::None);
                }
            }
        }
    }

    fn may_transfer(&self, id: CallId) -> Result<Transfers, TransferFault> {
        let call = self.calls.get(&id).ok_or(TransferFault::NoCall)?;
        if !call.is_talking() {
            return Err(TransferFault::NotAnswered);
        }
        if !call.transfer.is_free() {
            return Err(TransferFault::UnderWay);
        }
        match self.lines.get(&call.account) {
            Some(line) if line.capabilities.transfer != Transfers::Never => Ok(line.capabilities.transfer),
            Some(_) | None => Err(TransferFault::NotOffered),
        }
    }

    fn begin_attended(&mut self, now: Instant, id: CallId, other: CallId) -> Result<(), TransferFault> {
        let account = self.calls.get(&id).map(|call| call.account.clone());
        let other = self.calls.get(&other).filter(|call| call.is_talking() && call.id != id);
        let other = other.ok_or(TransferFault::NotToThat)?;
        if Some(&other.account) != account.as_ref() {
            return Err(TransferFault::OtherAccount);
        }
        let target = other.remote_target().ok_or(TransferFault::OtherWithoutAddress)?;
        let other = Other { id: other.id, line: other.line };
        self.begin(now, id, target, Some(other))
    }

    /// Has the far end held; it is asked when that is settled.
    fn begin(&mut self, now: Instant, id: CallId, target: Target, other: Option<Other>) -> Result<(), TransferFault> {
        let was_held = self.calls.get(&id).is_some_and(Call::is_to_be_held);
        if !was_held {
            self.hold(id);
        }
        self.set_transfer(id, Transfer::Holding { order: Order { target, other, was_held }, until: now + HOLD_WITHIN });
        Ok(())
    }

    fn consult(&mut self, now: Instant, id: CallId, target: Target) -> Result<(), TransferFault> {
        let call = self.calls.get(&id).ok_or(TransferFault::NoCall)?;
        let (account, was_held) = (call.account.clone(), call.is_to_be_held());
        let dial = Dial { target, headers: Vec::new(), caller_id: None, referred: None, pick_up: false };
        let with = self.place(now, Some(&account), dial).ok_or(TransferFault::NotPlaced)?;
        self.set_transfer(id, Transfer::Consulting { with, was_held });
        Ok(())
    }

    pub(super) fn consulted(&self, id: CallId) -> Result<(CallId, bool), TransferFault> {
        match self.calls.get(&id).map(|call| &call.transfer) {
            Some(Transfer::Consulting { with, was_held }) => Ok((*with, *was_held)),
            Some(_) => Err(TransferFault::NotConsulting),
            None => Err(TransferFault::NoCall),
        }
    }

    pub(super) fn refer(&mut self, now: Instant, id: CallId, order: Order) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let request =
            LineRequest::Refer { call: call.line, target: order.target.clone(), replaces: order.other.map(|other| other.line) };
        self.outbox.line(&call.account, request);
        let (stage, until) = (TransferStage::Asking, now + FIRST_WORD_WITHIN);
        call.transfer = Transfer::Referred { order, stage, until, ended: false };
    }

    fn on_refer_answered(&mut self, now: Instant, id: CallId, refused: Option<TransferFault>) {
        let Some(fault) = refused else { return };
        match self.calls.get(&id).map(|call| call.transfer.clone()) {
            Some(Transfer::Referred { order, .. }) => self.transfer_failed(now, id, order.was_held, fault),
            Some(Transfer::Ordered { was_held, .. }) => self.transfer_failed(now, id, was_held, fault),
            _ => {}
        }
    }

    fn on_refer_progress(&mut self, now: Instant, id: CallId, code: u16, text: &str, last: bool) {
        let Some(Transfer::Referred { order, .. }) = self.calls.get(&id).map(|call| call.transfer.clone()) else { return };
        match code {
            200..=299 => self.transferred(now, id, &order),
            300.. => {
                let cause = Cause::of_response(code, text);
                self.transfer_failed(now, id, order.was_held, TransferFault::Ended { cause });
            }
            _ => {
                let stage = if code == 100 { TransferStage::Calling } else { TransferStage::Ringing };
                // A report that ends without an end: its server leaves the rest to a hang-up.
                let until = now + if last { HANG_UP_WITHIN } else { RING_WITHIN };
                self.set_transfer(id, Transfer::Referred { order, stage, until, ended: last });
            }
        }
    }

    /// The far end is where it should be: our calls with it, and with the one it replaced, are over.
    fn transferred(&mut self, now: Instant, id: CallId, order: &Order) {
        self.set_transfer(id, Transfer::None);
        let other = order.other.map(|other| other.id);
        for id in [Some(id), other].into_iter().flatten() {
            if let Some(call) = self.calls.get_mut(&id) {
                call.leave_to_others(now, &mut self.outbox);
            }
        }
    }

    pub(super) fn transfer_failed(&mut self, now: Instant, id: CallId, was_held: bool, fault: TransferFault) {
        self.set_transfer(id, Transfer::Failed { fault: fault.clone(), until: now + SHOW_FOR });
        self.refuse(Some(id), NoticeCode::TransferFailed, Trouble::TransferFailed { fault });
        self.back(now, id, was_held);
    }

    /// The call is the user's again.
    pub(super) fn back(&mut self, now: Instant, id: CallId, was_held: bool) {
        if !was_held && self.is_talking(id) {
            self.resume(now, id);
        }
    }

    fn keep_held(&mut self, id: CallId, was_held: bool) {
        if let Some(Transfer::Holding { order, .. }) = self.calls.get_mut(&id).map(|call| &mut call.transfer) {
            order.was_held = was_held;
        }
    }

    fn on_referred(&mut self, now: Instant, id: CallId, target: Target) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let may_ask = call.is_talking() && call.transfer.is_free();
        match self.settings.allow_transfers {
            AllowTransfers::Never => self.outbox.line(&call.account, LineRequest::AnswerRefer { call: call.line, accept: false }),
            _ if !may_ask => self.outbox.line(&call.account, LineRequest::AnswerRefer { call: call.line, accept: false }),
            AllowTransfers::Ask => call.transfer = Transfer::Asked { target, until: now + ASK_FOR },
            AllowTransfers::Always => {
                self.outbox.line(&call.account, LineRequest::AnswerRefer { call: call.line, accept: true });
                self.take_on(now, id, target);
            }
        }
    }

    /// Calls whom the far end asked for.
    fn take_on(&mut self, now: Instant, id: CallId, target: Target) {
        let Some(call) = self.calls.get(&id) else { return };
        let (account, referred) = (call.account.clone(), Some(call.line));
        let dial = Dial { target, headers: Vec::new(), caller_id: None, referred, pick_up: false };
        let placed = self.place(now, Some(&account), dial);
        match placed {
            Some(by) => self.set_transfer(id, Transfer::Taking { by }),
            None => self.notify_referrer(id, 503),
        }
    }

    /// The far end that asked hears how its wish is getting on.
    fn tell_referrer(&mut self, now: Instant, id: CallId, by: CallId) {
        let code = match self.calls.get(&by).map(|call| &call.phase) {
            Some(Phase::Talking) => 200,
            Some(Phase::Ended(ended)) => ended.cause.code().unwrap_or(487),
            Some(_) => return,
            None => 487,
        };
        self.notify_referrer(id, code);
        if code >= 300 {
            self.set_transfer(id, Transfer::None);
            self.back(now, id, false);
        } else {
            self.set_transfer(id, Transfer::Taken { by, until: now + PART_WITHIN });
        }
    }

    /// Who sent us on has not hung up: we do, unless the user has taken that call back, or the other one is over.
    fn part(&mut self, now: Instant, id: CallId, by: CallId) {
        self.set_transfer(id, Transfer::None);
        let is_left = self.calls.get(&id).is_some_and(Call::is_to_be_held) && self.is_talking(by);
        if let Some(call) = self.calls.get_mut(&id).filter(|_| is_left) {
            call.leave_to_others(now, &mut self.outbox);
        }
    }

    fn notify_referrer(&mut self, id: CallId, code: u16) {
        if let Some(call) = self.calls.get(&id).filter(|call| call.is_live()) {
            self.outbox.line(&call.account, LineRequest::NotifyRefer { call: call.line, code });
        }
    }

    pub(super) fn set_transfer(&mut self, id: CallId, transfer: Transfer) {
        if let Some(call) = self.calls.get_mut(&id) {
            call.transfer = transfer;
        }
    }

    fn refuse_transfer(&mut self, id: CallId, begun: Result<(), TransferFault>) {
        if let Err(fault) = begun {
            self.refuse(Some(id), NoticeCode::TransferFailed, Trouble::TransferRefused { fault });
        }
    }

    /// A call that takes the place of one of ours is answered at once; `inherit` does the rest. When the other has ended
    /// since, it would be a stranger who is answered unasked.
    pub(super) fn take_place(&mut self, now: Instant, new: CallId, old: CallId) {
        if !self.calls.get(&old).is_some_and(Call::is_live) {
            if let Some(call) = self.calls.get_mut(&new) {
                call.comes_too_late(now, &mut self.outbox);
            }
            return;
        }
        if let Some(call) = self.calls.get_mut(&new) {
            call.alert_silently(now, &mut self.outbox);
        }
        self.with_call(new, NoticeCode::TransferFailed, |call, out| call.answer(now, out));
    }
}
