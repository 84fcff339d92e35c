//! What the desk phone is asked to do. A command that can name a call does; of the others the server takes the call in conversation,
//! which call control sees to.

use std::time::Duration;

use calls::io::{Act, Elsewhere, LineEnd, LineEvent, Step};
use model::{Direction, Instant, LineCall, LineFault, Remote, TelephoneFault};

use super::{DIALS_WITHIN, DeskCall, DeskPhone, LATE, Output};
use crate::xivo::{cti::CtiCommand, events::user_of};

/// A refusal that comes within this is of the last order: it does not say of which.
const REFUSES_WITHIN: Duration = Duration::from_secs(5);

/// Something that was asked for and cannot be seen yet.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) act: Act,
    asked: Instant,
    /// When the calls are asked for, because it could still not be seen; none once that was done.
    look_at: Option<Instant>,
}

impl Order {
    /// None for what cannot be seen in the call itself.
    fn new(now: Instant, act: Act) -> Option<Self> {
        let within = match act {
            Act::Dial { .. } => DIALS_WITHIN,
            Act::Answer | Act::HangUp | Act::Hold | Act::Resume | Act::Transfer { .. } | Act::CompleteTransfer => LATE,
            Act::Press(_) | Act::Consult { .. } | Act::CancelTransfer | Act::Merge => return None,
        };
        Some(Self { act, asked: now, look_at: Some(now + within) })
    }

    pub(super) fn looked_at(&self) -> Option<Instant> {
        self.look_at
    }

    pub(super) fn is_looked_at(&mut self, now: Instant) {
        self.look_at.take_if(|at| *at <= now);
    }

    /// Whether a call that is there shows that it was done; the others are done when it is over.
    pub(super) fn is_done(&self, step: Step) -> bool {
        match &self.act {
            Act::Dial { .. } => true,
            Act::Answer => matches!(step, Step::Talking | Step::Held),
            Act::Hold => step == Step::Held,
            Act::Resume => step == Step::Talking,
            _ => false,
        }
    }

    /// What is told where it was not done.
    fn failure(&self) -> TelephoneFault {
        match &self.act {
            Act::Dial { .. } => TelephoneFault::NotCalled,
            Act::Answer => TelephoneFault::NotAnswered,
            Act::HangUp => TelephoneFault::NotEnded,
            Act::Hold => TelephoneFault::NotHeld,
            Act::Resume => TelephoneFault::NotResumed,
            _ => TelephoneFault::NotTransferred,
        }
    }
}

impl DeskPhone {
    /// Call control asks for something; `is_up` when the CTI takes commands.
    pub(in crate::xivo) fn asked(&mut self, now: Instant, call: LineCall, act: Act, is_up: bool) {
        if !is_up {
            return self.refuse(call, act, TelephoneFault::NoCti);
        }
        if let Act::Dial { target } = &act {
            let destination = user_of(target.expose());
            self.outputs.push_back(Output::Command(CtiCommand::Dial { destination: destination.clone(), variables: Vec::new() }));
            self.calls.push(DeskCall {
                call,
                named: None,
                direction: Direction::Outgoing,
                remote: Remote { number: destination, ..Remote::default() },
                step: Step::Dialing,
                order: Order::new(now, act.clone()),
            });
            self.last = Some((call, act, now));
            return;
        }
        let is_only = self.calls.len() == 1;
        let Some(known) = self.calls.iter_mut().find(|known| known.call == call) else { return };
        let Some(named) = &known.named else {
            return self.refuse(call, act, TelephoneFault::NotTold);
        };
        let unique_id = Some(named.unique_id.clone()).filter(|id| !id.is_empty());
        // Without a number the server takes the call that it thinks of, which may be another one.
        if unique_id.is_none() && !is_only && matches!(act, Act::Answer | Act::HangUp | Act::Hold | Act::Resume) {
            return self.refuse(call, act, TelephoneFault::NotTold);
        }
        let command = match &act {
            Act::Dial { .. } => return,
            Act::Answer => CtiCommand::Answer { unique_id },
            Act::HangUp => CtiCommand::Hangup { unique_id },
            // One command holds and takes back: what is so already is not asked for.
            Act::Hold if known.step != Step::Talking => return,
            Act::Resume if known.step != Step::Held => return,
            Act::Hold | Act::Resume => CtiCommand::Hold { unique_id },
            Act::Press(key) => CtiCommand::SendDtmf { key: *key },
            Act::Transfer { target } => CtiCommand::DirectTransfer { destination: user_of(target.expose()) },
            Act::Consult { target } => CtiCommand::AttendedTransfer { destination: user_of(target.expose()) },
            Act::CompleteTransfer => CtiCommand::CompleteTransfer,
            Act::CancelTransfer => CtiCommand::CancelTransfer,
            Act::Merge => CtiCommand::Conference,
        };
        if let Some(order) = Order::new(now, act.clone()) {
            known.order = Some(order);
        }
        self.last = Some((call, act, now));
        self.outputs.push_back(Output::Command(command));
    }

    /// The server refuses something; whether it was the last order, for all it tells.
    pub(in crate::xivo) fn refused(&mut self, now: Instant, text: &str) -> bool {
        let Some((call, act, asked)) = self.last.take() else { return false };
        if now.since(asked) > REFUSES_WITHIN {
            return false;
        }
        if let Some(known) = self.calls.iter_mut().find(|known| known.call == call) {
            known.order.take_if(|order| order.act == act);
        }
        self.fail(call, act, TelephoneFault::Refused { text: crate::net::quoted(text) });
        true
    }

    /// What was asked for, and was looked for in vain, is not done.
    pub(super) fn judge_orders(&mut self, now: Instant) {
        let undone = |call: &mut DeskCall| {
            let order = call.order.take_if(|order| order.look_at.is_none() && now.since(order.asked) >= LATE)?;
            Some((call.call, order))
        };
        let undone: Vec<(LineCall, Order)> = self.calls.iter_mut().filter_map(undone).collect();
        for (call, order) in undone {
            let fault = order.failure();
            self.fail(call, order.act, fault);
        }
    }

    fn fail(&mut self, call: LineCall, act: Act, fault: TelephoneFault) {
        match act {
            Act::Dial { .. } => {
                self.calls.retain(|known| known.call != call);
                let how = LineEnd::Failed { fault: LineFault::Telephone { fault } };
                self.outputs.push_back(Output::Line(LineEvent::Ended { call, how }));
            }
            act => self.refuse(call, act, fault),
        }
    }

    fn refuse(&mut self, call: LineCall, act: Act, fault: TelephoneFault) {
        let event = match act {
            Act::Dial { .. } => LineEvent::Ended { call, how: LineEnd::Failed { fault: LineFault::Telephone { fault } } },
            act => LineEvent::Elsewhere { call, told: Elsewhere::Refused { act, fault } },
        };
        self.outputs.push_back(Output::Line(event));
    }
}
