//! What did not work, or is wrong: what notices tell, and the story of a call.

mod calls;
mod line;
mod media;
mod service;
mod sound;

use std::fmt;

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{AccountId, CallId, FieldProblem, FileFault, Personal, Refusal, TransferFault};

pub use calls::{CalleeFault, DescriptionFault, InternalFault};
pub use line::{LineFault, TelephoneFault};
pub use media::MediaFault;
pub use service::{ServiceFault, ServiceSwitch};
pub use sound::{DeviceFault, FileReason, RecordingFault, SoundFault, SoundRole};

/// What it is: a code, and what its sentence is filled in with. The sentences are the page's; in English, `Display`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum Trouble {
    /// There is no such call.
    NoCall,
    /// The call is already over.
    CallOver,
    /// The call does not ring here, or not any more.
    NotRinging,
    /// It is not answered, so that it cannot be held and taken back.
    NotAnswered,
    /// It is not about to be answered by itself.
    NotAnsweringItself,
    /// A header that is not the user's to set.
    HeaderNotOurs,
    /// There is no such account.
    NoSuchAccount {
        /// What was asked for.
        account: AccountId,
    },
    /// There is none to call from.
    NoAccount,
    /// Nothing rings at a number that could be picked up.
    NothingToPickUp,
    /// More digits at once than are sent.
    TooManyDigits,
    /// The far end did not take a digit.
    DigitRefused {
        /// SIP status.
        status: u16,
    },
    /// The audio is not connected yet, so that no digit can be sent.
    DigitsTooEarly,
    /// There is no call to send digits in.
    DigitsWithoutCall,
    /// The far end takes no digits.
    NoDigits,
    /// It takes none in the audio stream.
    NoDigitsInAudio,
    /// The call is not answered, so that it cannot be in a conference.
    NotForConference {
        /// Which.
        call: CallId,
    },
    /// A conference is of two calls at least.
    ConferenceOfTwo,
    /// The call is in no conference.
    NotInConference,
    /// A call could not be taken back, and is not in the conference any more.
    LostFromConference {
        /// Which.
        call: CallId,
    },
    /// There is no conference.
    NoConference,
    /// The way of the audio is lost; another one is looked for.
    PathLost,
    /// The far end's answer to a change cannot be used.
    AnswerUnusable {
        /// Why.
        fault: DescriptionFault,
    },
    /// The far end refused a change.
    ChangeRefused {
        /// SIP status.
        status: u16,
        /// Its words.
        text: String,
    },
    /// A part of the phone broke down over a call.
    Broken {
        /// Which.
        fault: InternalFault,
    },
    /// A TURN server refused user name and password.
    RelayRefused {
        /// Its address.
        server: String,
        /// The error of STUN (RFC 8489 section 14.8).
        error: u16,
    },
    /// A transfer cannot begin.
    TransferRefused {
        /// Why.
        fault: TransferFault,
    },
    /// It did not work; the call is here again.
    TransferFailed {
        /// Why.
        fault: TransferFault,
    },
    /// The settings allow no recording.
    RecordingOff,
    /// A call is recorded when it is answered and its audio is connected.
    NotToBeRecorded,
    /// A recording ended, or did not begin.
    Recording {
        /// Why.
        fault: RecordingFault,
    },
    /// A sound device.
    Device {
        /// What is wrong with it.
        fault: DeviceFault,
    },
    /// A call at another telephone takes no headers.
    ElsewhereHeaders,
    /// Keys are heard there in the call in conversation only.
    ElsewhereKeys,
    /// The sound of the call is there.
    ElsewhereSound,
    /// It cannot be done with a call there.
    ElsewhereNot,
    /// A call there and one here are in no conference together.
    ElsewhereMixed,
    /// The telephone makes a conference of its own two calls.
    ElsewhereConference,
    /// It did not take the call back.
    ElsewhereNotResumed,
    /// What it, or its server, did not do.
    Telephone {
        /// That.
        fault: TelephoneFault,
    },
    /// Another program pressed a key, and nobody is in conversation.
    WishKey,
    /// It asked to hold a call that is not answered.
    WishHold,
    /// It asked for something, and there is no such call.
    WishNoCall,
    /// The same, and none rings.
    WishNoneRings,
    /// The same, and which of several calls it means is not known.
    WishSeveral,
    /// The service of an account.
    Service {
        /// What of it does not work.
        fault: ServiceFault,
    },
    /// The account has no service that could be asked for that.
    NobodyToAsk {
        /// Which.
        account: AccountId,
    },
    /// The settings could not be read, and the defaults are used.
    SettingsUnread {
        /// Why.
        fault: FileFault,
        /// The name their file has now.
        kept: Personal,
    },
    /// The same; their file stays, and nothing is saved.
    SettingsUntouched {
        /// Why.
        fault: FileFault,
        /// The file.
        file: Personal,
    },
    /// What an administrator has set could not be read.
    RulesUnread {
        /// Why.
        fault: FileFault,
        /// The file.
        file: String,
    },
    /// What a web server had set could not be read.
    OfferLost {
        /// Why.
        fault: FileFault,
    },
    /// A setting may not be as it was asked for.
    Field {
        /// Which, and why.
        problem: FieldProblem,
    },
    /// The key store, or the history and contacts.
    Refused {
        /// Why.
        refusal: Refusal,
    },
    /// Calls are not written into the history.
    HistoryNotKept {
        /// Why.
        refusal: Refusal,
    },
    /// The disk is too slow for it.
    HistoryTooSlow,
    /// The history and contacts were damaged; what could be read again is there.
    BookMended {
        /// Calls that were read.
        calls: u32,
        /// Contacts that were.
        contacts: u32,
        /// The name the damaged file has now.
        kept: Personal,
    },
    /// They cannot be used: changes are lost at the end of the run.
    BookNotKept {
        /// Why.
        refusal: Refusal,
        /// The file.
        file: Personal,
    },
}

