//! Sines without a call to `sin` per sample.

use std::f64::consts::TAU;

use crate::{
    leg::{FRAME_SAMPLES, Frame, SAMPLE_RATE_HZ},
    tones::{Played, Source},
};

/// Samples of the fade at both ends of a tone: 5 ms. Shorter ones click, longer ones soften what should be crisp.
pub(crate) const FADE_SAMPLES: usize = 240;

/// A sine that keeps its phase.
#[derive(Clone, Debug)]
pub(crate) struct Oscillator {
    /// Position on the unit circle.
    re: f64,
    im: f64,
    /// Rotation of one sample.
    step_re: f64,
    step_im: f64,
}

impl Oscillator {
    /// A sine of `hz`, starting at its upward crossing of zero.
    pub(crate) fn new(hz: f64) -> Self {
        let (step_im, step_re) = (TAU * hz / f64::from(SAMPLE_RATE_HZ)).sin_cos();
        Self { re: 1.0, im: 0.0, step_re, step_im }
    }

    /// The next sample, peak 1.
    pub(crate) fn next(&mut self) -> f64 {
        let sample = self.im;
        let re = self.re * self.step_re - self.im * self.step_im;
        let im = self.re * self.step_im + self.im * self.step_re;
        // One Newton step towards length 1: rounding would otherwise make the amplitude drift over hours.
        let correction = 1.5 - 0.5 * (re * re + im * im);
        self.re = re * correction;
        self.im = im * correction;
        sample
    }
}

/// The gain of sample `at` of a tone of `length` samples: raised cosines at both ends, 1 between them.
pub(crate) fn envelope(at: usize, length: usize) -> f64 {
    let edge = FADE_SAMPLES.min(length / 2);
    let near = at.min(length.saturating_sub(at + 1));
    if near >= edge { 1.0 } else { 0.5 - 0.5 * ((near as f64 + 0.5) / edge as f64 * TAU / 2.0).cos() }
}

/// A peak level in dBFS as a factor.
pub(crate) fn amplitude(dbfs: f64) -> f64 {
    10f64.powf(dbfs / 20.0)
}

/// One steady sine.
pub(crate) struct Sine {
    oscillator: Oscillator,
    amplitude: f64,
    played: usize,
}

impl Sine {
    pub(crate) fn new(hz: f32, dbfs: f32) -> Self {
        Self { oscillator: Oscillator::new(f64::from(hz)), amplitude: amplitude(f64::from(dbfs)), played: 0 }
    }
}

impl Source for Sine {
    fn fill(&mut self, frame: &mut Frame) -> Played {
        for sample in frame.iter_mut() {
            *sample = (self.oscillator.next() * self.amplitude * envelope(self.played, usize::MAX)) as f32;
            self.played = self.played.saturating_add(1).min(FRAME_SAMPLES);
        }
        Played::More
    }
}
