//! How far an account, or a STUN or TURN server, came when it was tried.

use std::fmt;

use serde::{Deserialize, Serialize};
use specta::Type;

use super::FieldProblem;
use crate::OfflineCause;

/// How far an account came when it was tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
pub struct AccountTrial {
    /// The steps in order.
    pub steps: Vec<TrialStep>,
}

/// One step of a trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
pub struct TrialStep {
    /// Which.
    pub step: AccountStep,
    /// How it went.
    pub outcome: TrialOutcome,
    /// What was seen.
    pub fact: TrialFact,
    /// When it was done, ms after the trial began, where that can be told.
    pub ms: Option<f64>,
}

/// The steps from a name to a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum AccountStep {
    /// The fields make sense.
    Settings,
    /// The server's name has an address.
    Name,
    /// Somebody takes the connection there.
    Connection,
    /// The connection is secure, and the certificate is the server's.
    Tls,
    /// The server speaks SIP over WebSocket.
    WebSocket,
    /// The server takes the user name and password.
    Registration,
}

/// How far a STUN or TURN server came when it was tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
pub struct IceTrial {
    /// The steps in order.
    pub steps: Vec<IceStepView>,
}

impl IceTrial {
    /// The step that failed.
    pub fn failed(&self) -> Option<&IceStepView> {
        self.steps.iter().find(|step| step.outcome == TrialOutcome::Failed)
    }
}

impl AccountTrial {
    /// The step that failed.
    pub fn failed(&self) -> Option<&TrialStep> {
        self.steps.iter().find(|step| step.outcome == TrialOutcome::Failed)
    }
}

/// One step of a server's trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
pub struct IceStepView {
    /// Which.
    pub step: IceStep,
    /// How it went.
    pub outcome: TrialOutcome,
    /// What was seen.
    pub fact: TrialFact,
    /// When it was done, ms after the trial began.
    pub ms: Option<f64>,
}

/// The steps from a name to a relayed address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum IceStep {
    /// Its name has an address.
    Name,
    /// Somebody takes the connection there; over UDP there is none.
    Connection,
    /// The connection is secure, and the certificate is the server's.
    Tls,
    /// It answers as STUN and TURN servers do.
    Answer,
    /// It takes the user name and password.
    Password,
    /// It gives an address to relay from.
    Relay,
}

/// How a step went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum TrialOutcome {
    /// It worked.
    Passed,
    /// It did not.
    Failed,
    /// It was not reached, or does not apply.
    Skipped,
}

/// What a step saw: a code, and what its sentence is filled in with. The sentences are the page's; in English, `Display`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum TrialFact {
    /// There is nothing more to say than how it went.
    Plain,
    /// A field cannot stay as it is.
    Field {
        /// Which, and why.
        problem: FieldProblem,
    },
    /// Why the account would be offline.
    Offline {
        /// Why.
        cause: OfflineCause,
    },
    /// The passwords could not be had.
    NoKeyStore,
    /// Nobody takes the connection, or answers.
    NoAnswer {
        /// So long was waited.
        seconds: u32,
    },
    /// Nothing was heard over UDP, which firewalls stop.
    NoAnswerOverUdp {
        /// So long was waited.
        seconds: u32,
    },
    /// The server sees this computer so.
    SeenAs {
        /// The address and port.
        address: String,
    },
    /// It gives this address to relay from.
    RelaysFrom {
        /// The address and port.
        address: String,
    },
    /// It does not take the user name or password.
    WrongPassword {
        /// The error of STUN (RFC 8489 section 14.8).
        error: u16,
    },
    /// It knows the user and does not relay for him (403).
    NotForThisUser,
    /// It still holds an older address of ours (437).
    StillHeld,
    /// It relays no UDP (442).
    NoUdp,
    /// The user has as many relayed addresses as he may have (486).
    UserHasEnough,
    /// It has no address left (508).
    NoneLeft,
    /// It refuses for another reason.
    Refused {
        /// The error.
        error: u16,
        /// The server's words.
        text: String,
    },
    /// Its answer cannot be understood.
    NotUnderstood {
        /// What is strange about it, in English.
        detail: String,
    },
    /// This computer cannot ask it.
    NotAsked {
        /// Why, in English.
        words: String,
    },
}

/// In English; the page has its own words.
impl fmt::Display for TrialFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain => Ok(()),
            Self::Field { problem } => write!(f, "{} {}", problem.field, problem.fault),
            Self::Offline { cause } => write!(f, "{cause}"),
            Self::NoKeyStore => f.write_str("the key store could not be asked"),
            Self::NoAnswer { seconds } => write!(f, "nothing was heard for {seconds} seconds"),
            Self::NoAnswerOverUdp { seconds } => {
                write!(f, "nothing was heard for {seconds} seconds: no server runs there, or a firewall stops UDP")
            }
            Self::SeenAs { address } => write!(f, "this computer is seen as {address}"),
            Self::RelaysFrom { address } => write!(f, "it relays from {address}"),
            Self::WrongPassword { error } => write!(f, "it does not take the user name or password ({error})"),
            Self::NotForThisUser => f.write_str("it knows the user and does not relay for him (403)"),
            Self::StillHeld => f.write_str("it still holds an older address of ours (437); try again in a minute"),
            Self::NoUdp => f.write_str("it relays no UDP, which is what audio needs (442)"),
            Self::UserHasEnough => f.write_str("the user has as many relayed addresses as he may have (486)"),
            Self::NoneLeft => f.write_str("it has no address left to give (508)"),
            Self::Refused { error, text } => write!(f, "it refuses: {error} {text}"),
            Self::NotUnderstood { detail } => f.write_str(detail),
            Self::NotAsked { words } => f.write_str(words),
        }
    }
}
