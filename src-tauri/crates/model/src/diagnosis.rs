//! What a fault looks like to whoever has to find it.

use std::fmt;

use serde::Serialize;
use specta::Type;

use crate::{CallId, Direction, Personal};

/// One message as drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
pub struct TraceRow {
    /// Milliseconds on the phone's clock, with fractions.
    pub at_ms: f64,
    /// The account whose connection it is.
    pub account: String,
    /// From this phone, or to it.
    pub sent: bool,
    /// `INVITE (sdp)`, `200 INVITE`.
    pub title: String,
    /// All of it.
    pub text: Personal,
}

/// Where a step of the story happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum StoryRoom {
    /// What the user and the far end did.
    Call,
    /// Messages.
    Signalling,
    /// The way of the audio, and the audio.
    Audio,
    /// Microphone, speaker, ringer.
    Device,
    /// The computer's network, the server.
    Network,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
pub struct StoryStep {
    /// Milliseconds from the beginning of the call; what happened before it is at 0.
    pub at_ms: u32,
    /// Where.
    pub room: StoryRoom,
    /// What.
    pub words: String,
}

/// The story of one call. Nobody is named in it: people are pseudonyms, as in the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
pub struct CallStory {
    /// Which.
    pub call: CallId,
    /// On which account.
    pub account: String,
    /// Who started it.
    pub direction: Direction,
    /// What happened.
    pub steps: Vec<StoryStep>,
    /// What went wrong; empty when nothing did that the phone saw.
    pub findings: Vec<Finding>,
}

/// One thing that went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
pub struct Finding {
    /// What.
    pub what: String,
    /// What to do.
    pub advice: String,
}

/// As it is printed.
impl fmt::Display for CallStory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let direction = match self.direction {
            Direction::Outgoing => "from here",
            Direction::Incoming => "to here",
        };
        writeln!(f, "call {} on {}, {direction}", self.call, self.account)?;
        for step in &self.steps {
            let room = match step.room {
                StoryRoom::Call => "call",
                StoryRoom::Signalling => "signalling",
                StoryRoom::Audio => "audio",
                StoryRoom::Device => "device",
                StoryRoom::Network => "network",
            };
            writeln!(f, "{:>9}  {room:<10}  {}", step.at_ms, step.words)?;
        }
        for finding in &self.findings {
            writeln!(f, "  wrong:  {}\n  to do:  {}", finding.what, finding.advice)?;
        }
        if self.findings.is_empty() {
            writeln!(f, "  nothing went wrong that this phone saw")?;
        }
        Ok(())
    }
}
