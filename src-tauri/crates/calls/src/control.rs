//! All calls together: takes every input, keeps the calls, and draws the snapshot.

mod conference;
mod consultation;
mod elsewhere;
mod floor;
mod incoming;
mod news;
mod outgoing;
mod recording;
mod transfer;
mod wish;

use std::collections::BTreeMap;

use model::{
    CallId, CallSettings, CallView, Changes, Command, ConferenceView, Instant, MediaId, NoticeCode, Settings, Snapshot,
    SoundRole, Trouble,
};
use serde::{Deserialize, Serialize};

use self::outgoing::Prepared;
use crate::{
    call::{Call, DigitPace},
    elsewhere::CallElsewhere,
    floor::Floor,
    io::{Input, Output},
    lamps::Lamps,
    lines::Lines,
    notices::Notices,
    outbox::Outbox,
    sound::Sound,
};

/// The machine that decides about calls.
///
/// After each `handle`, drain `poll_output` until `None`, then read `poll_timeout`. The same inputs at the same times
/// give the same outputs: that is what the journal replays.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CallControl {
    settings: CallSettings,
    lines: Lines,
    lamps: Lamps,
    calls: BTreeMap<CallId, Call>,
    /// Calls of other telephones of the user.
    #[serde(default)]
    elsewhere: BTreeMap<CallId, CallElsewhere>,
    floor: Floor,
    /// The conference as it was told last.
    conference_told: Option<ConferenceView>,
    prepared: Option<Prepared>,
    numbered: u32,
    sound: Sound,
    notices: Notices,
    do_not_disturb: bool,
    outbox: Outbox,
}

impl CallControl {
    /// Call control for these settings; every account is coming up.
    pub fn new(settings: &Settings) -> Self {
        let mut control = Self {
            settings: settings.calls.clone(),
            lines: Lines::default(),
            lamps: Lamps::default(),
            calls: BTreeMap::new(),
            elsewhere: BTreeMap::new(),
            floor: Floor::default(),
            conference_told: None,
            prepared: None,
            numbered: 0,
            sound: Sound::default(),
            notices: Notices::default(),
            do_not_disturb: false,
            outbox: Outbox::default(),
        };
        control.lines.configure(&settings.accounts);
        control
    }

    /// Takes one input at the time `now`.
    pub fn handle(&mut self, now: Instant, input: Input) {
        match input {
            Input::Command(command) => self.on_command(now, command),
            Input::Watch(numbers) => self.lamps.watch(numbers, &self.lines, &mut self.outbox),
            Input::Line(account, event) => self.on_line(now, account, event),
            Input::Media(media, event) => self.on_media(now, media, event),
            Input::Sound(event) => self.on_sound(event),
            Input::Microphone => self.on_microphone(now),
            Input::NoMicrophone(fault) => self.on_no_microphone(now, Some(&fault)),
            Input::NoDevices => self.on_no_microphone(now, None),
            Input::Timeout => {}
        }
        self.on_time(now);
        self.lamps.settle(&self.lines, &mut self.outbox);
        self.settle_transfers(now);
        self.settle_elsewhere(now);
        self.settle_floor(now);
        self.record_always();
        self.sound.update(now, &self.calls, &self.floor, &mut self.outbox);
    }

