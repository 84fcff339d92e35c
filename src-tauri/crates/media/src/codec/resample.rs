//! Whole-number rate changes between 48 kHz and the narrower codecs: linear-phase FIR, polyphase, without delay beyond half
//! the filter (1.25 ms at 16 kHz, 2.5 ms at 8 kHz).

use std::f64::consts::PI;

/// Taps of the prototype at 48 kHz, per step of the ratio: 120 for 16 kHz, 240 for 8 kHz.
const TAPS_PER_RATIO: usize = 40;

/// Kaiser's shape parameter: 60 dB of stop band.
const KAISER_BETA: f64 = 5.65;

/// The pass band ends, and the stop band begins, ten percent either side of the lower rate's Nyquist frequency.
fn prototype(ratio: usize, gain: f64) -> Vec<f32> {
    let taps = TAPS_PER_RATIO * ratio;
    let centre = (taps as f64 - 1.0) / 2.0;
    // Cycles per sample at 48 kHz; a little below Nyquist so that more of the transition lies outside of the band.
    let cutoff = 0.5 / ratio as f64 * 0.96;
    let filter: Vec<f64> = (0..taps)
        .map(|tap| {
            let offset = tap as f64 - centre;
            let ideal = (2.0 * PI * cutoff * offset).sin() / (PI * offset);
            let edge = offset / (centre + 0.5);
            ideal * bessel_i0(KAISER_BETA * (1.0 - edge * edge).sqrt()) / bessel_i0(KAISER_BETA)
        })
        .collect();
    let sum: f64 = filter.iter().sum();
    filter.iter().map(|tap| (tap * gain / sum) as f32).collect()
}

/// The modified Bessel function of order zero, by its power series.
fn bessel_i0(x: f64) -> f64 {
    let mut term = 1.0;
    let mut sum = 1.0;
    for k in 1..32 {
        term *= (x / (2.0 * f64::from(k))).powi(2);
        sum += term;
    }
    sum
}

/// 48 kHz down to `48 kHz / ratio`.
pub(crate) struct Decimator {
    ratio: usize,
    filter: Vec<f32>,
    /// What the filter still reaches back to, then the input of this call.
    line: Vec<f32>,
}

impl Decimator {
    pub(crate) fn new(ratio: usize) -> Self {
        let filter = prototype(ratio, 1.0);
        let line = vec![0.0; filter.len() - ratio];
        Self { ratio, filter, line }
    }

    /// Calls `sink` with one sample for each `ratio` of `input`, whose length is a multiple of it.
    pub(crate) fn run(&mut self, input: &[f32], mut sink: impl FnMut(f32)) {
        let kept = self.line.len();
        self.line.extend_from_slice(input);
        for window in self.line.windows(self.filter.len()).step_by(self.ratio) {
            sink(window.iter().zip(&self.filter).map(|(sample, tap)| sample * tap).sum());
        }
        let consumed = self.line.len() - kept;
        self.line.copy_within(consumed.., 0);
        self.line.truncate(kept);
    }
}

/// `48 kHz / ratio` up to 48 kHz.
pub(crate) struct Interpolator {
    /// One filter for each of the samples between two inputs, its taps from the newest input to the oldest.
    phases: Vec<Vec<f32>>,
    /// The last inputs, oldest first.
    line: Vec<f32>,
}

impl Interpolator {
    pub(crate) fn new(ratio: usize) -> Self {
        let filter = prototype(ratio, ratio as f64);
        let phases = (0..ratio).map(|phase| filter.iter().skip(phase).step_by(ratio).copied().collect()).collect();
        Self { phases, line: vec![0.0; TAPS_PER_RATIO] }
    }

    /// Calls `sink` with the `ratio` samples that follow from one more input.
    pub(crate) fn run(&mut self, input: f32, mut sink: impl FnMut(f32)) {
        self.line.rotate_left(1);
        if let Some(newest) = self.line.last_mut() {
            *newest = input;
        }
        for phase in &self.phases {
            sink(self.line.iter().rev().zip(phase).map(|(sample, tap)| sample * tap).sum());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hz: f64, rate: f64, samples: usize) -> Vec<f32> {
        (0..samples).map(|n| (2.0 * PI * hz * n as f64 / rate).sin() as f32 * 0.5).collect()
    }

    fn decibels(samples: &[f32]) -> f64 {
        let power = samples.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / samples.len() as f64;
        10.0 * (power / 0.125).log10()
    }

    fn down(ratio: usize, hz: f64) -> f64 {
        let mut decimator = Decimator::new(ratio);
        let mut out = Vec::new();
        for frame in tone(hz, 48_000.0, 48_000).chunks(480) {
            decimator.run(frame, |s| out.push(s));
        }
        assert_eq!(out.len(), 48_000 / ratio);
        decibels(&out[1_000..])
    }

    #[test]
    fn the_speech_band_passes_and_what_would_alias_does_not() {
        for hz in [100.0, 1_000.0, 3_300.0] {
            assert!(down(6, hz).abs() < 0.2, "{hz} Hz to 8 kHz: {:.2} dB", down(6, hz));
        }
        for hz in [100.0, 3_000.0, 6_600.0] {
            assert!(down(3, hz).abs() < 0.2, "{hz} Hz to 16 kHz: {:.2} dB", down(3, hz));
        }
        assert!(down(6, 4_500.0) < -50.0 && down(6, 10_000.0) < -50.0);
        assert!(down(3, 9_000.0) < -50.0 && down(3, 15_000.0) < -50.0);
    }

    #[test]
    fn a_tone_survives_down_and_up_with_the_promised_delay() {
        for (ratio, delay) in [(3, 119), (6, 239)] {
            let input = tone(440.0, 48_000.0, 48_000);
            let (mut decimator, mut interpolator) = (Decimator::new(ratio), Interpolator::new(ratio));
            let mut out = Vec::new();
            for frame in input.chunks(480) {
                decimator.run(frame, |s| interpolator.run(s, |s| out.push(s)));
            }
            // The first output of the decimator already covers `ratio` inputs, so the whole is `ratio - 1` early.
            let delay = delay - (ratio - 1);
            let error: Vec<f32> = (5_000..40_000).map(|n| out[n] - input[n - delay]).collect();
            assert!(decibels(&error) < -45.0, "ratio {ratio}: {:.1} dB", decibels(&error));
        }
    }
}
