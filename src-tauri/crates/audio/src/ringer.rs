//! Ring tones: what is played on the ring device.

use std::path::PathBuf;

/// How to ring.
#[derive(Clone, Debug, PartialEq)]
pub struct RingTone {
    /// What is played, over and over.
    pub sound: RingSound,
    /// Loudness, 0.0 to 1.0.
    pub volume: f32,
}

impl Default for RingTone {
    fn default() -> Self {
        Self { sound: RingSound::Pattern(RingPattern::Classic), volume: 1.0 }
    }
}

/// What a ring tone consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RingSound {
    /// A synthesised one.
    Pattern(RingPattern),
    /// The user's own file: WAV, MP3, Ogg Vorbis or FLAC.
    File(PathBuf),
}

/// The ring tones that come with the phone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RingPattern {
    /// A warbling bell, one second of four.
    #[default]
    Classic,
    /// Two soft notes, for a second call in the headset.
    Soft,
    /// A rising chord.
    Chime,
}
