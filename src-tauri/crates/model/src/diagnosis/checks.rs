//! What an account depends on, as it was found.

use std::fmt;

use serde::Serialize;
use specta::Type;

use crate::{IceStep, OfflineCause, TrialFact, TrialOutcome};

/// One thing that was looked at when an account was diagnosed.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
pub struct Check {
    /// What: `dns`, `tls`, `connection`, `clock`, `websocket`, `registration`, `account`, `nat`, or the URL of a STUN or TURN
    /// server.
    pub name: String,
    /// How it went.
    pub outcome: TrialOutcome,
    /// What was seen.
    pub fact: CheckFact,
    /// How long it took.
    pub ms: Option<f64>,
}

/// What was seen: a code, and what its sentence is filled in with, as [`super::StoryFact`].
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum CheckFact {
    /// There is nothing more to say than how it went.
    Plain,
    /// The server's name has no address.
    NoAddress,
    /// It has these.
    Addresses {
        /// Not more than the resolver gives.
        addresses: Vec<String>,
        /// The one that answers.
        reached: Option<String>,
    },
    /// The account or its server fails.
    Offline {
        /// Why.
        cause: OfflineCause,
    },
    /// A trial of the account saw this.
    Tried {
        /// What.
        fact: TrialFact,
    },
    /// Signalling is not encrypted.
    NotEncrypted,
    /// The server's certificate is trusted.
    Certificate {
        /// `TLS 1.3`.
        version: String,
        /// How many certificates it showed.
        certificates: u32,
        /// Until it ends, where it says when.
        days_left: Option<i32>,
        /// Whether that is soon.
        ends_soon: bool,
        /// Its key's fingerprint.
        key: Option<String>,
    },
    /// The server does not tell the time.
    ClockUnknown,
    /// The computer's clock goes so far before the server's, and near enough to it.
    Clock {
        /// Seconds; below 0 behind it.
        off_s: i32,
    },
    /// It goes wrong.
    ClockWrong {
        /// Seconds; below 0 behind the server's.
        off_s: i32,
    },
    /// A STUN or TURN server does what it is for.
    ServerWorks,
    /// It does not.
    ServerFails {
        /// How far it came.
        step: IceStep,
        /// What was seen.
        fact: TrialFact,
    },
    /// No server to look through.
    NoServer,
    /// None can be asked.
    NoServerReached,
    /// None answers over UDP.
    UdpBlocked,
    /// There is no NAT.
    NoNat,
    /// There is one, seen by one server only.
    Nat {
        /// Its address.
        address: String,
    },
    /// There is one that is the same for every server.
    NatForAll {
        /// Its address.
        address: String,
    },
    /// There is one with another port for every server.
    NatSymmetric {
        /// Its address.
        address: String,
    },
}

/// In English; the page has its own words.
impl fmt::Display for CheckFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain | Self::ServerWorks => Ok(()),
            Self::NoAddress => f.write_str("the server's name has no address"),
            Self::Addresses { addresses, reached } => {
                f.write_str(&addresses.join(", "))?;
                reached.as_ref().map_or(Ok(()), |reached| write!(f, "; {reached} answers"))
            }
            Self::Offline { cause } => write!(f, "{cause}"),
            Self::Tried { fact } | Self::ServerFails { fact, .. } => write!(f, "{fact}"),
            Self::NotEncrypted => f.write_str("signalling is not encrypted"),
            Self::Certificate { version, certificates, days_left, ends_soon, key } => {
                write!(f, "{version}, {certificates} certificates, trusted")?;
                if let Some(days) = days_left {
                    write!(f, ", valid for {days} more days")?;
                }
                if *ends_soon {
                    f.write_str("; it is to be renewed soon")?;
                }
                key.as_ref().map_or(Ok(()), |key| write!(f, "; its key is {key}"))
            }
            Self::ClockUnknown => f.write_str("the server does not tell the time"),
            Self::Clock { off_s } => write!(f, "{off_s} s from the server's"),
            Self::ClockWrong { off_s } => write!(
                f,
                "this computer's clock is {off_s} s from the server's: certificates and tokens may be refused; set it right"
            ),
            Self::NoServer => f.write_str("no STUN or TURN server over UDP to look through"),
            Self::NoServerReached => f.write_str("no server can be asked"),
            Self::UdpBlocked => f.write_str("no server answers over UDP: a firewall stops it; calls need TURN over TCP or TLS"),
            Self::NoNat => f.write_str("there is none: this computer is seen by its own address"),
            Self::Nat { address } => write!(f, "behind a NAT as {address}; a second STUN server would tell its kind"),
            Self::NatForAll { address } => {
                write!(f, "behind a NAT as {address}, the same for every server: calls can be direct")
            }
            Self::NatSymmetric { address } => {
                write!(f, "behind a NAT as {address}, another port for every server (symmetric): calls need a TURN server")
            }
        }
    }
}
