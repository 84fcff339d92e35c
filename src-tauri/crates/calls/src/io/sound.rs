//! Between call control and the sound hub.

use std::time::Duration;

use model::{CallId, DtmfDigit, MediaId, Personal, RecordingFault};
use serde::{Deserialize, Serialize};

/// What call control asks of the sound hub.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SoundRequest {
    /// Who hears whom. Sessions that are not named are neither heard nor spoken to.
    Route(Vec<Route>),
    /// What the user hears besides: a call-progress tone, or nothing.
    Tone(Option<ProgressTone>),
    /// Ring on the ring device, or stop.
    Ring(Option<Ring>),
    /// Open the microphone for a call that is being answered: `Input::Microphone`, `NoMicrophone` or `NoDevices` comes
    /// back.
    Capture,
    /// A short sound of the keypad in the user's ear.
    KeyTone(DtmfDigit),
    /// Take a session down to a file: answered by `RecordingBegan`, or at once by `RecordingEnded`.
    Record {
        /// Which.
        media: MediaId,
        /// The call it belongs to, for the name of the file.
        call: CallId,
        /// Whether the far end hears a beep now and then.
        beep: bool,
    },
    /// Complete the file; answered by `RecordingEnded`.
    EndRecording {
        /// Whose.
        media: MediaId,
    },
    /// A digit as a tone in what a session sends, or the end of one that sounds.
    Digit {
        /// Whose far end hears it.
        media: MediaId,
        /// Which; none to end it.
        digit: Option<DtmfDigit>,
        /// How long.
        tone: Duration,
    },
}

/// What call control is told of recordings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SoundEvent {
    /// A session is being recorded.
    RecordingBegan {
        /// Which.
        media: MediaId,
        /// Where to.
        file: Personal,
    },
    /// Its file is complete, or could not be made. Said once, last.
    RecordingEnded {
        /// Whose.
        media: MediaId,
        /// Why, when nobody asked for it.
        trouble: Option<RecordingFault>,
    },
}

/// One session's place in the mix.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Route {
    /// Which session.
    pub media: MediaId,
    /// Whether the microphone goes to it.
    pub microphone: bool,
    /// Whether it goes to the speaker.
    pub speaker: bool,
    /// The other sessions it hears.
    pub hears: Vec<MediaId>,
}

/// Tones that tell how a call is going (ITU-T E.182).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProgressTone {
    /// The far end rings.
    Ringback,
    /// The far end is busy; a few seconds.
    Busy,
    /// The network cannot; a few seconds.
    Congestion,
    /// The phone has answered by itself; once.
    AutoAnswer,
}

/// How to ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ring {
    /// The ringtone on the ring device.
    Full,
    /// Softly in the headset, during another call.
    Soft,
}
