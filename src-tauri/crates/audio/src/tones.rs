//! Sounds the phone makes itself: call-progress tones, keys, beeps, music, ring patterns.

use std::{sync::Arc, time::Duration};

use model::DtmfDigit;

use crate::{RingPattern, leg::Frame};

mod cadence;
mod countries;
mod detector;
mod dtmf;
mod melody;
mod oscillator;
mod samples;
#[cfg(test)]
mod tests;

pub use countries::Country;
pub use detector::DtmfDetector;

/// Something that plays: 48 kHz mono, 10 ms at a time.
///
/// Filled on the hub's thread: no lock, no allocation, no panic.
pub trait Source: Send {
    /// Writes the next 10 ms; after the last one comes silence.
    fn fill(&mut self, frame: &mut Frame) -> Played;
}

/// Whether a source goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Played {
    /// More follows.
    More,
    /// This frame was the last one.
    Last,
}

/// A sound of ours, as a value.
#[derive(Clone, Debug, PartialEq)]
pub enum ToneSpec {
    /// The far end rings (ITU-T E.182), as it sounds in a country.
    Ringback(Country),
    /// The far end is busy.
    Busy(Country),
    /// The network cannot.
    Congestion(Country),
    /// Keys, one after another, at the level they have on the line.
    Digits {
        /// Which.
        digits: Vec<DtmfDigit>,
        /// Length of each.
        tone: Duration,
        /// Pause after each.
        gap: Duration,
    },
    /// A key as the user hears it when pressing: short and soft.
    Key(DtmfDigit),
    /// Two tones that say "you are being connected" when a call answers itself.
    AutoAnswer,
    /// A short beep each 15 s: the call is recorded.
    Recorded,
    /// A melody that repeats, for waiting and for tests.
    Music,
    /// A ring pattern that repeats.
    Ringtone(RingPattern),
    /// One steady sine.
    Sine {
        /// Frequency.
        hz: f32,
        /// Peak level in dBFS.
        dbfs: f32,
    },
    /// Sound from elsewhere, 48 kHz mono.
    Samples {
        /// The sound.
        samples: Arc<[f32]>,
        /// What happens at its end.
        repeat: Repeat,
    },
}

/// What happens at the end of a sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// It is over.
    Once,
    /// It starts again.
    Forever,
}

impl ToneSpec {
    /// The sound, from its start.
    pub fn source(&self) -> Box<dyn Source> {
        match self {
            Self::Ringback(country) => Box::new(cadence::Cadence::of(country.tones().ringback)),
            Self::Busy(country) => Box::new(cadence::Cadence::of(country.tones().busy)),
            Self::Congestion(country) => Box::new(cadence::Cadence::of(country.tones().congestion)),
            Self::Digits { digits, tone, gap } => Box::new(dtmf::Keys::on_the_line(digits.clone(), *tone, *gap)),
            Self::Key(digit) => Box::new(dtmf::Keys::in_the_ear(*digit)),
            Self::AutoAnswer => Box::new(cadence::Cadence::once(countries::AUTO_ANSWER)),
            Self::Recorded => Box::new(cadence::Cadence::of(countries::RECORDED)),
            Self::Music => Box::new(melody::Melody::music()),
            Self::Ringtone(pattern) => Box::new(samples::Endless(pattern.source())),
            Self::Sine { hz, dbfs } => Box::new(oscillator::Sine::new(*hz, *dbfs)),
            Self::Samples { samples, repeat } => Box::new(samples::Samples::new(Arc::clone(samples), *repeat)),
        }
    }
}
