//! All calls together: takes every input, keeps the calls, and draws the snapshot.

use std::{collections::BTreeMap, time::Duration};

use model::{
    AccountId, AccountState, CallId, CallSettings, Cause, Changes, Command, DialOptions, Event, Instant, LineCall, MediaId,
    NoticeCode, Settings, Snapshot,
};
use serde::{Deserialize, Serialize};

use crate::{
    call::{Audio, Call, Phase},
    dial::Dial,
    io::{IncomingCall, Input, LineEvent, LineRequest, MediaEvent, MediaRequest, Output},
    lines::Lines,
    notices::Notices,
    outbox::Outbox,
    sound::Sound,
};

/// How long a call may wait for its account to come up: what a link that starts the phone needs.
const WAIT_FOR_LINE: Duration = Duration::from_secs(10);

/// How long candidates gathered ahead of dialling are kept; NAT bindings last at least as long (RFC 4787 section 4.3).
const PREPARED_FOR: Duration = Duration::from_secs(60);

/// The machine that decides about calls.
///
/// After each `handle`, drain `poll_output` until `None`, then read `poll_timeout`. The same inputs at the same times
/// give the same outputs: that is what the journal replays.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CallControl {
    settings: CallSettings,
    lines: Lines,
    calls: BTreeMap<CallId, Call>,
    prepared: Option<Prepared>,
    numbered: u32,
    sound: Sound,
    notices: Notices,
    outbox: Outbox,
}

/// A media session opened ahead of dialling.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Prepared {
    account: AccountId,
    media: MediaId,
    until: Instant,
}

impl CallControl {
    /// Call control for these settings; every account is coming up.
    pub fn new(settings: &Settings) -> Self {
        let mut control = Self {
            settings: settings.calls.clone(),
            lines: Lines::default(),
            calls: BTreeMap::new(),
            prepared: None,
            numbered: 0,
            sound: Sound::default(),
            notices: Notices::default(),
            outbox: Outbox::default(),
        };
        control.lines.configure(&settings.accounts);
        control
    }

    /// Takes one input at the time `now`.
    pub fn handle(&mut self, now: Instant, input: Input) {
        match input {
            Input::Command(command) => self.on_command(now, command),
            Input::Line(account, event) => self.on_line(now, account, event),
            Input::Media(media, event) => self.on_media(now, media, event),
            Input::Timeout => {}
        }
        self.on_time(now);
        self.sound.update(now, &self.calls, self.settings.auto_answer, &mut self.outbox);
    }

