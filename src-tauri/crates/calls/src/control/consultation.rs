//! Transfers that the server carries out. It moves the one call that is in conversation, and to let the user consult somebody it
//! calls the user's own phone.

use model::{AccountId, CallId, Instant, LineCall, NoticeCode, Target, TransferFault};

use super::CallControl;
use crate::{
    call::Call,
    io::{LineRequest, Transfers},
    transfer::{HOLD_WITHIN, Order, SERVER_CALLS_WITHIN, SERVER_ENDS_WITHIN, Transfer},
};

impl CallControl {
    /// The server is told no call: the one it will move is to be the one in conversation first.
    pub(super) fn take_floor_to_move(&mut self, now: Instant, id: CallId, target: Target) -> Result<(), TransferFault> {
        let was_held = self.calls.get(&id).is_some_and(Call::is_to_be_held);
        self.resume(now, id);
        let order = Order { target, other: None, was_held };
        self.set_transfer(id, Transfer::TakingFloor { order, until: now + HOLD_WITHIN });
        Ok(())
    }

    pub(super) fn hold_to_consult(&mut self, now: Instant, id: CallId, target: Target) -> Result<(), TransferFault> {
        if self.others_on_line(id).next().is_some() {
            return Err(TransferFault::NotAlone);
        }
        let was_held = self.calls.get(&id).is_some_and(Call::is_to_be_held);
        if !was_held {
            self.hold(id);
        }
        self.set_transfer(id, Transfer::HoldingToConsult { target, was_held, until: now + HOLD_WITHIN });
        Ok(())
    }

    /// The server calls for the consultation that `first` waits for.
    pub(super) fn is_consulted(&mut self, account: &AccountId, first: LineCall, with: CallId) {
        let first = self.calls.values_mut().find(|call| call.is_of(account, first));
        if let Some(first) = first
            && let Transfer::Ordered { was_held, .. } = first.transfer
        {
            first.transfer = Transfer::Consulting { with, was_held };
        }
    }

    /// A call that the user had made is his at once: nothing rings. One that another program had made begins with a beep.
    pub(super) fn answer_on_behalf(&mut self, now: Instant, id: CallId) {
        let is_awaited = self.calls.values().any(|call| matches!(call.transfer, Transfer::Consulting { with, .. } if with == id));
        let Some(call) = self.calls.get_mut(&id) else { return };
        let plan = call.take_plan();
        call.alert_silently(now, &mut self.outbox);
        match plan {
            Some(plan) if !is_awaited => call.answer_as_planned(plan),
            Some(_) | None => {}
        }
        self.answer(now, id);
    }

    /// Has the server take the consultation back, where it is the server that made it; whether it is.
    pub(super) fn has_server_end_consultation(&mut self, now: Instant, id: CallId) -> bool {
        let Some(call) = self.calls.get(&id) else { return false };
        let is_servers = self.lines.get(&call.account).is_some_and(|line| line.capabilities.transfer == Transfers::ByServer);
        let request = LineRequest::EndConsultation { call: call.line };
        let account = call.account.clone();
        match call.transfer {
            Transfer::Consulting { with, was_held } if is_servers => {
                self.outbox.line(&account, request);
                self.set_transfer(id, Transfer::Returning { with, was_held, until: now + SERVER_ENDS_WITHIN });
            }
            Transfer::Ordered { was_held, .. } => {
                self.outbox.line(&account, request);
                self.set_transfer(id, Transfer::None);
                self.back(now, id, was_held);
            }
            Transfer::HoldingToConsult { was_held, .. } => {
                self.set_transfer(id, Transfer::None);
                self.back(now, id, was_held);
            }
            _ => return false,
        }
        true
    }

    pub(super) fn settle_server_transfer(&mut self, now: Instant, id: CallId) {
        let Some(call) = self.calls.get(&id) else { return };
        if !call.is_live() {
            return self.set_transfer(id, Transfer::None);
        }
        let (is_held, account, line) = (call.hold.local, call.account.clone(), call.line);
        match call.transfer.clone() {
            Transfer::TakingFloor { order, until } => {
                let is_only_one = !is_held && self.others_on_line(id).all(|other| !other.is_talking() || other.hold.local);
                if is_only_one {
                    self.refer(now, id, order);
                } else if now >= until {
                    self.transfer_failed(now, id, order.was_held, TransferFault::WrongCall);
                }
            }
            Transfer::HoldingToConsult { target, was_held, until } if is_held || now >= until => {
                self.outbox.line(&account, LineRequest::Consult { call: line, target });
                self.set_transfer(id, Transfer::Ordered { was_held, until: now + SERVER_CALLS_WITHIN });
            }
            Transfer::Ordered { was_held, until } if now >= until => {
                self.transfer_failed(now, id, was_held, TransferFault::ServerSilent);
            }
            Transfer::Returning { with, was_held, until } => {
                if !self.calls.get(&with).is_some_and(Call::is_live) {
                    self.set_transfer(id, Transfer::None);
                    self.back(now, id, was_held);
                } else if now >= until {
                    // Without the server: then the user's own phone ends it.
                    self.with_call(with, NoticeCode::TransferFailed, |call, out| call.hang_up(now, out));
                }
            }
            _ => {}
        }
    }

    /// The other calls of a call's account.
    fn others_on_line(&self, id: CallId) -> impl Iterator<Item = &Call> {
        let account = self.calls.get(&id).map(|call| call.account.clone());
        self.calls.values().filter(move |call| call.id != id && call.is_live() && Some(&call.account) == account.as_ref())
    }
}
