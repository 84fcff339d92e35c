//! What a user, the page, the command line or a remote control can ask of the phone.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{AccountId, AssistantRequest, CallId, DeclineCode, DeviceTrial, DtmfDigit, Personal, Settings, Target, TransferTo};

/// One request to the phone. Accepted means only that it was understood; the outcome arrives in the snapshot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
#[serde(tag = "command", rename_all = "kebab-case")]
pub enum Command {
    /// Place a call.
    Dial(DialOptions),
    /// Place a call from somebody else than the account's usual name, on an account that lets one choose.
    DialAs {
        /// Who.
        caller_id: Personal,
        /// The call.
        dial: DialOptions,
    },
    /// Pick up the call that rings at a number whose lamp says that this can be done.
    PickUp {
        /// The number of the lamp.
        number: Personal,
    },
    /// Gather candidates for a call that is being typed, so that dialling needs no wait.
    Prepare {
        /// Account that will be dialled from; the first usable one when missing.
        account: Option<AccountId>,
    },
    /// Answer a ringing call.
    Answer {
        /// Which.
        call: CallId,
    },
    /// Answer a ringing call with headers of one's own.
    AnswerWith {
        /// Which.
        call: CallId,
        /// Further headers of the 200, `(name, value)`; each name begins with `X-`.
        headers: Vec<(String, Personal)>,
    },
    /// Decline a ringing call; one that came in and was answered ends with the code as its reason.
    Decline {
        /// Which.
        call: CallId,
        /// What the caller is told.
        #[serde(default)]
        code: DeclineCode,
    },
    /// End a call in whatever state it is.
    HangUp {
        /// Which.
        call: CallId,
    },
    /// End the call in conversation and answer this one; `Answer` holds it instead.
    EndAndAnswer {
        /// Which.
        call: CallId,
    },
    /// Divert a ringing call: the caller is told to try there (302).
    Redirect {
        /// Which.
        call: CallId,
        /// Where to.
        target: Target,
    },
    /// Put the far end on hold; a member of the conference leaves it.
    Hold {
        /// Which.
        call: CallId,
    },
    /// Take it back; the others are held.
    Resume {
        /// Which.
        call: CallId,
    },
    /// Make a conference of answered calls, or take further ones into it.
    Merge {
        /// Which.
        calls: Vec<CallId>,
    },
    /// Make held calls of all members of the conference.
    Split,
    /// Let one member leave the conference; it is held.
    Leave {
        /// Which.
        call: CallId,
    },
    /// Hold every member of the conference.
    HoldConference,
    /// Take all of them back; other calls are held.
    ResumeConference,
    /// End the calls of all members.
    EndConference,
    /// Switch the microphone of one call off or on.
    Mute {
        /// Which.
        call: CallId,
        /// Off when true.
        muted: bool,
    },
    /// Send digits, one after another.
    SendDtmf {
        /// Where.
        call: CallId,
        /// Which.
        digits: Vec<DtmfDigit>,
    },
    /// Press a key and hold it: the tone lasts until `ReleaseKey`.
    PressKey {
        /// Where.
        call: CallId,
        /// Which.
        digit: DtmfDigit,
    },
    /// Let the pressed key go.
    ReleaseKey {
        /// Where.
        call: CallId,
    },
    /// Begin or end the recording of a call.
    Record {
        /// Which.
        call: CallId,
        /// Begin when true.
        on: bool,
    },
    /// Let new calls hear busy, or ring again.
    DoNotDisturb {
        /// Busy when true.
        on: bool,
    },
    /// Ask something of an account's server, beside calls.
    Assist {
        /// Which account.
        account: AccountId,
        /// What.
        request: AssistantRequest,
    },
    /// Ask the far end of a call to call somebody else; the call is held meanwhile.
    Transfer {
        /// Which.
        call: CallId,
        /// Whom.
        to: TransferTo,
    },
    /// Transfer a call to the one that was consulted.
    CompleteTransfer {
        /// The call that is transferred.
        call: CallId,
    },
    /// Give up the consultation and take the call back.
    CancelTransfer {
        /// The call that was to be transferred.
        call: CallId,
    },
    /// Answer a far end that asks us to call somebody.
    AllowTransfer {
        /// Its call.
        call: CallId,
        /// Whether we do.
        allow: bool,
    },
    /// Stop the ringer for a call that goes on ringing.
    Silence {
        /// Which.
        call: CallId,
    },
    /// Do not answer a ringing call without the user; it goes on ringing.
    Veto {
        /// Which.
        call: CallId,
    },
    /// Put a whole new configuration in force.
    SaveSettings {
        /// The configuration.
        settings: Box<Settings>,
    },
    /// Try a sound device; another trial that goes on ends.
    StartTrial {
        /// Which.
        trial: DeviceTrial,
    },
    /// End the trial, and forget how it went.
    StopTrial,
    /// Take a notice away.
    DismissNotice {
        /// Its number.
        notice: u32,
    },
}

/// How to place a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
pub struct DialOptions {
    /// Whom.
    pub target: Target,
    /// From which account; the first usable one when missing.
    #[serde(default)]
    pub account: Option<AccountId>,
    /// Further SIP headers, `(name, value)`; names the phone sets itself are refused.
    #[serde(default)]
    pub headers: Vec<(String, Personal)>,
}