    /// The next thing it asks for.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outbox.next()
    }

    /// When it wants `Input::Timeout`.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let calls = self.calls.values().filter_map(Call::deadline);
        calls.chain(self.prepared.as_ref().map(|prepared| prepared.until)).chain(self.sound.deadline()).min()
    }

    /// Everything visible. The run loop numbers it.
    pub fn snapshot(&self, now: Instant) -> Snapshot {
        Snapshot {
            revision: 0,
            at_ms: now.as_millis(),
            accounts: self.lines.views(),
            calls: self.calls.values().filter_map(Call::view).collect(),
            notices: self.notices.shown().to_vec(),
            // The run loop keeps the book.
            missed: 0,
            changes: Changes::default(),
        }
    }

    /// Tells the user something that happened outside of calls.
    pub fn notify(&mut self, code: NoticeCode, message: impl Into<String>) {
        self.notices.tell(code, message);
    }

    fn on_command(&mut self, now: Instant, command: Command) {
        match command {
            Command::Dial(options) => self.dial(now, options),
            Command::Prepare { account } => self.prepare(now, account),
            Command::Answer { call } => self.with_call(call, NoticeCode::DialFailed, |call, out| call.answer(now, out)),
            Command::Decline { call } => self.with_call(call, NoticeCode::DialFailed, |call, out| call.decline(now, out)),
            Command::HangUp { call } => self.with_call(call, NoticeCode::DialFailed, |call, out| call.hang_up(now, out)),
            Command::Hold { call } => self.with_call(call, NoticeCode::HoldFailed, |call, out| call.set_hold(true, out)),
            Command::Resume { call } => self.with_call(call, NoticeCode::HoldFailed, |call, out| call.set_hold(false, out)),
            Command::Mute { call, muted } => self.with_call(call, NoticeCode::DialFailed, |call, _| {
                call.muted = muted;
                Ok(())
            }),
            Command::SendDtmf { call, digits } => {
                self.with_call(call, NoticeCode::DtmfFailed, |call, out| call.send_dtmf(now, digits, out));
            }
            Command::Silence { call } => self.with_call(call, NoticeCode::DialFailed, |call, _| {
                call.silenced = true;
                Ok(())
            }),
            Command::SaveSettings { settings } => self.configure(now, &settings),
            Command::DismissNotice { notice } => self.notices.dismiss(notice),
        }
    }

    fn with_call(&mut self, id: CallId, code: NoticeCode, act: impl FnOnce(&mut Call, &mut Outbox) -> Result<(), &'static str>) {
        let acted = match self.calls.get_mut(&id) {
            Some(call) => act(call, &mut self.outbox),
            None => Err("there is no such call"),
        };
        if let Err(message) = acted {
            self.notices.tell(code, message);
            self.outbox.failed(Some(id), message);
        }
    }

    fn dial(&mut self, now: Instant, options: DialOptions) {
        let Some(line) = self.lines.choose(options.account.as_ref()) else {
            let message = match &options.account {
                Some(account) => format!("there is no account {account}"),
                None => "there is no account to call from".to_owned(),
            };
            self.notices.tell(NoticeCode::DialFailed, message.clone());
            self.outbox.failed(None, message);
            return;
        };
        let wait = line.is_coming_up().then_some(WAIT_FOR_LINE);
        let refusal = match &line.state {
            _ if line.is_usable() || line.is_coming_up() => None,
            AccountState::Offline { cause, .. } => Some(cause.to_string()),
            _ => Some("it is switched off".to_owned()),
        };
        let audio = match self.prepared.take_if(|prepared| prepared.account == line.id) {
            Some(prepared) => Audio::new(prepared.media),
            None => Audio::new(self.outbox.new_media()),
        };
        self.numbered += 1;
        let id = CallId(self.numbered);
        let target = options.target.clone();
        self.outbox.event(Event::Dialing { call: id, account: line.id.clone(), target: target.into() });
        let dial = Dial::from(options);
        let call = match refusal {
            None => Call::dialled(now, id, line, dial, audio, wait, &mut self.outbox),
            Some(detail) => {
                let mut call = Call::dialled(now, id, line, dial, audio, Some(WAIT_FOR_LINE), &mut self.outbox);
                call.audio = None;
                call.end(now, Cause::AccountNotReady { detail }, &mut self.outbox);
                call
            }
        };
        self.calls.insert(id, call);
    }

    fn prepare(&mut self, now: Instant, account: Option<AccountId>) {
        let Some(line) = self.lines.choose(account.as_ref()).filter(|line| line.is_usable()) else { return };
        let account = line.id.clone();
        if let Some(prepared) = self.prepared.as_mut().filter(|prepared| prepared.account == account) {
            prepared.until = now + PREPARED_FOR;
            return;
        }
        self.drop_prepared();
        let media = self.outbox.new_media();
        self.outbox.media(media, MediaRequest::Prepare { account: account.clone() });
        self.prepared = Some(Prepared { account, media, until: now + PREPARED_FOR });
    }

    fn drop_prepared(&mut self) {
        if let Some(prepared) = self.prepared.take() {
            self.outbox.media(prepared.media, MediaRequest::Close);
        }
    }

    fn configure(&mut self, now: Instant, settings: &Settings) {
        self.settings = settings.calls.clone();
        self.lines.configure(&settings.accounts);
        self.drop_prepared();
        for call in self.calls.values_mut() {
            let gone = self.lines.get(&call.account).is_none_or(|line| line.state == AccountState::Disabled);
            if gone {
                call.abandon(now, &mut self.outbox);
            }
        }
    }

    fn on_line(&mut self, now: Instant, account: AccountId, event: LineEvent) {
        match event {
            LineEvent::State(state) => self.on_line_state(now, &account, state),
            LineEvent::Capable(capabilities) => self.lines.set_capabilities(&account, capabilities),
            LineEvent::Incoming(incoming) => self.on_incoming(now, &account, *incoming),
            LineEvent::Sent { call, .. }
            | LineEvent::Progress { call, .. }
            | LineEvent::Answered { call, .. }
            | LineEvent::Confirmed { call, .. }
            | LineEvent::Reoffered { call, .. }
            | LineEvent::ReofferAnswered { call, .. }
            | LineEvent::ReofferRefused { call, .. }
            | LineEvent::RemoteChanged { call, .. }
            | LineEvent::Dtmf { call, .. }
            | LineEvent::DtmfFailed { call, .. }
            | LineEvent::Ended { call, .. } => self.on_line_call(now, &account, call, event),
        }
    }

    fn on_line_state(&mut self, now: Instant, account: &AccountId, state: AccountState) {
        self.lines.set_state(account, state, &mut self.outbox);
        let Some(line) = self.lines.get(account) else { return };
        for call in self.calls.values_mut().filter(|call| call.account == *account) {
            match &line.state {
                _ if line.is_usable() => call.line_is_usable(now, &mut self.outbox),
                AccountState::Offline { cause, .. } if matches!(call.phase, Phase::Waiting { .. }) => {
                    call.end(now, Cause::AccountNotReady { detail: cause.to_string() }, &mut self.outbox);
                }
                AccountState::Offline { .. } => call.line_is_lost(now),
                _ => {}
            }
        }
    }

    fn on_incoming(&mut self, now: Instant, account: &AccountId, incoming: IncomingCall) {
        let live = self.calls.values().filter(|call| call.is_live()).count();
        let Some(line) = self.lines.get(account) else { return };
        if live >= self.settings.limit as usize {
            self.outbox.line(account, LineRequest::Reject { call: incoming.call, code: 486, text: "Busy Here".into() });
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

    fn alert(&mut self, now: Instant, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.alert(now, now + Duration::from_secs(self.settings.ring_for_s.into()), &mut self.outbox);
        if self.settings.auto_answer {
            self.with_call(id, NoticeCode::DialFailed, |call, out| call.answer(now, out));
        }
    }

    fn on_line_call(&mut self, now: Instant, account: &AccountId, line_call: LineCall, event: LineEvent) {
        let of_this_line = |call: &&mut Call| call.account == *account && call.line == line_call && call.is_live();
        let Some(call) = self.calls.values_mut().find(of_this_line) else { return };
        call.on_line(now, event, &mut self.outbox);
        if let Phase::Ended(ended) = &call.phase {
            self.sound.ended(now, &ended.cause);
        }
    }

    fn on_media(&mut self, now: Instant, media: MediaId, event: MediaEvent) {
        let of_this_session = |call: &&mut Call| call.audio.as_ref().is_some_and(|audio| audio.id == media);
        let Some(call) = self.calls.values_mut().find(of_this_session) else { return };
        let id = call.id;
        let judged = matches!(event, MediaEvent::Accepted) && matches!(call.phase, Phase::Judging);
        call.on_media(now, event, &mut self.outbox);
        if judged {
            self.alert(now, id);
        }
    }

    fn on_time(&mut self, now: Instant) {
        if self.prepared.as_ref().is_some_and(|prepared| now >= prepared.until) {
            self.drop_prepared();
        }
        for call in self.calls.values_mut() {
            call.on_time(now, &mut self.outbox);
        }
        self.calls.retain(|_, call| !call.is_stale(now));
    }
}

#[cfg(test)]
mod tests;
