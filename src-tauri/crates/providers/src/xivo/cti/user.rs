//! The user himself: who he is, his services, his voice mail, what he is doing.

use model::{ForwardWhen, Personal, Voicemail};
use serde_json::Value;

use crate::xivo::fields::Fields;

/// What the server told of the user in one message; `None` says that it is as before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserConfig {
    /// His full name.
    pub full_name: Option<Personal>,
    /// His mobile phone.
    pub mobile_number: Option<Personal>,
    /// Whether he is not to be disturbed.
    pub dnd: Option<bool>,
    /// When nobody answers.
    pub no_answer: Option<ForwardState>,
    /// Always.
    pub unconditional: Option<ForwardState>,
    /// When the line is busy.
    pub busy: Option<ForwardState>,
    /// His voice mail box.
    pub voicemail_id: Option<i64>,
    /// Whether he has one.
    pub voicemail_enabled: Option<bool>,
}

/// A forward.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForwardState {
    /// Whether it is on.
    pub enabled: bool,
    /// Where to.
    pub destination: Personal,
}

/// How many voice messages wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VoicemailStatus {
    /// New ones.
    pub new: u32,
    /// Waiting ones.
    pub waiting: u32,
    /// Old ones.
    pub old: u32,
}

/// Something the user may say he is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserStatus {
    /// How it is named to the server.
    pub name: String,
    /// How it is named to people.
    pub long_name: String,
    /// Its colour.
    pub color: String,
}

impl UserConfig {
    pub(super) fn read(body: &Value) -> Self {
        let fields = Fields::of(body);
        // A destination of null says that the forward is as before.
        let forward = |enabled: &str, destination: &str| {
            let destination = fields.text(destination)?;
            Some(ForwardState { enabled: fields.flag(enabled).unwrap_or_default(), destination: destination.into() })
        };
        let personal = |name: &str| fields.text(name).map(Personal::from);
        Self {
            full_name: personal("fullName"),
            mobile_number: personal("mobileNumber"),
            dnd: fields.flag("dndEnabled"),
            no_answer: forward("naFwdEnabled", "naFwdDestination"),
            unconditional: forward("uncFwdEnabled", "uncFwdDestination"),
            busy: forward("busyFwdEnabled", "busyFwdDestination"),
            voicemail_id: fields.number("voiceMailId"),
            voicemail_enabled: fields.flag("voiceMailEnabled"),
        }
    }

    /// Takes what a later message says, and keeps what it does not.
    pub fn update(&mut self, later: Self) {
        fn take<T>(kept: &mut Option<T>, later: Option<T>) {
            if later.is_some() {
                *kept = later;
            }
        }
        take(&mut self.full_name, later.full_name);
        take(&mut self.mobile_number, later.mobile_number);
        take(&mut self.dnd, later.dnd);
        take(&mut self.no_answer, later.no_answer);
        take(&mut self.unconditional, later.unconditional);
        take(&mut self.busy, later.busy);
        take(&mut self.voicemail_id, later.voicemail_id);
        take(&mut self.voicemail_enabled, later.voicemail_enabled);
    }

    /// One of the forwards.
    pub fn forward(&self, when: ForwardWhen) -> Option<&ForwardState> {
        match when {
            ForwardWhen::NoAnswer => self.no_answer.as_ref(),
            ForwardWhen::Always => self.unconditional.as_ref(),
            ForwardWhen::Busy => self.busy.as_ref(),
        }
    }
}

impl VoicemailStatus {
    pub(super) fn read(body: &Value) -> Self {
        let fields = Fields::of(body);
        let count = |name| fields.fitting(name).unwrap_or_default();
        Self { new: count("newMessages"), waiting: count("waitingMessages"), old: count("oldMessages") }
    }

    /// As the rest of the phone has it; what to dial is for the account to know.
    pub fn voicemail(self) -> Voicemail {
        let waits = self.new.max(self.waiting);
        Voicemail { number: Personal::default(), waiting: waits > 0, new: waits, old: self.old }
    }
}

impl UserStatus {
    pub(super) fn read(value: &Value) -> Option<Self> {
        let fields = Fields::of(value);
        Some(Self {
            name: fields.text("name").filter(|name| !name.is_empty())?,
            long_name: fields.text("longName").unwrap_or_default(),
            color: fields.text("color").unwrap_or_default(),
        })
    }
}
