//! One phone of a scenario with everything around it: its cable, its sound devices, and what it has told.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use audio::{DeviceRole, MemoryHost};
use model::{
    Account, AccountId, AccountState, CallId, CallState, CallView, Cause, Cleanup, Command, DeclineCode, DialOptions, DtmfMode,
    Event, IcePolicy, Password, Personal, Provider, Secret, Settings, SipAccount, Snapshot, TimedEvent,
};
use phone::Phone;

use crate::network::Cable;

/// Ids of the devices every seat has.
pub const MICROPHONE: &str = "memory:mic";
/// See `MICROPHONE`.
pub const SPEAKER: &str = "memory:spk";

/// One phone and its surroundings.
#[derive(Debug)]
pub struct Seat {
    /// Who sits there.
    pub name: String,
    /// The phone.
    pub phone: Phone,
    /// Its way to the server.
    pub cable: Cable,
    /// Its devices.
    pub sound: MemoryHost,
    pub(crate) events: Events,
}

/// Everything a phone has told, in order. Clones are the same list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Events(Arc<Mutex<Vec<TimedEvent>>>);

impl Events {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Vec<TimedEvent>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Asks the phone for something; it happens once time goes on.
    pub fn send(&self, command: Command) {
        self.phone.send(command).expect("the phone runs and takes commands");
    }

    /// Dials.
    pub fn dial(&self, target: &str) {
        let target = target.parse().expect("something that can be dialled");
        self.send(Command::Dial(DialOptions { target, account: None, headers: Vec::new() }));
    }

    /// Answers.
    pub fn answer(&self, call: CallId) {
        self.send(Command::Answer { call });
    }

    /// Declines as the button does.
    pub fn decline(&self, call: CallId) {
        self.send(Command::Decline { call, code: DeclineCode::default() });
    }

    /// Hangs up.
    pub fn hang_up(&self, call: CallId) {
        self.send(Command::HangUp { call });
    }

    /// Puts the far end on hold.
    pub fn hold(&self, call: CallId) {
        self.send(Command::Hold { call });
    }

    /// Takes it back.
    pub fn resume(&self, call: CallId) {
        self.send(Command::Resume { call });
    }

    /// Sends digits.
    pub fn press(&self, call: CallId, digits: &str) {
        let digits = digits.chars().map(|digit| digit.try_into().expect("a digit")).collect();
        self.send(Command::SendDtmf { call, digits });
    }

    /// What the phone shows.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.phone.snapshot()
    }

    /// How its account is doing.
    pub fn account(&self) -> AccountState {
        self.snapshot().accounts.first().expect("every seat has an account").state.clone()
    }

    /// Whether it can be called.
    pub fn is_registered(&self) -> bool {
        self.snapshot().accounts.first().is_some_and(|account| account.state == AccountState::Registered)
    }

    /// What it shows of a call.
    pub fn view(&self, call: CallId) -> Option<CallView> {
        self.snapshot().calls.iter().find(|view| view.id == call).cloned()
    }

    /// Where a call is, as shown.
    pub fn state(&self, call: CallId) -> Option<CallState> {
        self.view(call).map(|view| view.state)
    }

    /// Whether audio of an answered call is connected.
    pub fn is_established(&self, call: CallId) -> bool {
        matches!(self.state(call), Some(CallState::Established { .. }))
    }

    /// The oldest call that rings here.
    pub fn ringing(&self) -> Option<CallId> {
        let snapshot = self.snapshot();
        snapshot.calls.iter().find(|view| view.state == CallState::Incoming).map(|view| view.id)
    }

    /// Calls that are not over.
    pub fn live_calls(&self) -> usize {
        let snapshot = self.snapshot();
        snapshot.calls.iter().filter(|view| !matches!(view.state, CallState::Ended { .. })).count()
    }

    /// Everything it has told.
    pub fn events(&self) -> Vec<Event> {
        self.events.lock().iter().map(|timed| timed.event.clone()).collect()
    }

    /// When it first told something that fits, ms of its clock.
    pub fn told_at(&self, fits: impl Fn(&Event) -> bool) -> Option<f64> {
        self.events.lock().iter().find(|timed| fits(&timed.event)).map(|timed| timed.at_ms)
    }

    /// How often it told something that fits.
    pub fn told(&self, fits: impl Fn(&Event) -> bool) -> usize {
        self.events.lock().iter().filter(|timed| fits(&timed.event)).count()
    }

    /// Why a call ended, once its report is told.
    pub fn cause(&self, of: CallId) -> Option<Cause> {
        self.events.lock().iter().find_map(|timed| match &timed.event {
            Event::Ended { call, cause, .. } if *call == of => Some(cause.clone()),
            _ => None,
        })
    }

    /// The newest call, dialled or arrived.
    pub fn newest_call(&self) -> Option<CallId> {
        self.events.lock().iter().rev().find_map(|timed| match &timed.event {
            Event::Dialing { call, .. } | Event::Incoming { call, .. } => Some(*call),
            _ => None,
        })
    }

    /// Digits the far end pressed.
    pub fn digits(&self) -> String {
        self.events
            .lock()
            .iter()
            .filter_map(|timed| match &timed.event {
                Event::Dtmf { digit, .. } => Some(digit.to_string()),
                _ => None,
            })
            .collect()
    }

    /// Lets the microphone hear something.
    pub fn speak(&self, samples: &[f32]) {
        self.sound.say(MICROPHONE, samples);
    }

    /// Takes what the speaker played since the last call.
    pub fn take_heard(&self) -> Vec<f32> {
        self.sound.take_played(SPEAKER)
    }

    /// Pulls both devices out.
    pub fn unplug(&self) {
        self.sound.unplug(MICROPHONE);
        self.sound.unplug(SPEAKER);
    }

    /// Plugs them in.
    pub fn plug(&self) {
        self.sound.plug(MICROPHONE, DeviceRole::Microphone);
        self.sound.plug(SPEAKER, DeviceRole::Speaker);
    }
}

/// Settings of a scenario's phone: one account at `server`, and nothing done to the microphone's sound.
pub fn settings(user: &str, server: &str, domain: &str, password: &str) -> Settings {
    let account = SipAccount {
        pin: String::new(),
        server: server.into(),
        domain: domain.into(),
        user: user.into(),
        display_name: user.into(),
        auth_user: Personal::default(),
        realm: String::new(),
        password: Password::Known(Secret::new(password)),
        ca_file: String::new(),
        allow_plain_ws: false,
        proxy: "direct".into(),
        register: true,
        expires_s: 600,
        voicemail_number: Personal::default(),
        park_number: Personal::default(),
        pickup_code: Personal::default(),
        mwi: false,
        dtmf: DtmfMode::Automatic,
        ice_servers: Vec::new(),
        ice_policy: IcePolicy::All,
    };
    let id = AccountId("desk".into());
    let mut settings =
        Settings { accounts: vec![Account { id, enabled: true, provider: Provider::Sip(account) }], ..Settings::default() };
    settings.devices.cleanup = Cleanup::OFF;
    settings
}
