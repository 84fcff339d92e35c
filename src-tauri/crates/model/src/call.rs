//! What a call is to the user.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{CalleeFault, DescriptionFault, DeviceFault, InternalFault, LineFault, MediaFault, Personal};

/// Our number of a call: unique in a run of the phone, small, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type)]
#[serde(transparent)]
pub struct CallId(pub u32);

impl std::fmt::Display for CallId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Our number of a media session. A call may have several in turn (a fork that answers gets a fresh one).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type)]
#[serde(transparent)]
pub struct MediaId(pub u32);

/// How call control and an account's line name one call between them: whoever starts it numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LineCall {
    /// Started here; numbered by call control.
    Dialled(u32),
    /// Started by the far end; numbered by the line.
    Received(u32),
}

/// Who started a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// We did.
    Outgoing,
    /// They did.
    Incoming,
}

/// The far end as it told itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Remote {
    /// Display name; empty when none was given.
    pub name: Personal,
    /// Number or user part.
    pub number: Personal,
    /// Full address.
    pub uri: Personal,
}

/// What a caller is, where the service of the account tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum CallerKind {
    /// One of its services.
    Service,
    /// Another of its clients.
    Client,
    /// Neither.
    Other,
}

/// Which way audio may flow, from our side (RFC 3264 section 5.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum MediaDirection {
    /// Both ways.
    #[default]
    SendRecv,
    /// From us only.
    SendOnly,
    /// To us only.
    RecvOnly,
    /// Neither.
    Inactive,
}

impl MediaDirection {
    /// Whether we send.
    pub fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }

    /// Whether we receive.
    pub fn receives(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }

    /// The direction that sends and receives so.
    pub fn of(sends: bool, receives: bool) -> Self {
        match (sends, receives) {
            (true, true) => Self::SendRecv,
            (true, false) => Self::SendOnly,
            (false, true) => Self::RecvOnly,
            (false, false) => Self::Inactive,
        }
    }

    /// The same seen from the other side.
    pub fn reversed(self) -> Self {
        Self::of(self.receives(), self.sends())
    }

    /// What both allow.
    pub fn and(self, other: Self) -> Self {
        Self::of(self.sends() && other.sends(), self.receives() && other.receives())
    }
}

/// Who holds a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Hold {
    /// We hold them.
    pub local: bool,
    /// They hold us.
    pub remote: bool,
}

/// Where a call is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum CallState {
    /// Dialled; nothing heard from the far end yet.
    Dialing,
    /// The far end rings; we play ringback.
    Ringing,
    /// The far end plays its own tones before answering.
    EarlyMedia,
    /// It rings here.
    Incoming,
    /// Answered, waiting for the audio to connect.
    Connecting,
    /// In conversation.
    Established {
        /// Who holds.
        hold: Hold,
    },
    /// Over.
    Ended {
        /// Why.
        cause: Cause,
    },
}

/// Who ended a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum EndedBy {
    /// The user here.
    Local,
    /// The far end.
    Remote,
    /// Something failed.
    Failure,
}

