//! Signals and measurements for this room's tests. Everything is seeded.

use std::f64::consts::TAU;

use crate::leg::{FRAME_SAMPLES, Frame, SAMPLE_RATE_HZ};

/// A small generator of pseudo-random numbers (xorshift).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    /// Evenly between -1 and 1.
    pub(crate) fn next(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 40) as f32 / (1u64 << 23) as f32) - 1.0
    }
}

/// Something between speech and babble: a voice with changing pitch and formants, syllables four times a second, a breath
/// every three seconds, consonants of noise. Peaks near `peak`.
pub(crate) fn speech(seed: u64, seconds: usize, peak: f32) -> Vec<f32> {
    let mut random = Random::new(seed);
    let rate = f64::from(SAMPLE_RATE_HZ);
    let mut out = Vec::with_capacity(seconds * SAMPLE_RATE_HZ as usize);
    let mut phase = 0.0;
    let mut formants = [Resonator::default(), Resonator::default(), Resonator::default()];
    while out.len() < seconds * SAMPLE_RATE_HZ as usize {
        let length = (rate * (0.20 + 0.06 * f64::from(random.next()))) as usize;
        let pitch = 130.0 + 40.0 * f64::from(random.next());
        let breath = out.len() / (SAMPLE_RATE_HZ as usize * 3) != (out.len() + length) / (SAMPLE_RATE_HZ as usize * 3);
        let centres = [500.0, 1_400.0, 2_500.0].map(|hz| hz * (1.0 + 0.4 * f64::from(random.next())));
        for (formant, hz) in formants.iter_mut().zip(centres) {
            formant.tune(hz);
        }
        for at in 0..length {
            let along = at as f64 / length as f64;
            phase += pitch * (1.0 - 0.1 * along) / rate;
            let pulse = if phase >= 1.0 { 1.0 } else { 0.0 };
            phase %= 1.0;
            let hiss = f64::from(random.next()) * if along < 0.15 { 0.15 } else { 0.01 };
            let envelope = if breath { 0.0 } else { (along * TAU / 2.0).sin().max(0.0).sqrt() };
            out.push((formants.iter_mut().map(|formant| formant.filter(pulse + hiss)).sum::<f64>() * envelope) as f32);
        }
    }
    out.truncate(seconds * SAMPLE_RATE_HZ as usize);
    let loudest = out.iter().fold(0f32, |loudest, sample| loudest.max(sample.abs()));
    out.iter_mut().for_each(|sample| *sample *= peak / loudest);
    out
}

#[derive(Default)]
struct Resonator {
    a1: f64,
    a2: f64,
    y1: f64,
    y2: f64,
}

impl Resonator {
    fn tune(&mut self, hz: f64) {
        let radius = (-TAU / 2.0 * 120.0 / f64::from(SAMPLE_RATE_HZ)).exp();
        self.a1 = 2.0 * radius * (TAU * hz / f64::from(SAMPLE_RATE_HZ)).cos();
        self.a2 = -radius * radius;
    }

    fn filter(&mut self, x: f64) -> f64 {
        let y = x + self.a1 * self.y1 + self.a2 * self.y2;
        self.y2 = std::mem::replace(&mut self.y1, y);
        y
    }
}

/// Whole frames of a signal; a rest is left out.
pub(crate) fn frames(samples: &[f32]) -> impl Iterator<Item = Frame> + '_ {
    samples.chunks_exact(FRAME_SAMPLES).map(|chunk| chunk.try_into().expect("chunks are whole frames"))
}

/// RMS in dBFS; -200 for silence.
pub(crate) fn rms_dbfs(samples: &[f32]) -> f64 {
    let energy: f64 = samples.iter().map(|&sample| f64::from(sample).powi(2)).sum();
    if energy == 0.0 { -200.0 } else { 10.0 * (energy / samples.len() as f64).log10() }
}

/// Peak level of one frequency in dBFS, seen through a Hann window.
pub(crate) fn tone_dbfs(samples: &[f32], hz: f64) -> f64 {
    let count = samples.len() as f64;
    let (mut re, mut im) = (0.0, 0.0);
    for (at, &sample) in samples.iter().enumerate() {
        let window = 1.0 - (TAU * at as f64 / count).cos();
        let (sin, cos) = (TAU * hz * at as f64 / f64::from(SAMPLE_RATE_HZ)).sin_cos();
        re += f64::from(sample) * window * cos;
        im += f64::from(sample) * window * sin;
    }
    20.0 * (2.0 * (re * re + im * im).sqrt() / count).max(1e-10).log10()
}

/// The largest jump of the second difference: a click is a large one, a sine of amplitude `a` and frequency `f` has
/// `a * (2 pi f / 48000)^2`.
pub(crate) fn roughest(samples: &[f32]) -> f32 {
    samples.windows(3).map(|w| (w[0] - 2.0 * w[1] + w[2]).abs()).fold(0.0, f32::max)
}
