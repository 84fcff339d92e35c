//! Calls of the user's other telephone. Each command acts on the call it names. The telephone transfers, and presses keys in, the
//! one call it has in conversation: one that is named and is not that becomes it first, or nothing is done.

use model::{
    AccountId, CallId, Cause, Command, Direction, Event, Instant, LineCall, NoticeCode, Remote, Target, TelephoneFault,
    TransferFault, TransferTo, Trouble,
};

use super::CallControl;
use crate::{
    call::{Call, Phase},
    dial::{Dial, remote_of},
    elsewhere::{CallElsewhere, Moving, TURN_WITHIN, Turn},
    io::{Act, Elsewhere, LineEnd, Step},
    transfer::{SERVER_CALLS_WITHIN, SERVER_ENDS_WITHIN, SHOW_FOR},
};

impl CallControl {
    /// Takes a command about a call elsewhere; whether it was about one.
    pub(super) fn command_elsewhere(&mut self, now: Instant, command: &Command) -> bool {
        if let Command::Merge { calls } = command {
            return calls.iter().any(|call| self.elsewhere.contains_key(call)) && self.merge_elsewhere(calls);
        }
        let (Command::Answer { call }
        | Command::AnswerWith { call, .. }
        | Command::Decline { call, .. }
        | Command::HangUp { call }
        | Command::EndAndAnswer { call }
        | Command::Redirect { call, .. }
        | Command::Hold { call }
        | Command::Resume { call }
        | Command::Mute { call, .. }
        | Command::SendDtmf { call, .. }
        | Command::PressKey { call, .. }
        | Command::ReleaseKey { call }
        | Command::Record { call, .. }
        | Command::Transfer { call, .. }
        | Command::CompleteTransfer { call }
        | Command::CancelTransfer { call }
        | Command::AllowTransfer { call, .. }
        | Command::Silence { call }
        | Command::Veto { call }) = command
        else {
            return false;
        };
        let id = *call;
        if !self.elsewhere.contains_key(&id) {
            return false;
        }
        let done = self.act_elsewhere(now, id, command);
        if let Err((code, trouble)) = done {
            self.refuse(Some(id), code, trouble);
        }
        true
    }

    /// Has the other telephone call somebody.
    pub(super) fn place_elsewhere(&mut self, now: Instant, account: &AccountId, dial: &Dial) -> Option<CallId> {
        if !dial.headers.is_empty() {
            self.refuse(None, NoticeCode::DialFailed, Trouble::ElsewhereHeaders);
            return None;
        }
        self.numbered += 1;
        let id = CallId(self.numbered);
        let target = dial.target.clone().into();
        self.outbox.event(Event::Dialing { call: id, account: account.clone(), target });
        self.dial_elsewhere(now, id, account.clone(), &dial.target);
        Some(id)
    }

    /// Calls that were dialled before the line told that they are made elsewhere.
    pub(super) fn move_waiting_elsewhere(&mut self, now: Instant, account: &AccountId) {
        let waits = |call: &&Call| call.account == *account && matches!(call.phase, Phase::Waiting { .. });
        let waiting: Vec<CallId> = self.calls.values().filter(waits).map(|call| call.id).collect();
        for id in waiting {
            let dial = self.calls.remove(&id).and_then(|call| call.into_dial(&mut self.outbox));
            if let Some(dial) = dial {
                self.dial_elsewhere(now, id, account.clone(), &dial.target);
            }
        }
    }

    fn dial_elsewhere(&mut self, now: Instant, id: CallId, account: AccountId, target: &Target) {
        self.hold_here();
        let told = (Direction::Outgoing, remote_of(target.expose()), Step::Dialing);
        let call = CallElsewhere::new(now, id, account, LineCall::Dialled(id.0), told);
        call.ask(Act::Dial { target: target.clone() }, &mut self.outbox);
        self.elsewhere.insert(id, call);
    }

    /// What a line tells of a call elsewhere.
    pub(super) fn on_elsewhere(&mut self, now: Instant, account: &AccountId, line: LineCall, told: Elsewhere) {
        let known = self.elsewhere.values().find(|call| call.is_of(account, line)).map(|call| call.id);
        match (known, told) {
            (Some(id), Elsewhere::Is { remote, step, .. }) => {
                if let Some(call) = self.elsewhere.get_mut(&id) {
                    call.is_now(now, remote, step, &mut self.outbox);
                }
            }
            (Some(id), Elsewhere::Refused { act, fault }) => self.refused_elsewhere(now, id, &act, fault),
            (None, Elsewhere::Is { direction, remote, step }) => {
                self.begins_elsewhere(now, account, line, (direction, remote, step))
            }
            (None, Elsewhere::Refused { .. }) => {}
        }
    }

