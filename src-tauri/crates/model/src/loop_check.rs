//! How a phone proves that it works: a call to a number that says again what it hears.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::CallId;

/// The last check, or the one that goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct LoopCheckView {
    /// How it went.
    pub result: LoopResult,
    /// More, for staff; empty when there is nothing to say.
    pub words: String,
    /// When it began, seconds since 1970 UTC.
    #[specta(type = u32)]
    pub at_s: i64,
    /// Its call, while there is one.
    pub call: Option<CallId>,
}

/// How far a check came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum LoopResult {
    /// It goes on.
    Running,
    /// The call was answered, its sound came back, and the microphone heard it from the speaker.
    Passed,
    /// Somebody used the phone meanwhile.
    Interrupted,
    /// The call did not come about.
    NoCall,
    /// What was sent did not come back.
    NoEcho,
    /// It came back, but the microphone did not hear the speaker: one of the two is dead, off, or the wrong one.
    NotHeard,
}

impl LoopResult {
    /// Whether something is out of order.
    pub fn is_fault(self) -> bool {
        match self {
            Self::NoCall | Self::NoEcho | Self::NotHeard => true,
            Self::Running | Self::Passed | Self::Interrupted => false,
        }
    }
}