/// In English; the page has its own words.
impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCall => f.write_str("there is no such call"),
            Self::CallOver => f.write_str("the call is already over"),
            Self::NotRinging => f.write_str("only a ringing call can be answered, declined or diverted"),
            Self::NotAnswered => f.write_str("only an answered call can be held and taken back"),
            Self::NotAnsweringItself => f.write_str("this call is not about to be answered by itself"),
            Self::HeaderNotOurs => f.write_str("extraSipHeader must start with 'X-'"),
            Self::NoSuchAccount { account } => write!(f, "there is no account {account}"),
            Self::NoAccount => f.write_str("there is no account to call from"),
            Self::NothingToPickUp => f.write_str("no call rings there that could be picked up"),
            Self::TooManyDigits => f.write_str("that is too many digits at once"),
            Self::DigitRefused { status } => write!(f, "the far end did not take the digit ({status})"),
            // By these words the documentation of Aculab Cloud helps.
            Self::DigitsTooEarly => f.write_str("DTMF send error"),
            Self::DigitsWithoutCall => f.write_str("DTMF send error - no call"),
            Self::NoDigits | Self::NoDigitsInAudio => f.write_str("DTMF not available in this call"),
            Self::NotForConference { call } => write!(f, "call {call} cannot be in a conference: it is not answered"),
            Self::ConferenceOfTwo => f.write_str("a conference needs two answered calls or more"),
            Self::NotInConference => f.write_str("the call is in no conference"),
            Self::LostFromConference { call } => {
                write!(f, "call {call} could not be taken back and is not in the conference")
            }
            Self::NoConference => f.write_str("there is no conference"),
            Self::PathLost => f.write_str("the audio path was lost; looking for another"),
            Self::AnswerUnusable { fault } => write!(f, "the far end's answer cannot be used: {fault}"),
            Self::ChangeRefused { status, text } => write!(f, "the far end refused the change ({status} {text})"),
            Self::Broken { fault } => write!(f, "{fault}"),
            Self::RelayRefused { server, error } => {
                write!(f, "the TURN server {server} refused the user name or password ({error})")
            }
            Self::TransferRefused { fault } => write!(f, "{fault}"),
            Self::TransferFailed { fault } => write!(f, "the transfer did not work: {fault}"),
            Self::RecordingOff => f.write_str("the settings allow no recording"),
            Self::NotToBeRecorded => f.write_str("a call can be recorded when it is answered and its audio is connected"),
            Self::Recording { fault } => write!(f, "{fault}"),
            Self::Device { fault } => write!(f, "{fault}"),
            Self::ElsewhereHeaders => f.write_str("a call of another telephone takes no headers of its own"),
            Self::ElsewhereKeys => f.write_str("keys are heard in the call in conversation only: take this one back first"),
            Self::ElsewhereSound => f.write_str("the sound of this call is at the other telephone"),
            Self::ElsewhereNot => f.write_str("that cannot be done with a call of another telephone"),
            Self::ElsewhereMixed => f.write_str("a call of another telephone cannot be in a conference with one that is here"),
            Self::ElsewhereConference => f.write_str("the telephone makes a conference of its two answered calls"),
            Self::ElsewhereNotResumed => f.write_str("the telephone did not take the call back"),
            Self::Telephone { fault } => write!(f, "{fault}"),
            Self::WishKey => f.write_str("another program pressed a key, but nobody is in conversation"),
            Self::WishHold => f.write_str("another program asked to hold a call that is not answered"),
            Self::WishNoCall => wish(f, "there is no such call"),
            Self::WishNoneRings => wish(f, "no call rings"),
            Self::WishSeveral => wish(f, "there are several calls, and none was named"),
            Self::Service { fault } => write!(f, "{fault}"),
            Self::NobodyToAsk { account } => write!(f, "the account {account} has nobody who could be asked for that"),
            Self::SettingsUnread { fault, kept } => write!(
                f,
                "the settings could not be read, so the defaults are used: {fault}. The old file is kept as {}",
                kept.expose()
            ),
            Self::SettingsUntouched { fault, file } => write!(
                f,
                "the settings in {} could not be read, so the defaults are used and nothing is saved: {fault}",
                file.expose()
            ),
            Self::RulesUnread { fault, file } => {
                write!(f, "what the administrator has set could not be read: {file}: {fault}")
            }
            Self::OfferLost { fault } => write!(f, "what a server had set could not be read: {fault}"),
            Self::Field { problem } => write!(f, "{problem}"),
            Self::Refused { refusal } => write!(f, "{refusal}"),
            Self::HistoryNotKept { refusal } => write!(f, "the history of calls is not kept: {refusal}"),
            Self::HistoryTooSlow => f.write_str("the history of calls is not kept: the disk is too slow"),
            Self::BookMended { calls, contacts, kept } => write!(
                f,
                "the history and contacts were damaged; {calls} calls and {contacts} contacts could be read again. The old \
                 file is kept as {}",
                kept.expose()
            ),
            Self::BookNotKept { refusal, file } => write!(
                f,
                "the history and contacts in {} cannot be used, so changes are lost when the program ends: {refusal}",
                file.expose()
            ),
        }
    }
}

fn wish(f: &mut fmt::Formatter<'_>, why: &str) -> fmt::Result {
    write!(f, "another program asked for something that cannot be done: {why}")
}