    /// Whether the call that is over was one elsewhere.
    pub(super) fn ended_elsewhere(&mut self, now: Instant, account: &AccountId, line: LineCall, how: LineEnd) -> bool {
        let call = self.elsewhere.values_mut().find(|call| call.is_of(account, line));
        call.map(|call| call.ended(now, how, &mut self.outbox)).is_some()
    }

    /// The calls elsewhere of accounts that are gone go on there, and are nothing to us any more.
    pub(super) fn abandon_elsewhere(&mut self, now: Instant) {
        for call in self.elsewhere.values_mut().filter(|call| call.is_live()) {
            if self.lines.get(&call.account).is_none_or(|line| line.state == model::AccountState::Disabled) {
                call.end(now, Cause::ConnectionLost, &mut self.outbox);
            }
        }
    }

    /// A person talks on one telephone at a time: who takes a call here has those elsewhere held.
    pub(super) fn hold_elsewhere(&mut self) {
        for call in self.elsewhere.values().filter(|call| call.is_talking()) {
            call.ask(Act::Hold, &mut self.outbox);
        }
    }

    /// After each input: goes on with what waits for what happened.
    pub(super) fn settle_elsewhere(&mut self, now: Instant) {
        self.elsewhere.retain(|_, call| !call.is_stale(now));
        let ids: Vec<CallId> = self.elsewhere.keys().copied().collect();
        for id in ids {
            // A transfer that is over may want its call back.
            self.settle_moving(now, id);
            self.settle_turn(now, id);
        }
        for call in self.elsewhere.values_mut() {
            if let Some(transfer) = call.transfer_to_tell() {
                self.outbox.event(Event::transfer(call.id, transfer));
            }
        }
    }

    /// Calls of an account that are not over, wherever they are.
    pub(super) fn live_on(&self, account: &AccountId) -> usize {
        let here = self.calls.values().filter(|call| call.is_live() && call.account == *account).count();
        here + self.elsewhere.values().filter(|call| call.is_live() && call.account == *account).count()
    }

    fn begins_elsewhere(&mut self, now: Instant, account: &AccountId, line: LineCall, told: (Direction, Remote, Step)) {
        self.numbered += 1;
        let id = CallId(self.numbered);
        let (direction, remote, step) = told.clone();
        let mut call = CallElsewhere::new(now, id, account.clone(), line, told);
        call.tell_arrival(&mut self.outbox);
        call.is_now(now, remote, step, &mut self.outbox);
        self.elsewhere.insert(id, call);
        let waits = |call: &&mut CallElsewhere| call.account == *account && matches!(call.moving, Moving::Calling { .. });
        if direction == Direction::Outgoing
            && let Some(first) = self.elsewhere.values_mut().find(waits)
            && let Moving::Calling { was_held, .. } = first.moving
        {
            first.moving = Moving::Consulting { with: id, was_held };
        }
    }

    fn act_elsewhere(&mut self, now: Instant, id: CallId, command: &Command) -> Result<(), (NoticeCode, Trouble)> {
        let Some(call) = self.elsewhere.get_mut(&id).filter(|call| call.is_live()) else {
            return Err((NoticeCode::DialFailed, Trouble::CallOver));
        };
        match command {
            Command::Answer { .. } | Command::AnswerWith { .. } | Command::EndAndAnswer { .. } => {
                if !call.is_ringing() {
                    return Err((NoticeCode::DialFailed, Trouble::NotRinging));
                }
                self.answer_elsewhere(now, id, matches!(command, Command::EndAndAnswer { .. }));
            }
            Command::Decline { .. } if !call.is_ringing() => {
                return Err((NoticeCode::DialFailed, Trouble::NotRinging));
            }
            Command::Decline { .. } | Command::HangUp { .. } => call.hang_up(&mut self.outbox),
            Command::Hold { .. } | Command::Resume { .. } if !call.is_answered() => {
                return Err((NoticeCode::HoldFailed, Trouble::NotAnswered));
            }
            Command::Hold { .. } => {
                call.turn = None;
                if call.is_talking() {
                    call.ask(Act::Hold, &mut self.outbox);
                }
            }
            Command::Resume { .. } => self.take_turn(now, id, None),
            Command::SendDtmf { .. } | Command::PressKey { .. } if !call.is_talking() => {
                return Err((NoticeCode::DtmfFailed, Trouble::ElsewhereKeys));
            }
            Command::SendDtmf { digits, .. } => {
                digits.iter().for_each(|digit| call.ask(Act::Press(*digit), &mut self.outbox));
            }
            Command::PressKey { digit, .. } => call.ask(Act::Press(*digit), &mut self.outbox),
            // It was pressed for as long as the telephone does.
            Command::ReleaseKey { .. } => {}
            Command::Transfer { to, .. } => {
                return self.transfer_elsewhere(now, id, to.clone()).map_err(refused);
            }
            Command::CompleteTransfer { .. } => {
                return self.complete_elsewhere(now, id).map_err(refused);
            }
            Command::CancelTransfer { .. } => {
                return self.cancel_elsewhere(now, id).map_err(refused);
            }
            Command::Record { .. } => {
                return Err((NoticeCode::RecordingFailed, Trouble::ElsewhereSound));
            }
            _ => return Err((NoticeCode::DialFailed, Trouble::ElsewhereNot)),
        }
        Ok(())
    }