/// Why a call ended: normal things and failures alike, with the number and the words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error, Type)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Cause {
    /// Hung up after a conversation.
    #[error("the call was ended")]
    HungUp {
        /// By whom.
        by: EndedBy,
    },
    /// The far end was transferred to somebody else, or another call took its place.
    #[error("the call was transferred")]
    Transferred,
    /// Given up before it was answered.
    #[error("the call was cancelled")]
    Cancelled,
    /// An incoming call stopped ringing before anyone answered.
    #[error("missed")]
    Missed,
    /// Another phone of ours took it (RFC 3326).
    #[error("answered elsewhere")]
    AnsweredElsewhere,
    /// We declined.
    #[error("declined")]
    Declined,
    /// We told the caller to try elsewhere (302).
    #[error("diverted to another number")]
    Diverted,
    /// The called is busy.
    #[error("busy ({code})")]
    Busy {
        /// 486 or 600.
        code: u16,
    },
    /// The called declined.
    #[error("the call was declined ({code})")]
    Rejected {
        /// 603 or 607.
        code: u16,
    },
    /// Nobody answered in time.
    #[error("nobody answered ({code})")]
    NoAnswer {
        /// 408, 480 or 487 from the server.
        code: u16,
    },
    /// There is no such number; or, where a service takes the one for the other (480), nobody there now.
    #[error("{} ({code})", missing(*code))]
    NotFound {
        /// 404, 410, 484, 604; 480 of a service.
        code: u16,
    },
    /// The far end moved or the server diverts; we do not follow by ourselves.
    #[error("the called has moved ({code})")]
    Moved {
        /// 3xx.
        code: u16,
    },
    /// No common codec or a description neither side could use.
    #[error("no common way to exchange audio ({code}): {text}{}", shown(.fault.as_ref()))]
    NotAcceptable {
        /// 488 or 606, or the code we refused with.
        code: u16,
        /// The far end's words; empty when we refused.
        text: String,
        /// What did not fit, when we refused.
        fault: Option<DescriptionFault>,
    },
    /// We were not allowed.
    #[error("the server refused the call ({code} {text})")]
    Forbidden {
        /// 401, 403, 407.
        code: u16,
        /// The server's words.
        text: String,
    },
    /// The server failed or refused for another reason.
    #[error("the call failed: {code} {text}")]
    ServerFailed {
        /// SIP status.
        code: u16,
        /// The server's words.
        text: String,
    },
    /// The line failed over a call that was there already.
    #[error("the call failed: {fault}")]
    LineFailed {
        /// How.
        fault: LineFault,
    },
    /// The connection to the server was lost and the call could not be kept.
    #[error("the connection to the server was lost")]
    ConnectionLost,
    /// No audio path could be made.
    #[error("the audio could not be connected: {fault}")]
    MediaFailed {
        /// Which part failed.
        fault: MediaFault,
    },
    /// No microphone can be used, by a service's first interface: `MIC_ERROR` there.
    #[error("there is no microphone to speak into: {fault}")]
    NoMicrophone {
        /// Why.
        fault: DeviceFault,
    },
    /// No microphone can be used, by a service's second interface: `DEVICE_ERROR` there.
    #[error("the microphone that the call needs cannot be used: {fault}")]
    NoDevice {
        /// Why.
        fault: DeviceFault,
    },
    /// The phone itself made a mistake over the call.
    #[error("the phone failed: {fault}")]
    Internal {
        /// Which part of it.
        fault: InternalFault,
    },
    /// This computer has neither a microphone nor a speaker: calls are not possible here.
    #[error("Not supported")]
    NotSupported,
    /// A service did not answer at all. That is told by its own words, not as the status that stands for it.
    #[error("no answer from the service")]
    ServiceSilent,
    /// Nobody can be called like that on the account: the target, or what goes with it.
    #[error("it cannot be called: {fault}")]
    NotCallable {
        /// Why.
        fault: CalleeFault,
    },
    /// The account carries no further call.
    #[error("Too many calls")]
    TooManyCalls {
        /// How many it carries.
        most: u32,
    },
    /// The account cannot place calls now.
    #[error("the account is not ready: {fault}")]
    AccountNotReady {
        /// Why.
        fault: LineFault,
    },
}

fn missing(code: u16) -> &'static str {
    if code == 480 { "nobody can be reached there now" } else { "there is no such number" }
}

fn shown(fault: Option<&DescriptionFault>) -> String {
    fault.map(ToString::to_string).unwrap_or_default()
}

impl Cause {
    /// Whether a call in `direction` that nobody answered was missed: it rang until nobody came, or until the line went, and the
    /// user wants to know who it was.
    pub fn is_missed(&self, direction: Direction) -> bool {
        let by_name = matches!(self, Self::Missed);
        by_name || direction == Direction::Incoming && matches!(self, Self::NoAnswer { .. } | Self::ConnectionLost)
    }

    /// The SIP status code behind the cause, where there is one.
    pub fn code(&self) -> Option<u16> {
        match self {
            Self::Busy { code }
            | Self::Rejected { code }
            | Self::NoAnswer { code }
            | Self::NotFound { code }
            | Self::Moved { code }
            | Self::NotAcceptable { code, .. }
            | Self::Forbidden { code, .. }
            | Self::ServerFailed { code, .. } => Some(*code),
            // RFC 3261 8.1.3.1.
            Self::ServiceSilent => Some(408),
            // The far end's, or what stands for a failure of ours.
            Self::LineFailed { fault } => Some(fault.status()),
            Self::HungUp { .. }
            | Self::Transferred
            | Self::Cancelled
            | Self::Missed
            | Self::AnsweredElsewhere
            | Self::Declined
            | Self::Diverted
            | Self::ConnectionLost
            | Self::MediaFailed { .. }
            | Self::NoMicrophone { .. }
            | Self::NoDevice { .. }
            | Self::Internal { .. }
            | Self::NotSupported
            | Self::NotCallable { .. }
            | Self::TooManyCalls { .. }
            | Self::AccountNotReady { .. } => None,
        }
    }

    /// The cause a final response of the far end stands for (RFC 3261 section 21).
    pub fn of_response(code: u16, text: &str) -> Self {
        let text = || text.to_owned();
        match code {
            300..=399 => Self::Moved { code },
            401 | 403 | 407 => Self::Forbidden { code, text: text() },
            404 | 410 | 484 | 485 | 604 => Self::NotFound { code },
            408 | 480 | 487 => Self::NoAnswer { code },
            415 | 488 | 606 => Self::NotAcceptable { code, text: text(), fault: None },
            486 | 600 => Self::Busy { code },
            603 | 607 => Self::Rejected { code },
            _ => Self::ServerFailed { code, text: text() },
        }
    }
}
