//! Transfers: whom to, and how one is getting on.

use std::fmt;

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{CallId, Cause, Personal, Target, TelephoneFault};

/// Whom the far end of a call is transferred to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
#[serde(tag = "to", rename_all = "kebab-case")]
pub enum TransferTo {
    /// To somebody who is not asked (blind transfer).
    Blind {
        /// Whom.
        target: Target,
    },
    /// To somebody whom the user talks to first; `CompleteTransfer` or `CancelTransfer` follows.
    Consult {
        /// Whom.
        target: Target,
    },
    /// To the far end of another call (attended transfer).
    Call {
        /// Which.
        call: CallId,
    },
}

/// How the transfer of a call is getting on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum TransferView {
    /// The far end asks us to call somebody; `AllowTransfer` answers.
    Asked {
        /// Whom.
        target: Personal,
    },
    /// The user talks to the one whom the call shall be transferred to.
    Consulting {
        /// In which call.
        with: CallId,
    },
    /// The far end was asked to call somebody.
    Moving {
        /// How far that is.
        stage: TransferStage,
    },
    /// It did not work; the call is here again.
    Failed {
        /// Why.
        fault: TransferFault,
    },
}

/// How far a transfer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum TransferStage {
    /// The call is being held, or taken back.
    Holding,
    /// The far end is being asked.
    Asking,
    /// It calls.
    Calling,
    /// It rings there.
    Ringing,
    /// The server calls.
    ServerCalls,
}

/// In English; the page has its own words.
impl fmt::Display for TransferStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Holding => "waiting for the hold",
            Self::Asking => "asking the other side",
            Self::Calling => "calling",
            Self::Ringing => "ringing",
            Self::ServerCalls => "the server calls",
        })
    }
}

/// Why a transfer cannot begin, or did not work: a code, and what its sentence is filled in with. The sentences are the page's;
/// in English, `Display`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum TransferFault {
    /// There is no such call.
    NoCall,
    /// It is not answered.
    NotAnswered,
    /// It is being transferred already.
    UnderWay,
    /// The service of the account knows no transfer.
    NotOffered,
    /// The other call is over.
    OtherOver,
    /// It is not answered yet.
    OtherNotAnswered,
    /// It is no other call that is answered.
    NotToThat,
    /// It is none of the telephone that has the first one.
    NotToThatThere,
    /// It is on another account.
    OtherAccount,
    /// It has no address to call.
    OtherWithoutAddress,
    /// It could not be placed.
    NotPlaced,
    /// Nobody asks for a transfer in this call.
    NotAsked,
    /// Nobody is being consulted about it.
    NotConsulting,
    /// Somebody is consulted while there is no other call.
    NotAlone,
    /// Nobody can be transferred there.
    NotATarget,
    /// Nothing was heard of how it went.
    NothingHeard,
    /// Whom it should go to was not reached, or has ended it.
    Ended {
        /// How.
        cause: Cause,
    },
    /// The far end, or the server, refused.
    Refused {
        /// SIP status.
        status: u16,
        /// Its words.
        text: String,
    },
    /// The server would have moved another call.
    WrongCall,
    /// It did not call.
    ServerSilent,
    /// It did not connect the two.
    NotConnected,
    /// The telephone did not do it.
    TelephoneSilent,
    /// What the telephone, or its server, did not do.
    Telephone {
        /// That.
        fault: TelephoneFault,
    },
}

/// In English; the page has its own words.
impl fmt::Display for TransferFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCall => f.write_str("there is no such call"),
            Self::NotAnswered => f.write_str("only an answered call can be transferred"),
            Self::UnderWay => f.write_str("the call is being transferred already"),
            Self::NotOffered => f.write_str("the service of this account knows no transfer"),
            Self::OtherOver => f.write_str("the other call is over"),
            Self::OtherNotAnswered => f.write_str("the other call is not answered yet"),
            Self::NotToThat => f.write_str("only to the far end of another answered call"),
            Self::NotToThatThere => f.write_str("only to the far end of another answered call of that telephone"),
            Self::OtherAccount => f.write_str("the two calls are on different accounts: merge them instead"),
            Self::OtherWithoutAddress => f.write_str("the other call has no address to call"),
            Self::NotPlaced => f.write_str("the other call could not be placed"),
            Self::NotAsked => f.write_str("nobody asks for a transfer in this call"),
            Self::NotConsulting => f.write_str("nobody is being consulted about this call"),
            Self::NotAlone => f.write_str("somebody can be consulted while there is no other call"),
            Self::NotATarget => f.write_str("nobody can be transferred there"),
            Self::NothingHeard => f.write_str("nothing was heard of how it went"),
            Self::Ended { cause } => write!(f, "{cause}"),
            Self::Refused { status, text } => write!(f, "the other side refused the transfer ({status} {text})"),
            Self::WrongCall => f.write_str("the server would have moved the other call"),
            Self::ServerSilent => f.write_str("the server did not call"),
            Self::NotConnected => f.write_str("the server did not connect the two"),
            Self::TelephoneSilent => f.write_str("the telephone did not do it"),
            Self::Telephone { fault } => write!(f, "{fault}"),
        }
    }
}