    fn answer_elsewhere(&mut self, now: Instant, id: CallId, ends_others: bool) {
        if ends_others {
            for call in self.calls.values_mut().filter(|call| call.is_talking() && self.floor.includes(call.id)) {
                call.end_conversation(now, &mut self.outbox);
            }
            for call in self.elsewhere.values_mut().filter(|call| call.is_talking()) {
                call.hang_up(&mut self.outbox);
            }
        }
        self.hold_here();
        if let Some(call) = self.elsewhere.get(&id) {
            call.ask(Act::Answer, &mut self.outbox);
        }
    }

    /// Nobody here has the floor any more.
    fn hold_here(&mut self) {
        self.floor.holder = None;
        let talking: Vec<CallId> = self.calls.values().filter(|call| call.is_talking()).map(|call| call.id).collect();
        self.hold_calls(&talking);
    }

    /// A conference is the telephone's own: of its two calls.
    fn merge_elsewhere(&mut self, ids: &[CallId]) -> bool {
        let calls: Vec<&CallElsewhere> = ids.iter().filter_map(|id| self.elsewhere.get(id)).collect();
        let refusal = match calls.as_slice() {
            _ if calls.len() < ids.len() => Trouble::ElsewhereMixed,
            [one, other] if one.is_answered() && other.is_answered() && one.id != other.id && one.account == other.account => {
                let one = one.id;
                if let Some(call) = self.elsewhere.get(&one) {
                    call.ask(Act::Merge, &mut self.outbox);
                }
                return true;
            }
            _ => Trouble::ElsewhereConference,
        };
        self.refuse(ids.first().copied(), NoticeCode::ConferenceFailed, refusal);
        true
    }

    /// Makes a call the one in conversation there: the others are held first.
    fn take_turn(&mut self, now: Instant, id: CallId, then: Option<Target>) {
        self.hold_here();
        let account = self.elsewhere.get(&id).map(|call| call.account.clone());
        for call in self.elsewhere.values_mut().filter(|call| call.id != id && Some(&call.account) == account.as_ref()) {
            call.turn = None;
            if call.is_talking() {
                call.ask(Act::Hold, &mut self.outbox);
            }
        }
        if let Some(call) = self.elsewhere.get_mut(&id) {
            call.turn = Some(Turn { then, until: now + TURN_WITHIN, asked: false });
        }
    }

    fn settle_turn(&mut self, now: Instant, id: CallId) {
        let Some(call) = self.elsewhere.get(&id) else { return };
        let (Some(turn), account) = (call.turn.clone(), call.account.clone()) else { return };
        let is_alone = !self.elsewhere.values().any(|other| other.id != id && other.account == account && other.is_talking());
        let out = &mut self.outbox;
        let Some(call) = self.elsewhere.get_mut(&id) else { return };
        match turn {
            Turn { then: Some(target), .. } if is_alone && call.is_talking() => {
                call.turn = None;
                call.leaving = Some(Cause::Transferred);
                call.moving = Moving::Sent { until: now + TURN_WITHIN };
                call.ask(Act::Transfer { target }, out);
            }
            Turn { then: None, .. } if is_alone && call.is_talking() => call.turn = None,
            Turn { asked: false, then, until } if is_alone => {
                call.turn = Some(Turn { then, until, asked: true });
                call.ask(Act::Resume, out);
            }
            Turn { until, .. } if now >= until => {
                call.turn = None;
                self.refuse(Some(id), NoticeCode::HoldFailed, Trouble::ElsewhereNotResumed);
            }
            Turn { .. } => {}
        }
    }

