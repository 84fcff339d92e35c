//! What is wrong with a call's description, or with the phone over a call.

use std::fmt;

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::FieldFault;

/// Why the far end's description cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum DescriptionFault {
    /// It is none, of an unreasonable size, or not due.
    Malformed {
        /// How so, in English.
        words: String,
    },
    /// It has no audio.
    NoAudio,
    /// Its audio is refused or switched off (port 0).
    AudioOff,
    /// It has no codec that is spoken here.
    NoCodec,
    /// Its audio is keyed in the signalling (SDES).
    Sdes,
    /// Its audio is not encrypted.
    PlainRtp {
        /// The profile it asks for, `RTP/AVP`.
        profile: String,
    },
    /// It has no DTLS fingerprint.
    NoFingerprint,
    /// It has none of a hash that is trusted here.
    WeakFingerprint,
    /// It has no ICE credentials.
    NoIce,
    /// It wants no connection now (`setup:holdconn`).
    NotNow,
    /// What carries the audio does not take it.
    NotTaken {
        /// How so, in English.
        words: String,
    },
}

/// In English; the page has its own words.
impl fmt::Display for DescriptionFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAudio => f.write_str("the description has no audio"),
            Self::AudioOff => f.write_str("the audio is refused or switched off (port 0)"),
            Self::NoCodec => f.write_str("no codec in common"),
            Self::Sdes => f.write_str("the far end keys SRTP in the signalling (SDES); only DTLS-SRTP is spoken here"),
            Self::PlainRtp { profile } => {
                write!(f, "the far end wants plain RTP ({profile}); only DTLS-SRTP is spoken here")
            }
            Self::NoFingerprint => f.write_str("the description has no DTLS fingerprint"),
            Self::WeakFingerprint => {
                f.write_str("no DTLS fingerprint of a hash that is trusted here (SHA-1, SHA-256, SHA-384, SHA-512)")
            }
            Self::NoIce => f.write_str("the description has no usable ICE credentials"),
            Self::NotNow => f.write_str("the far end wants no DTLS connection now (setup:holdconn)"),
            Self::Malformed { words } | Self::NotTaken { words } => f.write_str(words),
        }
    }
}

/// Which part of the phone broke down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum InternalFault {
    /// The one that carries the audio of a call.
    Carrying,
    /// The one that plays it.
    Playing,
    /// The one that speaks with the server over it.
    Signalling,
}

/// In English; the page has its own words.
impl fmt::Display for InternalFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Carrying => "the part of the phone that carries it broke down",
            Self::Playing => "the part of the phone that plays it broke down",
            Self::Signalling => "it made a mistake over the call",
        })
    }
}

/// Why nobody can be called like that on an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum CalleeFault {
    /// The account calls by its own name.
    OwnNameOnly,
    /// It calls by its client id.
    ClientIdOnly,
    /// It calls services only.
    ServicesOnly,
    /// It calls services and clients only.
    ServicesAndClientsOnly,
    /// Only accounts at Aculab Cloud call those.
    CloudOnly,
    /// No name of a service or client.
    NotAName {
        /// In the words of the cloud's libraries.
        words: String,
    },
    /// The service's name cannot be one.
    Service {
        /// Why.
        fault: FieldFault,
    },
    /// The caller id cannot be one.
    CallerId {
        /// Why.
        fault: FieldFault,
    },
    /// A header that is not the user's to set.
    HeaderNotOurs,
    /// No number or address that leads anywhere.
    NotAnAddress {
        /// What is wrong with it, in English.
        words: String,
    },
}

/// In English; the page has its own words.
impl fmt::Display for CalleeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OwnNameOnly => f.write_str("this account calls by its own name only"),
            Self::ClientIdOnly => f.write_str("this account calls by its client id only"),
            Self::ServicesOnly => f.write_str("only services can be called on this account, as service:NAME"),
            Self::ServicesAndClientsOnly => {
                f.write_str("only services and clients can be called on this account, as service:NAME or client:ID")
            }
            Self::CloudOnly => f.write_str("only accounts at Aculab Cloud call services and clients"),
            Self::NotAName { words } => f.write_str(words),
            Self::Service { fault } => write!(f, "the service {fault}"),
            Self::CallerId { fault } => write!(f, "the caller id {fault}"),
            Self::HeaderNotOurs => f.write_str("extraSipHeader must start with 'X-'"),
            Self::NotAnAddress { words } => write!(f, "the number or address cannot be called: {words}"),
        }
    }
}
