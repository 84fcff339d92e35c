//! What the cloud's own interfaces call the ways in which calls and registrations end: words of an API, for programs.

use crate::{Cause, OfflineCause};

impl Cause {
    /// Its name in the cloud's `onDisconnect`.
    pub fn service_name(&self) -> &'static str {
        match self {
            Self::HungUp { .. }
            | Self::Transferred
            | Self::Missed
            | Self::AnsweredElsewhere
            | Self::Declined
            | Self::Diverted => "NORMAL",
            Self::Cancelled | Self::NoAnswer { .. } => "NOANSWER",
            Self::Busy { .. } => "BUSY",
            Self::Rejected { .. } => "REJECTED",
            Self::NotFound { .. } => "UNOBTAINABLE",
            Self::Moved { .. } => "MOVED",
            Self::NoMicrophone { .. } => "MIC_ERROR",
            Self::NoDevice { .. } => "DEVICE_ERROR",
            Self::Internal { .. } => "ERROR",
            Self::NotAcceptable { .. }
            | Self::Forbidden { .. }
            | Self::ServerFailed { .. }
            | Self::LineFailed { .. }
            | Self::ConnectionLost
            | Self::MediaFailed { .. }
            | Self::NotSupported
            | Self::ServiceSilent
            | Self::NotCallable { .. }
            | Self::TooManyCalls { .. }
            | Self::AccountNotReady { .. } => "FAILED",
        }
    }
}

impl OfflineCause {
    /// Its name in the cloud's `onIncomingState`.
    pub fn service_name(&self) -> &'static str {
        match self {
            Self::SignedOff => "NORMAL",
            Self::InvalidToken { .. } => "INVALIDTOKEN",
            Self::NameNotFound { .. }
            | Self::Unreachable { .. }
            | Self::Tls { .. }
            | Self::KeyChanged { .. }
            | Self::NotSipOverWebSocket { .. }
            | Self::ConnectionLost { .. }
            | Self::Refused { code: 503, .. } => "DISCONNECTED",
            Self::NoToken { .. }
            | Self::WrongPassword { .. }
            | Self::NoAnswer
            | Self::Refused { .. }
            | Self::Configuration { .. } => "FAILED",
        }
    }
}
