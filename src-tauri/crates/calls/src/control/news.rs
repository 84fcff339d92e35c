//! What lines, media sessions, the clock and new settings bring.

use model::{AccountId, AccountState, Cause, Event, Instant, LineCall, LineFault, MediaId, NoticeCode, Settings, Trouble};

use super::CallControl;
use crate::{
    call::{Call, Phase},
    floor::Holder,
    io::{Capabilities, LineEvent, MediaEvent},
};

impl CallControl {
    pub(super) fn configure(&mut self, now: Instant, settings: &Settings) {
        self.settings = settings.calls.clone();
        self.lines.configure(&settings.accounts);
        self.drop_prepared();
        for call in self.calls.values_mut() {
            let gone = self.lines.get(&call.account).is_none_or(|line| line.state == AccountState::Disabled);
            if gone {
                call.abandon(now, &mut self.outbox);
            }
        }
        self.abandon_elsewhere(now);
    }

    pub(super) fn on_line(&mut self, now: Instant, account: AccountId, event: LineEvent) {
        match event {
            LineEvent::State(state) => self.on_line_state(now, &account, state),
            LineEvent::Capable(capabilities) => self.on_capable(&account, capabilities),
            LineEvent::SignsInAnew => self.lines.signs_in_anew(&account),
            LineEvent::SignedInAs(token) => self.lines.set_token(&account, token),
            LineEvent::Expires(expires) => self.lines.set_expires(&account, expires),
            // The run loop has taken them.
            LineEvent::IceServers(_) | LineEvent::TokenToKeep(_) | LineEvent::Assistant(_) => {}
            LineEvent::Voicemail(voicemail) => self.lines.set_voicemail(&account, voicemail, &mut self.outbox),
            LineEvent::Lamp { number, state, pick_up } => {
                self.lamps.told(&account, &number, state, pick_up, &mut self.outbox);
            }
            LineEvent::Trouble(fault) => self.refuse(None, NoticeCode::Service, Trouble::Service { fault }),
            LineEvent::Service(told) => self.outbox.event(Event::Service { account, told }),
            LineEvent::Wish { call, wish } => self.on_wish(now, &account, call, wish),
            LineEvent::Incoming(incoming) => self.on_incoming(now, &account, *incoming),
            LineEvent::Elsewhere { call, told } => self.on_elsewhere(now, &account, call, told),
            LineEvent::Ended { call, how } if self.ended_elsewhere(now, &account, call, how.clone()) => {}
            LineEvent::Prepared { call }
            | LineEvent::Sent { call, .. }
            | LineEvent::Progress { call, .. }
            | LineEvent::Answered { call, .. }
            | LineEvent::Confirmed { call, .. }
            | LineEvent::Reoffered { call, .. }
            | LineEvent::ReofferWithdrawn { call }
            | LineEvent::ReofferAnswered { call, .. }
            | LineEvent::Refreshed { call, .. }
            | LineEvent::ReofferRefused { call, .. }
            | LineEvent::RemoteChanged { call, .. }
            | LineEvent::Dtmf { call, .. }
            | LineEvent::DtmfAnswered { call, .. }
            | LineEvent::Referred { call, .. }
            | LineEvent::ReferAnswered { call, .. }
            | LineEvent::ReferProgress { call, .. }
            | LineEvent::Ended { call, .. } => self.on_line_call(now, &account, call, event),
        }
    }

    fn on_capable(&mut self, account: &AccountId, capabilities: Capabilities) {
        self.lines.set_capabilities(account, capabilities);
        let Some(line) = self.lines.get(account).filter(|line| line.may_dial()) else { return };
        for call in self.calls.values_mut().filter(|call| call.account == *account) {
            call.line_may_dial(line, &mut self.outbox);
        }
    }

    pub(super) fn on_line_state(&mut self, now: Instant, account: &AccountId, state: AccountState) {
        self.lines.set_state(account, state, &mut self.outbox);
        if self.lines.get(account).is_some_and(|line| line.capabilities.elsewhere && line.is_usable()) {
            self.move_waiting_elsewhere(now, account);
        }
        let Some(line) = self.lines.get(account) else { return };
        for call in self.calls.values_mut().filter(|call| call.account == *account) {
            match &line.state {
                _ if line.is_usable() => {
                    call.line_is_usable(now, &mut self.outbox);
                    call.line_may_dial(line, &mut self.outbox);
                }
                AccountState::Offline { cause, .. } if matches!(call.phase, Phase::Waiting { .. }) => {
                    call.end(
                        now,
                        Cause::AccountNotReady { fault: LineFault::Offline { cause: cause.clone() } },
                        &mut self.outbox,
                    );
                }
                AccountState::Offline { .. } => call.line_is_lost(now),
                _ => {}
            }
        }
    }

    pub(super) fn on_line_call(&mut self, now: Instant, account: &AccountId, line_call: LineCall, event: LineEvent) {
        let of_this_line = |call: &&mut Call| call.account == *account && call.line == line_call && call.is_live();
        let Some(call) = self.calls.values_mut().find(of_this_line) else { return };
        let (id, was_talking) = (call.id, call.is_talking());
        if self.on_transfer(now, id, &event) {
            return;
        }
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.on_line(now, event, &mut self.outbox);
        if !was_talking && call.is_talking() {
            // Somebody has picked up and waits to be spoken to.
            return self.give_floor(now, Holder::Call(id));
        }
        if let Phase::Ended(ended) = &call.phase {
            self.sound.ended(now, &ended.cause);
        }
    }

    pub(super) fn on_media(&mut self, now: Instant, media: MediaId, event: MediaEvent) {
        let of_this_session = |call: &&mut Call| call.audio.as_ref().is_some_and(|audio| audio.id == media);
        let call = self.calls.values_mut().find(of_this_session);
        if let MediaEvent::RelayRefused { server, error } = event {
            // Also of a session that waits for its call.
            let call = call.map(|call| call.id);
            return self.refuse(call, NoticeCode::TurnRefused, Trouble::RelayRefused { server, error });
        }
        let Some(call) = call else { return };
        let id = call.id;
        let judged = matches!(event, MediaEvent::Accepted) && matches!(call.phase, Phase::Judging);
        call.on_media(now, event, &mut self.outbox);
        if judged {
            self.alert(now, id);
        }
    }

    pub(super) fn on_time(&mut self, now: Instant) {
        if self.prepared.as_ref().is_some_and(|prepared| now >= prepared.until) {
            self.drop_prepared();
        }
        for call in self.calls.values_mut() {
            call.on_time(now, &mut self.outbox);
        }
        self.answer_what_is_due(now);
        self.calls.retain(|_, call| !call.is_stale(now));
    }
}
