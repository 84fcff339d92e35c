//! Why the audio of a call has no way.

use std::fmt;

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::LineFault;

/// Which part of it failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum MediaFault {
    /// ICE found no path.
    NoPath {
        /// So many addresses of the far end were tried.
        addresses: u32,
        /// What else was noticed, in English; empty when nothing was.
        notes: String,
    },
    /// The path is gone (RFC 7675).
    PathGone,
    /// No way was found as long as one is waited for.
    NotInTime,
    /// The way was lost, and none was found since.
    Lost,
    /// The far end's certificate is not the one it announced.
    Certificate,
    /// The far end broke the encryption's handshake off.
    BrokenOff {
        /// Its alert.
        alert: String,
    },
    /// The handshake was not completed.
    Handshake,
    /// No keys came out of it.
    NoKeys,
    /// The far end answered without a description.
    NoDescription,
    /// The account is not there any more.
    NotConfigured,
    /// The media session has ended already.
    Over,
    /// This computer fails: it has no socket, no address.
    System {
        /// How, in English and the system's words.
        words: String,
    },
    /// What the line says of it.
    Line {
        /// What.
        fault: LineFault,
    },
}

/// In English; the page has its own words.
impl fmt::Display for MediaFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPath { addresses, notes } => {
                write!(f, "ICE found no path to the far end ({addresses} addresses of it were tried)")?;
                if notes.is_empty() { Ok(()) } else { write!(f, "; {notes}") }
            }
            Self::PathGone => f.write_str("the path to the far end is gone (ICE consent was not renewed)"),
            Self::NotInTime => f.write_str("no way for the audio was found in time"),
            Self::Lost => f.write_str("the way of the audio was lost, and none was found in a minute and a half"),
            Self::Certificate => f.write_str("the far end's certificate is not the announced one"),
            Self::BrokenOff { alert } => write!(f, "the far end broke off the DTLS handshake (alert {alert})"),
            Self::Handshake => f.write_str("the DTLS handshake was not completed"),
            Self::NoKeys => f.write_str("no SRTP keys came out of DTLS"),
            Self::NoDescription => f.write_str("the far end answered without a session description"),
            Self::NotConfigured => f.write_str("the account is not configured"),
            Self::Over => f.write_str("the media session has ended"),
            Self::System { words } => f.write_str(words),
            Self::Line { fault } => write!(f, "{fault}"),
        }
    }
}
