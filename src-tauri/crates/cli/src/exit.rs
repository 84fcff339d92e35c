//! What the process tells its caller by its exit status.

use std::process::ExitCode;

use model::{Cause, LineFault, OfflineCause};

/// Exit statuses; part of the command line's contract, listed in the README.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// It worked. For a call: it was answered and ended in good order.
    Done = 0,
    /// Something failed that none of the others names.
    Failed = 1,
    /// The command line or the configuration cannot be used. (Also what the argument parser itself uses.)
    Usage = 2,
    /// The server cannot be reached: name, network, TLS, or no answer.
    Unreachable = 3,
    /// The server refused user name or password, or the registration.
    NotAuthorised = 4,
    /// The call was not answered: busy, declined, no such number, nobody there.
    NotAnswered = 5,
    /// A sound device or file is missing or cannot be used.
    NoSound = 6,
    /// The call was answered or rang, but no audio could be connected.
    NoMedia = 7,
    /// The connection to the server was lost in the call.
    Lost = 8,
    /// There is no running phone to control, or it refused.
    NoPhone = 9,
}

impl Exit {
    /// What the end of a call comes to.
    pub(crate) fn of_cause(cause: &Cause) -> Self {
        match cause {
            Cause::HungUp { .. }
            | Cause::Transferred
            | Cause::Cancelled
            | Cause::AnsweredElsewhere
            | Cause::Declined
            | Cause::Diverted
            | Cause::Missed => Self::Done,
            Cause::Busy { .. }
            | Cause::Rejected { .. }
            | Cause::NoAnswer { .. }
            | Cause::NotFound { .. }
            | Cause::Moved { .. } => Self::NotAnswered,
            Cause::Forbidden { .. } => Self::NotAuthorised,
            Cause::ServerFailed { .. } | Cause::LineFailed { .. } | Cause::Internal { .. } | Cause::TooManyCalls { .. } => {
                Self::Failed
            }
            Cause::NotCallable { .. }
            | Cause::AccountNotReady { fault: LineFault::NotAnAddress { .. } | LineFault::Header { .. } } => Self::Usage,
            Cause::NotAcceptable { .. } | Cause::MediaFailed { .. } => Self::NoMedia,
            Cause::NotSupported | Cause::NoMicrophone { .. } | Cause::NoDevice { .. } => Self::NoSound,
            Cause::ConnectionLost => Self::Lost,
            Cause::AccountNotReady { .. } | Cause::ServiceSilent => Self::Unreachable,
        }
    }

    /// What an account that does not come up comes to.
    pub(crate) fn of_offline(cause: &OfflineCause) -> Self {
        match cause {
            OfflineCause::NameNotFound { .. }
            | OfflineCause::Unreachable { .. }
            | OfflineCause::Tls { .. }
            | OfflineCause::KeyChanged { .. }
            | OfflineCause::NotSipOverWebSocket { .. }
            | OfflineCause::ConnectionLost { .. }
            | OfflineCause::NoAnswer => Self::Unreachable,
            OfflineCause::WrongPassword { .. }
            | OfflineCause::InvalidToken { .. }
            | OfflineCause::NoToken { .. }
            | OfflineCause::Refused { .. } => Self::NotAuthorised,
            OfflineCause::Configuration { .. } => Self::Usage,
            OfflineCause::SignedOff => Self::Failed,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// An end with its sentence.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    pub(crate) message: String,
}

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl std::fmt::Display) -> Self {
        Self { exit, message: message.to_string() }
    }

    pub(crate) fn usage(message: impl std::fmt::Display) -> Self {
        Self::new(Exit::Usage, message)
    }
}
