//! What went wrong with a call at an account's line: in its signalling, or before it could begin.

use std::fmt;

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{OfflineCause, TokenFault};

/// What it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum LineFault {
    /// The account is switched off.
    SwitchedOff,
    /// It did not come up while the call waited.
    NotUpInTime,
    /// It is not connected to its server.
    NotConnected,
    /// It is offline.
    Offline {
        /// Why.
        cause: OfflineCause,
    },
    /// Another client is called with a token, and there is none.
    NoToken {
        /// Why.
        fault: TokenFault,
    },
    /// The telephone that is controlled, or its server.
    Telephone {
        /// What it did not do.
        fault: TelephoneFault,
    },
    /// Nothing rings any more that could be picked up.
    NothingToPickUp,
    /// The number or address leads nowhere.
    NotAnAddress {
        /// What is wrong with it, in English.
        words: String,
    },
    /// A header that cannot be sent along.
    Header {
        /// What is wrong with it, in English.
        words: String,
    },
    /// More requests or calls are under way than are carried.
    TooMany,
    /// The far end did not confirm that it rings here.
    RingNotConfirmed,
    /// It did not confirm that we answered.
    AnswerNotConfirmed,
    /// Its answer does not say whom it is from.
    NoSender,
    /// It answered without a description of the audio.
    NoDescription,
    /// It no longer answers.
    Vanished,
    /// It answers that it knows nothing of the call (481).
    Forgotten,
    /// The phone lost track of the call by a mistake of its own.
    Confused,
}

impl LineFault {
    /// The status that stands for it where it ends a call (RFC 3261 section 21): the far end's, or the one it is told.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::Vanished | Self::AnswerNotConfirmed => 408,
            Self::Forgotten => 481,
            Self::RingNotConfirmed => 504,
            Self::SwitchedOff
            | Self::NotUpInTime
            | Self::NotConnected
            | Self::Offline { .. }
            | Self::NoToken { .. }
            | Self::Telephone { .. }
            | Self::NothingToPickUp
            | Self::NotAnAddress { .. }
            | Self::Header { .. }
            | Self::TooMany
            | Self::NoSender
            | Self::NoDescription
            | Self::Confused => 500,
        }
    }
}

/// In English; the page has its own words.
impl fmt::Display for LineFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SwitchedOff => f.write_str("it is switched off"),
            Self::NotUpInTime => f.write_str("it did not come up in time"),
            Self::NotConnected => f.write_str("the account is not connected to its server"),
            Self::Offline { cause } => write!(f, "{cause}"),
            Self::NoToken { fault } => write!(f, "calling another client needs a token: {fault}"),
            Self::Telephone { fault } => write!(f, "{fault}"),
            Self::NothingToPickUp => f.write_str("no call rings there any more"),
            Self::NotAnAddress { words } | Self::Header { words } => f.write_str(words),
            Self::TooMany => f.write_str("there are too many requests or calls under way"),
            Self::RingNotConfirmed => f.write_str("the far end did not confirm that it rings here"),
            Self::AnswerNotConfirmed => f.write_str("the far end did not confirm that we answered"),
            Self::NoSender => f.write_str("the answer does not say from whom it comes"),
            Self::NoDescription => f.write_str("the far end answered without a session description"),
            Self::Vanished => f.write_str("the far end no longer answers"),
            Self::Forgotten => f.write_str("the far end knows nothing of it any more"),
            Self::Confused => f.write_str("the phone lost track of it by a mistake of its own"),
        }
    }
}

/// What a telephone that is controlled, or its server, did not do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum TelephoneFault {
    /// The server refused.
    Refused {
        /// In its words.
        text: String,
    },
    /// The server did not call it.
    NotCalled,
    /// It did not answer.
    NotAnswered,
    /// It did not end the call.
    NotEnded,
    /// It did not hold it.
    NotHeld,
    /// It did not take it back.
    NotResumed,
    /// It did not transfer it.
    NotTransferred,
    /// It could not place it.
    NotPlaced,
    /// The server has not told yet that it has the call.
    NotTold,
    /// The server cannot be asked: the connection for it is gone.
    NoCti,
    /// That connection was lost before it was called.
    CtiLost,
}

/// In English; the page has its own words.
impl fmt::Display for TelephoneFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Refused { text } => text,
            Self::NotCalled => "the XiVO did not call the desk phone",
            Self::NotAnswered => "the desk phone did not answer",
            Self::NotEnded => "the desk phone did not end the call",
            Self::NotHeld => "the desk phone did not hold the call",
            Self::NotResumed => "the desk phone did not take the call back",
            Self::NotTransferred => "the call was not transferred",
            Self::NotPlaced => "the desk phone could not place the call",
            Self::NotTold => "the XiVO has not told yet that the desk phone has this call",
            Self::NoCti => "the XiVO cannot be asked for it now: its CTI is not connected",
            Self::CtiLost => "the CTI was lost before the desk phone was called",
        })
    }
}
