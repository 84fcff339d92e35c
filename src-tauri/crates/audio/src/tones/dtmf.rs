//! Keys as dual tones (ITU-T Q.23).

use std::time::Duration;

use model::DtmfDigit;

use crate::{
    leg::{Frame, SAMPLE_RATE_HZ},
    tones::{
        Played, Source,
        oscillator::{Oscillator, amplitude, envelope},
    },
};

/// Frequencies of the rows of the keypad, in Hz.
pub(crate) const LOW_HZ: [f64; 4] = [697.0, 770.0, 852.0, 941.0];
/// Frequencies of its columns.
pub(crate) const HIGH_HZ: [f64; 4] = [1_209.0, 1_336.0, 1_477.0, 1_633.0];
/// Keys by row and column.
pub(crate) const KEYS: [[char; 4]; 4] = [['1', '2', '3', 'A'], ['4', '5', '6', 'B'], ['7', '8', '9', 'C'], ['*', '0', '#', 'D']];

/// Peak level of the low tone on the line. Lines damp high frequencies more, so the high one starts 2 dB louder (Q.23).
const LOW_DBFS: f64 = -8.0;
const HIGH_DBFS: f64 = -6.0;

/// The user's own key is heard softer than it is sent.
const IN_THE_EAR_DB: f64 = -16.0;
const IN_THE_EAR_MS: u64 = 100;

/// Keys shorter than this are not recognised by receivers (ITU-T Q.24: 40 ms).
const SHORTEST: Duration = Duration::from_millis(40);
/// Longer than anyone presses; keeps arithmetic far from overflow.
const LONGEST: Duration = Duration::from_secs(60);

/// Keys, one after another.
pub(crate) struct Keys {
    digits: Vec<DtmfDigit>,
    tone: usize,
    gap: usize,
    low_gain: f64,
    high_gain: f64,
    digit: usize,
    played: usize,
    low: Oscillator,
    high: Oscillator,
}

impl Keys {
    /// Keys at the level they have on the line.
    pub(crate) fn on_the_line(digits: Vec<DtmfDigit>, tone: Duration, gap: Duration) -> Self {
        Self::new(digits, tone, gap, 0.0)
    }

    /// One key for the user who presses it.
    pub(crate) fn in_the_ear(digit: DtmfDigit) -> Self {
        Self::new(vec![digit], Duration::from_millis(IN_THE_EAR_MS), Duration::ZERO, IN_THE_EAR_DB)
    }

    fn new(digits: Vec<DtmfDigit>, tone: Duration, gap: Duration, gain_db: f64) -> Self {
        let (tone, gap) = (samples(tone.clamp(SHORTEST, LONGEST)), samples(gap.min(LONGEST)));
        let silent = Oscillator::new(0.0);
        let mut keys = Self {
            digits,
            tone,
            gap,
            low_gain: amplitude(LOW_DBFS + gain_db),
            high_gain: amplitude(HIGH_DBFS + gain_db),
            digit: 0,
            played: 0,
            low: silent.clone(),
            high: silent,
        };
        keys.tune();
        keys
    }

    fn tune(&mut self) {
        if let Some((low, high)) = self.digits.get(self.digit).and_then(|&digit| frequencies(digit)) {
            (self.low, self.high) = (Oscillator::new(low), Oscillator::new(high));
        }
    }

    fn next(&mut self) -> f64 {
        if self.digit >= self.digits.len() {
            return 0.0;
        }
        let sample = if self.played < self.tone {
            let sum = self.low.next() * self.low_gain + self.high.next() * self.high_gain;
            sum * envelope(self.played, self.tone)
        } else {
            0.0
        };
        self.played += 1;
        if self.played >= self.tone + self.gap {
            self.played = 0;
            self.digit += 1;
            self.tune();
        }
        sample
    }
}

impl Source for Keys {
    fn fill(&mut self, frame: &mut Frame) -> Played {
        for sample in frame.iter_mut() {
            *sample = self.next() as f32;
        }
        if self.digit < self.digits.len() { Played::More } else { Played::Last }
    }
}

/// Low and high frequency of a key.
pub(crate) fn frequencies(digit: DtmfDigit) -> Option<(f64, f64)> {
    let key = char::from(digit);
    let (row, keys) = KEYS.iter().enumerate().find(|(_, keys)| keys.contains(&key))?;
    let column = keys.iter().position(|&at| at == key)?;
    Some((*LOW_HZ.get(row)?, *HIGH_HZ.get(column)?))
}

fn samples(span: Duration) -> usize {
    (span.as_micros() * u128::from(SAMPLE_RATE_HZ) / 1_000_000) as usize
}
