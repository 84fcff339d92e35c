//! Facts as they happen, for programs that follow the phone (`sidetone-cli --json`) and for the history.

use serde::{Deserialize, Serialize};

use crate::{
    AccountId, CallId, CallReport, CallerKind, Cause, Direction, DtmfDigit, Hold, LampState, MediaStatistics, MediaTrouble,
    OfflineCause, Personal, Remote, ServiceEvent, TransferView, Trouble, XHeaders,
};

/// A fact with the time it became one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimedEvent {
    /// Milliseconds on the phone's monotonic clock, with fractions.
    pub at_ms: f64,
    /// The fact.
    #[serde(flatten)]
    pub event: Event,
}

/// Why a call was turned away without ringing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TurnedAway {
    /// Do not disturb.
    DoNotDisturb,
    /// Too many calls, or one that shall not be disturbed.
    Busy,
    /// The caller was told to try elsewhere.
    Forwarded,
}

/// The facts. The JSON form is documented in the README of `sidetone-cli`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the fields say what the variant's sentence says; call and account are always which one")]
pub enum Event {
    /// The phone runs.
    Started { version: String },
    /// An account became reachable.
    Registered { account: AccountId },
    /// Calls can be placed on an account that is not registered anywhere.
    Ready { account: AccountId },
    /// An account is not reachable, or no longer.
    Unregistered { account: AccountId, cause: OfflineCause, message: String },
    /// The server told how many voice messages wait.
    Voicemail { account: AccountId, waiting: bool, new: u32, old: u32 },
    /// Somebody who is watched is in a call, or no longer.
    Lamp { number: Personal, lamp: LampState },
    /// A call was dialled; the INVITE leaves next.
    Dialing { call: CallId, account: AccountId, target: Personal },
    /// A call arrived, sent on by somebody perhaps. It rings here, unless it takes the place of the call it `replaces`
    /// (RFC 3891).
    Incoming {
        call: CallId,
        account: AccountId,
        remote: Remote,
        caller: Option<CallerKind>,
        diverted_by: Option<Remote>,
        replaces: Option<CallId>,
        headers: XHeaders,
    },
    /// The far end rings.
    Ringing { call: CallId },
    /// The far end sends audio before answering.
    EarlyMedia { call: CallId },
    /// Somebody answered: with these headers, or to a call that arrived with them.
    Answered { call: CallId, direction: Direction, remote: Remote, headers: XHeaders },
    /// Audio is connected.
    MediaConnected { call: CallId, media: MediaStatistics },
    /// Audio is in trouble, or no longer.
    MediaTrouble { call: CallId, trouble: Option<MediaTrouble> },
    /// The far end pressed a key.
    Dtmf { call: CallId, digit: DtmfDigit, duration_ms: u32 },
    /// Who holds has changed.
    Hold { call: CallId, hold: Hold },
    /// The microphone of a call was switched off, or on again.
    Microphone { call: CallId, muted: bool },
    /// The conference hosted here was made, has changed, is held or taken back; without members it is over.
    Conference { members: Vec<CallId>, held: bool },
    /// The recording of a call began, or ended: then `message` tells why when it was not asked for.
    Recording { call: CallId, on: bool, file: Personal, message: Option<String> },
    /// A call was turned away without ringing.
    TurnedAway { account: AccountId, remote: Remote, because: TurnedAway },
    /// A transfer began, is getting on, or did not work: then `message` tells why; none when it is no longer of interest.
    Transfer { call: CallId, transfer: Option<TransferView>, message: Option<String> },
    /// What the service of an account tells in its own words; `told` has the form that its own library gives it.
    Service { account: AccountId, told: Box<ServiceEvent> },
    /// A call is over.
    Ended { call: CallId, cause: Cause, code: Option<u16>, message: String, report: Box<CallReport> },
    /// Something could not be done.
    Failed { call: Option<CallId>, trouble: Box<Trouble>, message: String },
}

impl Event {
    /// That something could not be done, with the sentence for it.
    pub fn failed(call: Option<CallId>, trouble: Trouble) -> Self {
        Self::Failed { call, message: trouble.to_string(), trouble: Box::new(trouble) }
    }

    /// How a transfer is getting on, with the sentence for why it did not work.
    pub fn transfer(call: CallId, transfer: Option<TransferView>) -> Self {
        let message = match &transfer {
            Some(TransferView::Failed { fault }) => Some(fault.to_string()),
            _ => None,
        };
        Self::Transfer { call, transfer, message }
    }
}
