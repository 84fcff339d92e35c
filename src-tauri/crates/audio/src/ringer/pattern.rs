//! The ring tones that come with the phone, synthesised.

use std::{f32::consts::TAU, num::NonZero, time::Duration};

use rodio::Source;
use serde::{Deserialize, Serialize};

use crate::SAMPLE_RATE_HZ;

/// The ring tones that come with the phone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RingPattern {
    /// A warbling bell, two strokes of 0.4 s every 3 s.
    #[default]
    Classic,
    /// Two soft notes every 4 s, for a second call in the headset.
    Soft,
    /// A rising chord every 2.5 s.
    Chime,
    /// Two strokes of an old bell every 3 s.
    Bell,
    /// A tune on wooden bars every 3 s.
    Marimba,
    /// Four quick beeps every 2 s.
    Digital,
}

impl RingPattern {
    /// All of them.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 6] = [Self::Classic, Self::Soft, Self::Chime, Self::Bell, Self::Marimba, Self::Digital];

    /// The tone, for ever, 48 kHz mono.
    pub(crate) fn source(self) -> PatternSource {
        PatternSource { strokes: self.strokes(), period: samples(self.period()), at: 0 }
    }

    fn period(self) -> Duration {
        Duration::from_millis(match self {
            Self::Classic => 3_000,
            Self::Soft => 4_000,
            Self::Chime => 2_500,
            Self::Bell | Self::Marimba => 3_000,
            Self::Digital => 2_000,
        })
    }

    fn strokes(self) -> &'static [Stroke] {
        match self {
            Self::Classic => &[
                Stroke { at_ms: 0, ms: 400, hz: [1_000.0, 1_250.0], warble_hz: 20.0, level: 0.5, decay_ms: 0 },
                Stroke { at_ms: 600, ms: 400, hz: [1_000.0, 1_250.0], warble_hz: 20.0, level: 0.5, decay_ms: 0 },
            ],
            Self::Soft => &[
                Stroke { at_ms: 0, ms: 500, hz: [659.26, 659.26], warble_hz: 0.0, level: 0.12, decay_ms: 150 },
                Stroke { at_ms: 250, ms: 600, hz: [523.25, 523.25], warble_hz: 0.0, level: 0.12, decay_ms: 180 },
            ],
            Self::Chime => &[
                Stroke { at_ms: 0, ms: 900, hz: [523.25, 1_046.5], warble_hz: 0.0, level: 0.3, decay_ms: 250 },
                Stroke { at_ms: 180, ms: 900, hz: [659.26, 1_318.5], warble_hz: 0.0, level: 0.3, decay_ms: 250 },
                Stroke { at_ms: 360, ms: 1_200, hz: [783.99, 1_568.0], warble_hz: 0.0, level: 0.3, decay_ms: 350 },
            ],
            // A struck bell is a few tones that belong together only roughly.
            Self::Bell => &[
                Stroke { at_ms: 0, ms: 1_100, hz: [880.0, 1_056.0], warble_hz: 0.0, level: 0.5, decay_ms: 320 },
                Stroke { at_ms: 0, ms: 700, hz: [1_320.0, 1_774.0], warble_hz: 0.0, level: 0.2, decay_ms: 140 },
                Stroke { at_ms: 600, ms: 1_500, hz: [880.0, 1_056.0], warble_hz: 0.0, level: 0.5, decay_ms: 380 },
                Stroke { at_ms: 600, ms: 700, hz: [1_320.0, 1_774.0], warble_hz: 0.0, level: 0.2, decay_ms: 140 },
            ],
            Self::Marimba => &[
                Stroke { at_ms: 0, ms: 300, hz: [523.25, 523.25], warble_hz: 0.0, level: 0.5, decay_ms: 90 },
                Stroke { at_ms: 180, ms: 300, hz: [659.26, 659.26], warble_hz: 0.0, level: 0.5, decay_ms: 90 },
                Stroke { at_ms: 360, ms: 300, hz: [783.99, 783.99], warble_hz: 0.0, level: 0.5, decay_ms: 90 },
                Stroke { at_ms: 540, ms: 300, hz: [659.26, 659.26], warble_hz: 0.0, level: 0.5, decay_ms: 90 },
                Stroke { at_ms: 720, ms: 600, hz: [1_046.5, 1_046.5], warble_hz: 0.0, level: 0.5, decay_ms: 140 },
            ],
            Self::Digital => &[
                Stroke { at_ms: 0, ms: 80, hz: [1_400.0, 1_400.0], warble_hz: 0.0, level: 0.4, decay_ms: 0 },
                Stroke { at_ms: 140, ms: 80, hz: [1_400.0, 1_400.0], warble_hz: 0.0, level: 0.4, decay_ms: 0 },
                Stroke { at_ms: 280, ms: 80, hz: [1_400.0, 1_400.0], warble_hz: 0.0, level: 0.4, decay_ms: 0 },
                Stroke { at_ms: 420, ms: 80, hz: [1_400.0, 1_400.0], warble_hz: 0.0, level: 0.4, decay_ms: 0 },
            ],
        }
    }
}

