//! Tones in a rhythm.

use crate::{
    leg::{Frame, SAMPLE_RATE_HZ},
    tones::{
        Played, Source,
        oscillator::{Oscillator, amplitude, envelope},
    },
};

/// A step of a cadence. Tables of them are data; see `countries`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Step {
    /// What sounds.
    pub(crate) sound: Sound,
    /// For how long.
    pub(crate) ms: u32,
}

/// What sounds in a step (frequencies in Hz).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Sound {
    /// Nothing.
    Pause,
    /// One sine.
    One(f64),
    /// Two sines, equally loud.
    Two(f64, f64),
    /// A carrier whose amplitude swings between nothing and full at the second frequency.
    Modulated(f64, f64),
}

/// RMS level of each tone. Progress tones are heard in the ear, beside speech at about -26 dBFS.
const LEVEL_DBFS: f64 = -21.0;

/// Plays steps, over and over or once.
pub(crate) struct Cadence {
    steps: &'static [Step],
    repeats: bool,
    step: usize,
    /// Samples of the current step that have been played.
    played: usize,
    voices: [Oscillator; 2],
    rms: f64,
}

impl Cadence {
    /// The steps, for ever.
    pub(crate) fn of(steps: &'static [Step]) -> Self {
        Self::new(steps, true)
    }

    /// The steps, once.
    pub(crate) fn once(steps: &'static [Step]) -> Self {
        Self::new(steps, false)
    }

    fn new(steps: &'static [Step], repeats: bool) -> Self {
        let silent = [Oscillator::new(0.0), Oscillator::new(0.0)];
        let mut cadence = Self { steps, repeats, step: 0, played: 0, voices: silent, rms: amplitude(LEVEL_DBFS) };
        cadence.tune();
        cadence
    }

    fn tune(&mut self) {
        let (first, second) = match self.steps.get(self.step).map(|step| step.sound) {
            Some(Sound::One(hz)) => (hz, 0.0),
            Some(Sound::Two(low, high)) => (low, high),
            Some(Sound::Modulated(carrier, modulator)) => (carrier, modulator),
            Some(Sound::Pause) | None => (0.0, 0.0),
        };
        self.voices = [Oscillator::new(first), Oscillator::new(second)];
    }

    /// The next sample, or none when all steps are over.
    fn next(&mut self) -> Option<f64> {
        let step = self.steps.get(self.step)?;
        let length = samples(step.ms);
        let [first, second] = &mut self.voices;
        let sample = match step.sound {
            Sound::Pause => 0.0,
            Sound::One(_) => first.next() * self.rms * std::f64::consts::SQRT_2,
            Sound::Two(..) => (first.next() + second.next()) * self.rms,
            // The mean square of sin * (1 + sin) / 2 is 3/16.
            Sound::Modulated(..) => first.next() * (0.5 + 0.5 * second.next()) * self.rms * (16.0f64 / 3.0).sqrt(),
        };
        let shaped = sample * envelope(self.played, length);
        self.played += 1;
        if self.played >= length {
            self.played = 0;
            self.step += 1;
            if self.repeats && self.step == self.steps.len() {
                self.step = 0;
            }
            self.tune();
        }
        Some(shaped)
    }
}

impl Source for Cadence {
    fn fill(&mut self, frame: &mut Frame) -> Played {
        for sample in frame.iter_mut() {
            *sample = self.next().unwrap_or(0.0) as f32;
        }
        if self.step < self.steps.len() { Played::More } else { Played::Last }
    }
}

fn samples(ms: u32) -> usize {
    (ms * (SAMPLE_RATE_HZ / 1_000)) as usize
}
