//! What a fault looks like to whoever has to find it.

mod checks;
mod words;

use std::fmt;

use serde::Serialize;
use specta::Type;

use crate::{CallId, CandidatePair, Cause, Direction, MediaFault, MediaTrouble, OfflineCause, Personal, Trouble};

pub use checks::{Check, CheckFact};

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

/// What happened: a code, and what its sentence is filled in with. The sentences are the page's; in English, `Display`.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum StoryFact {
    /// A message.
    Message {
        /// From this phone, or to it.
        sent: bool,
        /// `INVITE (sdp)`, `200 INVITE`.
        title: String,
    },
    /// The computer is in another network, or woke up.
    NetworkChanged,
    /// Trouble with a sound device.
    DeviceTrouble {
        /// Stands for the device's name in the record: that may name its owner.
        stand_in: String,
    },
    /// There is no microphone.
    NoMicrophone,
    /// The account went offline.
    Offline {
        /// Why.
        cause: OfflineCause,
    },
    /// The account is registered.
    Registered,
    /// The audio has a path.
    Connected {
        /// Which.
        pair: Option<CandidatePair>,
    },
    /// The first audio arrived.
    FirstAudio,
    /// The path broke.
    PathLost,
    /// There is no path.
    NoPath {
        /// Which part failed.
        fault: MediaFault,
    },
    /// A TURN server refused user name and password.
    RelayRefused {
        /// Its address.
        server: String,
        /// The error of STUN (RFC 8489 section 14.8).
        error: u16,
    },
    /// Their description cannot be used.
    DescriptionRefused {
        /// The status that says so.
        status: u16,
    },
    /// The part of the phone that carries the audio broke down.
    MediaDied,
    /// Something is wrong with the audio.
    Trouble {
        /// What.
        trouble: MediaTrouble,
    },
    /// It is well again.
    TroubleOver,
    /// It sounds bad.
    PoorAudio(Quality),
    /// It sounds good again.
    GoodAudio(Quality),
    /// Dialled here.
    Dialled,
    /// It rings here.
    RingsHere,
    /// It rings there.
    RingsThere,
    /// The far end is heard before it answers.
    EarlyMedia,
    /// Answered.
    Answered,
    /// Held or resumed.
    Held {
        /// By us.
        local: bool,
        /// By the far end.
        remote: bool,
    },
    /// A transfer is getting on.
    Transfer,
    /// The recording began or ended.
    Recording {
        /// Whether it is recorded now.
        on: bool,
    },
    /// Something did not work.
    Failed {
        /// What.
        trouble: Trouble,
    },
    /// The end.
    Ended {
        /// Why.
        cause: Cause,
    },
}

impl StoryFact {
    /// Whether a trouble says the same.
    pub fn tells(&self, trouble: &Trouble) -> bool {
        match (self, trouble) {
            (Self::RelayRefused { server, error }, Trouble::RelayRefused { server: told, error: code }) => {
                server == told && error == code
            }
            _ => false,
        }
    }
}

/// How audio sounds and why.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Type)]
pub struct Quality {
    /// Mean opinion score, 1 to 4.5 (ITU-T G.107).
    pub mos: f64,
    /// Lost on the way here, 0 to 1.
    pub loss_in: f64,
    /// Lost on the way there, 0 to 1.
    pub loss_out: f64,
    /// Of what comes.
    pub jitter_ms: f64,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
pub struct StoryStep {
    /// Milliseconds from the beginning of the call; what happened before it is at 0.
    pub at_ms: u32,
    /// Where.
    pub room: StoryRoom,
    /// What.
    pub fact: StoryFact,
}

/// One row of a ladder.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
pub struct LadderRow {
    /// Milliseconds from the first row.
    pub at_ms: u32,
    /// Whose server it is, or whose state; empty where it is nobody's.
    pub account: String,
    /// A message between phone and server, or what happened at the phone.
    pub fact: StoryFact,
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
    /// What went wrong, the worst first; empty when nothing did that the phone saw.
    pub findings: Vec<Finding>,
}

/// One thing that went wrong in a call.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum Finding {
    /// Answered, and no way for the audio.
    NoPath,
    /// A TURN server does not take user name and password.
    RelayRefused {
        /// Its address.
        server: String,
        /// The error of STUN.
        error: u16,
    },
    /// Nothing arrived of what the other side says.
    OneWay,
    /// Nothing left.
    NothingSent,
    /// The microphone gave only silence.
    MicrophoneSilent,
    /// A sound device was missing, or went away.
    DeviceMissing,
    /// The audio was interrupted when the network changed.
    NetworkChanged,
    /// It was interrupted otherwise.
    Interrupted,
    /// The connection to the server was lost meanwhile.
    ServerLost,
    /// Audio was lost on its way here.
    LossIn {
        /// Of a hundred packets, at worst.
        percent: u32,
    },
    /// Audio was lost on its way there.
    LossOut {
        /// Of a hundred packets, at worst.
        percent: u32,
    },
    /// It came unevenly.
    Jitter {
        /// At worst.
        ms: u32,
    },
    /// It took long.
    Delay {
        /// There and back, at worst.
        ms: u32,
    },
    /// The end itself was a failure.
    Ended {
        /// Which.
        cause: Cause,
    },
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
            writeln!(f, "{:>9}  {room:<10}  {}", step.at_ms, step.fact)?;
        }
        for finding in &self.findings {
            writeln!(f, "  wrong:  {}\n  to do:  {}", finding.words(), finding.advice())?;
        }
        if self.findings.is_empty() {
            writeln!(f, "  nothing went wrong that this phone saw")?;
        }
        Ok(())
    }
}