/// One sound of a pattern.
#[derive(Debug)]
struct Stroke {
    at_ms: u64,
    ms: u64,
    /// Two tones: by turns when it warbles, else together.
    hz: [f32; 2],
    /// How often it changes between the tones, per second.
    warble_hz: f32,
    level: f32,
    /// Time in which it gets quieter by two thirds; 0 for never.
    decay_ms: u64,
}

/// Each stroke fades in and out this long, against clicks.
const EDGE_MS: f32 = 4.0;

impl Stroke {
    /// Its sample, `at` samples after the pattern began.
    fn sample(&self, at: u64) -> f32 {
        let rate = SAMPLE_RATE_HZ as f32;
        let Some(since) = at.checked_sub(samples(Duration::from_millis(self.at_ms))) else { return 0.0 };
        let left = samples(Duration::from_millis(self.ms)).saturating_sub(since);
        let edge = EDGE_MS / 1_000.0 * rate;
        let envelope = (since as f32 / edge).min(left as f32 / edge).min(1.0);
        let decay =
            if self.decay_ms == 0 { 1.0 } else { (-(since as f32) / samples(Duration::from_millis(self.decay_ms)) as f32).exp() };
        let seconds = since as f32 / rate;
        let [low, high] = self.hz.map(|hz| (TAU * (hz * seconds).fract()).sin());
        // The turn between two tones is as round as a sine, so that it does not click.
        let share = if self.warble_hz > 0.0 { 0.5 + 0.5 * (TAU * self.warble_hz / 2.0 * seconds).sin() } else { 0.5 };
        self.level * envelope * decay * (low * (1.0 - share) + high * share)
    }
}

/// A pattern being played.
#[derive(Debug)]
pub(crate) struct PatternSource {
    strokes: &'static [Stroke],
    period: u64,
    at: u64,
}

impl Iterator for PatternSource {
    type Item = f32;

    fn next(&mut self) -> Option<f32> {
        let sample = self.strokes.iter().map(|stroke| stroke.sample(self.at)).sum();
        self.at = (self.at + 1) % self.period;
        Some(sample)
    }
}

impl Source for PatternSource {
    fn current_span_len(&self) -> Option<usize> {
        None
    }

    fn channels(&self) -> NonZero<u16> {
        NonZero::<u16>::MIN
    }

    fn sample_rate(&self) -> NonZero<u32> {
        NonZero::new(SAMPLE_RATE_HZ).unwrap_or(NonZero::<u32>::MIN)
    }

    fn total_duration(&self) -> Option<Duration> {
        None
    }
}

fn samples(span: Duration) -> u64 {
    span.as_millis() as u64 * u64::from(SAMPLE_RATE_HZ) / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_starts_at_once_stays_in_range_and_repeats_without_a_click() {
        for pattern in RingPattern::ALL {
            let period = samples(pattern.period()) as usize;
            let twice: Vec<f32> = pattern.source().take(period * 2).collect();
            let early = twice[..480 * 5].iter().map(|sample| sample.abs()).fold(0.0, f32::max);
            assert!(early > 0.05, "{pattern:?} begins with {early}");
            assert!(twice.iter().all(|sample| sample.abs() <= 0.9), "{pattern:?}");
            assert_eq!(twice[..period], twice[period..], "{pattern:?}");
            // The steepest a sine of 1568 Hz gets at this level is 0.2 a sample.
            let steepest = twice.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
            assert!(steepest < 0.2, "{pattern:?}: {steepest}");
        }
    }
}