    fn transfer_elsewhere(&mut self, now: Instant, id: CallId, to: TransferTo) -> Result<(), TransferFault> {
        let Some(call) = self.elsewhere.get_mut(&id) else { return Ok(()) };
        if !call.is_answered() {
            return Err(TransferFault::NotAnswered);
        }
        if !matches!(call.moving, Moving::None | Moving::Failed { .. }) {
            return Err(TransferFault::UnderWay);
        }
        call.moving = Moving::None;
        let (account, was_held) = (call.account.clone(), call.step == Step::Held);
        match to {
            TransferTo::Blind { target } => self.take_turn(now, id, Some(target)),
            TransferTo::Consult { target } => {
                if self.live_on(&account) > 1 {
                    return Err(TransferFault::NotAlone);
                }
                self.hold_here();
                if let Some(call) = self.elsewhere.get_mut(&id) {
                    call.moving = Moving::Calling { was_held, until: now + SERVER_CALLS_WITHIN };
                    call.ask(Act::Consult { target }, &mut self.outbox);
                }
            }
            TransferTo::Call { call: with } => {
                let fits = self.elsewhere.get(&with).is_some_and(|other| other.is_answered() && other.account == account);
                if !fits || with == id {
                    return Err(TransferFault::NotToThatThere);
                }
                self.connect_elsewhere(now, id, with, was_held);
            }
        }
        Ok(())
    }

    fn complete_elsewhere(&mut self, now: Instant, id: CallId) -> Result<(), TransferFault> {
        match self.elsewhere.get(&id).map(|call| call.moving.clone()) {
            Some(Moving::Consulting { with, was_held }) => {
                self.connect_elsewhere(now, id, with, was_held);
                Ok(())
            }
            _ => Err(TransferFault::NotConsulting),
        }
    }

    fn connect_elsewhere(&mut self, now: Instant, id: CallId, with: CallId, was_held: bool) {
        for call in [id, with] {
            if let Some(call) = self.elsewhere.get_mut(&call) {
                call.leaving = Some(Cause::Transferred);
            }
        }
        if let Some(call) = self.elsewhere.get_mut(&id) {
            call.moving = Moving::Completing { with, was_held, until: now + TURN_WITHIN };
            call.ask(Act::CompleteTransfer, &mut self.outbox);
        }
    }

    fn cancel_elsewhere(&mut self, now: Instant, id: CallId) -> Result<(), TransferFault> {
        let Some(call) = self.elsewhere.get_mut(&id) else { return Ok(()) };
        match call.moving.clone() {
            Moving::Consulting { with, was_held } => {
                call.moving = Moving::Returning { with, was_held, until: now + SERVER_ENDS_WITHIN };
                call.ask(Act::CancelTransfer, &mut self.outbox);
                if let Some(other) = self.elsewhere.get_mut(&with) {
                    other.leaving = Some(Cause::Cancelled);
                }
            }
            Moving::Calling { was_held, .. } => {
                call.moving = Moving::None;
                call.ask(Act::CancelTransfer, &mut self.outbox);
                self.back_elsewhere(now, id, was_held);
            }
            Moving::None | Moving::Sent { .. } | Moving::Completing { .. } | Moving::Returning { .. } | Moving::Failed { .. } => {
                return Err(TransferFault::NotConsulting);
            }
        }
        Ok(())
    }