    /// The next thing it asks for.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outbox.next()
    }

    /// When it wants `Input::Timeout`.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let calls = self.calls.values().filter_map(Call::deadline);
        calls
            .chain(self.elsewhere.values().filter_map(CallElsewhere::deadline))
            .chain(self.prepared.as_ref().map(|prepared| prepared.until))
            .chain(self.sound.deadline())
            .chain(self.floor.deadline(&self.calls))
            .min()
    }

    /// Everything visible. The run loop numbers it.
    pub fn snapshot(&self, now: Instant) -> Snapshot {
        let mut calls: Vec<CallView> = self.calls.values().filter_map(Call::view).collect();
        calls.extend(self.elsewhere.values().map(CallElsewhere::view));
        calls.sort_by_key(|call| call.id);
        Snapshot {
            revision: 0,
            at_ms: now.as_millis(),
            accounts: self.lines.views(),
            calls,
            conference: self.floor.conference(),
            lamps: self.lamps.views(),
            do_not_disturb: self.do_not_disturb,
            notices: self.notices.shown().to_vec(),
            // The run loop keeps the book and the assistants, and knows what the desk does and how checks went.
            assistants: Vec::new(),
            missed: 0,
            trial: None,
            loop_check: None,
            update: None,
            changes: Changes::default(),
        }
    }

    /// Which media session carries each call.
    pub fn sessions(&self) -> Vec<(CallId, MediaId)> {
        self.calls.values().filter_map(|call| Some((call.id, call.audio.as_ref()?.id))).collect()
    }

    /// Tells the user something that happened outside of calls.
    pub fn notify(&mut self, code: NoticeCode, trouble: Trouble) {
        self.notices.tell(None, code, trouble);
    }

    /// A device of this role is open: what was told of one that is not is over.
    pub fn device_works(&mut self, role: SoundRole) {
        self.notices.device_works(role);
    }

    fn on_command(&mut self, now: Instant, command: Command) {
        if self.command_elsewhere(now, &command) {
            return;
        }
        match command {
            Command::Dial(options) => self.dial(now, options),
            Command::PickUp { number } => self.pick_up(now, &number),
            Command::DialAs { caller_id, dial } => self.dial_as(now, caller_id, dial),
            Command::Prepare { account } => self.prepare(now, account),
            Command::Answer { call } => self.answer(now, call),
            Command::AnswerWith { call, headers } => self.answer_with(now, call, headers),
            Command::Decline { call, code } => {
                self.with_call(call, NoticeCode::DialFailed, |call, out| call.decline(now, code, out));
            }
            Command::HangUp { call } => self.with_call(call, NoticeCode::DialFailed, |call, out| call.hang_up(now, out)),
            Command::EndAndAnswer { call } => self.end_and_answer(now, call),
            Command::Redirect { call, target } => {
                self.with_call(call, NoticeCode::DialFailed, |call, out| call.redirect(now, target.into(), out));
            }
            Command::Hold { call } => self.hold(call),
            Command::Resume { call } => self.resume(now, call),
            Command::Mute { call, muted } => self.with_call(call, NoticeCode::DialFailed, |call, out| {
                call.mute(muted, out);
                Ok(())
            }),
            Command::SendDtmf { call, digits } => {
                let pace = DigitPace::of(&self.settings);
                self.with_call(call, NoticeCode::DtmfFailed, |call, out| call.send_dtmf(now, digits, pace, out));
            }
            Command::PressKey { call, digit } => {
                self.with_call(call, NoticeCode::DtmfFailed, |call, out| call.press_key(now, digit, out));
            }
            Command::ReleaseKey { call } => self.with_call(call, NoticeCode::DtmfFailed, |call, out| {
                call.release_key(now, out);
                Ok(())
            }),
            Command::DoNotDisturb { on } => self.do_not_disturb = on,
            Command::Merge { calls } => self.merge(now, calls),
            Command::Split => self.split(),
            Command::Leave { call } => self.leave(call),
            Command::HoldConference => self.hold_conference(),
            Command::ResumeConference => self.resume_conference(now),
            Command::EndConference => self.end_conference(now),
            Command::Record { call, on } => self.record(call, on),
            Command::Transfer { call, to } => self.transfer(now, call, to),
            Command::CompleteTransfer { call } => self.complete_transfer(now, call),
            Command::CancelTransfer { call } => self.cancel_transfer(now, call),
            Command::AllowTransfer { call, allow } => self.allow_transfer(now, call, allow),
            Command::Silence { call } => self.with_call(call, NoticeCode::DialFailed, |call, _| {
                call.silenced = true;
                Ok(())
            }),
            Command::Veto { call } => self.with_call(call, NoticeCode::DialFailed, |call, _| call.veto()),
            Command::SaveSettings { settings } => self.configure(now, &settings),
            Command::DismissNotice { notice } => self.notices.dismiss(notice),
            // The sound desk's: no call waits for a trial. Nor for an assistant, which is its line's.
            Command::StartTrial { .. } | Command::StopTrial | Command::Assist { .. } => {}
        }
    }

    fn with_call(&mut self, id: CallId, code: NoticeCode, act: impl FnOnce(&mut Call, &mut Outbox) -> Result<(), Trouble>) {
        let acted = match self.calls.get_mut(&id) {
            Some(call) => act(call, &mut self.outbox),
            None if code == NoticeCode::DtmfFailed => Err(Trouble::DigitsWithoutCall),
            None => Err(Trouble::NoCall),
        };
        if let Err(trouble) = acted {
            self.refuse(Some(id), code, trouble);
        }
    }

    /// Tells the user why what he asked for is not done.
    fn refuse(&mut self, call: Option<CallId>, code: NoticeCode, trouble: Trouble) {
        self.notices.tell(call, code, trouble.clone());
        self.outbox.failed(call, trouble);
    }
}

#[cfg(test)]
mod tests;
