//! Programs of the user's that are started when something happens to a call.

use serde::{Deserialize, Serialize};
use specta::Type;

/// A program, and when it is started. It gets its arguments as they are, without a shell; what there is to know of the call is in
/// its environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(deny_unknown_fields)]
pub struct EventProgram {
    /// When.
    pub on: CallMoment,
    /// Its whole path.
    pub program: String,
    /// What it is given, each as one argument.
    #[serde(default)]
    pub arguments: Vec<String>,
}

/// What happens to a call, as a program can wait for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum CallMoment {
    /// A call is placed.
    Dialing,
    /// It rings at the far end.
    Ringing,
    /// A call arrives.
    Incoming,
    /// Somebody answered, here or there.
    Answered,
    /// Both sides can be heard.
    Connected,
    /// The far end was busy; the end follows.
    Busy,
    /// Nobody answered an incoming call; the end follows.
    Missed,
    /// The call is over.
    Ended,
}

impl CallMoment {
    /// Its name, as it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dialing => "dialing",
            Self::Ringing => "ringing",
            Self::Incoming => "incoming",
            Self::Answered => "answered",
            Self::Connected => "connected",
            Self::Busy => "busy",
            Self::Missed => "missed",
            Self::Ended => "ended",
        }
    }
}