    fn settle_moving(&mut self, now: Instant, id: CallId) {
        let Some(moving) = self.elsewhere.get(&id).filter(|call| call.is_live()).map(|call| call.moving.clone()) else { return };
        let is_over = |with: CallId| !self.elsewhere.get(&with).is_some_and(CallElsewhere::is_live);
        match moving {
            Moving::None => {}
            Moving::Sent { until } if now >= until => self.move_failed(now, id, true, TransferFault::TelephoneSilent),
            Moving::Calling { was_held, until } if now >= until => {
                self.move_failed(now, id, was_held, TransferFault::ServerSilent);
            }
            Moving::Consulting { with, was_held } if is_over(with) => {
                let cause = self.elsewhere.get(&with).and_then(CallElsewhere::cause);
                let ended = |cause: &Cause| TransferFault::Ended { cause: cause.clone() };
                let fault = cause.map_or(TransferFault::OtherOver, ended);
                self.move_failed(now, id, was_held, fault);
            }
            Moving::Completing { with, was_held, until } if now >= until => {
                if let Some(other) = self.elsewhere.get_mut(&with) {
                    other.leaving = None;
                }
                self.move_failed(now, id, was_held, TransferFault::NotConnected);
            }
            Moving::Returning { with, was_held, .. } if is_over(with) => {
                if let Some(call) = self.elsewhere.get_mut(&id) {
                    call.moving = Moving::None;
                }
                self.back_elsewhere(now, id, was_held);
            }
            Moving::Returning { with, was_held, until } if now >= until => {
                // It was not taken back: then it is ended as any call is.
                if let Some(other) = self.elsewhere.get_mut(&with) {
                    other.hang_up(&mut self.outbox);
                }
                if let Some(call) = self.elsewhere.get_mut(&id) {
                    call.moving = Moving::Returning { with, was_held, until: now + TURN_WITHIN };
                }
            }
            Moving::Failed { until, .. } if now >= until => {
                if let Some(call) = self.elsewhere.get_mut(&id) {
                    call.moving = Moving::None;
                }
            }
            Moving::Sent { .. }
            | Moving::Calling { .. }
            | Moving::Consulting { .. }
            | Moving::Completing { .. }
            | Moving::Returning { .. }
            | Moving::Failed { .. } => {}
        }
    }

    /// The call is the user's again.
    fn back_elsewhere(&mut self, now: Instant, id: CallId, was_held: bool) {
        if !was_held && self.elsewhere.get(&id).is_some_and(|call| call.is_live() && call.step == Step::Held) {
            self.take_turn(now, id, None);
        }
    }

    fn move_failed(&mut self, now: Instant, id: CallId, was_held: bool, fault: TransferFault) {
        if let Some(call) = self.elsewhere.get_mut(&id) {
            (call.leaving, call.turn) = (None, None);
            call.moving = Moving::Failed { fault: fault.clone(), until: now + SHOW_FOR };
        }
        self.refuse(Some(id), NoticeCode::TransferFailed, Trouble::TransferFailed { fault });
        self.back_elsewhere(now, id, was_held);
    }

    fn refused_elsewhere(&mut self, now: Instant, id: CallId, act: &Act, fault: TelephoneFault) {
        let Some(call) = self.elsewhere.get_mut(&id) else { return };
        let is_moving_there = call.turn.as_ref().is_some_and(|turn| turn.then.is_some());
        let code = match (act, &call.moving) {
            (
                Act::Transfer { .. } | Act::Consult { .. } | Act::CompleteTransfer | Act::CancelTransfer,
                Moving::Sent { .. } | Moving::Calling { .. } | Moving::Completing { .. } | Moving::Returning { .. },
            ) => {
                let was_held = match call.moving {
                    Moving::Calling { was_held, .. }
                    | Moving::Completing { was_held, .. }
                    | Moving::Returning { was_held, .. } => was_held,
                    _ => true,
                };
                if let Moving::Completing { with, .. } = call.moving
                    && let Some(other) = self.elsewhere.get_mut(&with)
                {
                    other.leaving = None;
                }
                return self.move_failed(now, id, was_held, TransferFault::Telephone { fault });
            }
            (Act::Resume, _) if is_moving_there => return self.move_failed(now, id, true, TransferFault::Telephone { fault }),
            (Act::Transfer { .. } | Act::Consult { .. } | Act::CompleteTransfer | Act::CancelTransfer, _) => {
                NoticeCode::TransferFailed
            }
            (Act::Hold | Act::Resume, _) => NoticeCode::HoldFailed,
            (Act::Press(_), _) => NoticeCode::DtmfFailed,
            (Act::Merge, _) => NoticeCode::ConferenceFailed,
            (Act::Dial { .. } | Act::Answer | Act::HangUp, _) => NoticeCode::DialFailed,
        };
        match act {
            Act::HangUp => call.leaving = None,
            Act::Resume => call.turn = None,
            _ => {}
        }
        self.refuse(Some(id), code, Trouble::Telephone { fault });
    }
}

/// As it is told that a transfer cannot begin.
fn refused(fault: TransferFault) -> (NoticeCode, Trouble) {
    (NoticeCode::TransferFailed, Trouble::TransferRefused { fault })
}
