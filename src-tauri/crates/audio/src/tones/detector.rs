//! Recognises keys in sound, for far ends that send them in band.

use std::f64::consts::TAU;

use model::DtmfDigit;

use crate::{
    leg::{Frame, SAMPLE_RATE_HZ},
    tones::dtmf::{HIGH_HZ, KEYS, LOW_HZ},
};

/// Samples per decision: 12.75 ms, where 697 and 770 Hz are apart by one bin and the shortest key (40 ms) still fills two.
const BLOCK: usize = 612;

/// Blocks that must agree before a key counts.
const AGREEING_BLOCKS: u32 = 2;

/// Weakest tone, as mean square: -40 dBFS.
const FLOOR: f64 = 1e-4;

/// How much louder the high tone may be (ITU-T Q.24: 4 dB, and some for rounding), and the low one (8 dB).
const HIGH_OVER_LOW: f64 = 3.2;
const LOW_OVER_HIGH: f64 = 7.9;

/// How far each tone must stand out of its group (6 dB), and what share of all energy the two must have: speech has its
/// energy elsewhere.
const STANDS_OUT: f64 = 4.0;
const SHARE: f64 = 0.7;

/// Finds keys in 48 kHz sound.
#[derive(Clone, Debug, Default)]
pub struct DtmfDetector {
    low: [Goertzel; 4],
    high: [Goertzel; 4],
    energy: f64,
    filled: usize,
    candidate: Option<DtmfDigit>,
    agreeing: u32,
    /// The key that is down and was told.
    pressed: Option<DtmfDigit>,
}

impl DtmfDetector {
    /// A detector that has heard nothing.
    pub fn new() -> Self {
        Self { low: LOW_HZ.map(Goertzel::new), high: HIGH_HZ.map(Goertzel::new), ..Self::default() }
    }

    /// Listens to the next 10 ms; a key, once per press, when it has been down for about 25 ms.
    pub fn add(&mut self, frame: &Frame) -> Option<DtmfDigit> {
        let mut found = None;
        for &sample in frame {
            let sample = f64::from(sample);
            self.low.iter_mut().chain(&mut self.high).for_each(|filter| filter.add(sample));
            self.energy += sample * sample;
            self.filled += 1;
            if self.filled == BLOCK {
                found = self.decide().or(found);
            }
        }
        found
    }

    fn decide(&mut self) -> Option<DtmfDigit> {
        let low = self.low.each_mut().map(Goertzel::take);
        let high = self.high.each_mut().map(Goertzel::take);
        let energy = std::mem::take(&mut self.energy) / BLOCK as f64;
        self.filled = 0;
        let heard = recognise(&low, &high, energy);
        self.agreeing = if heard == self.candidate { self.agreeing.saturating_add(1) } else { 1 };
        self.candidate = heard;
        if self.agreeing < AGREEING_BLOCKS || heard == self.pressed {
            return None;
        }
        self.pressed = heard;
        heard
    }
}

/// The key whose two tones these mean squares show.
fn recognise(low: &[f64; 4], high: &[f64; 4], energy: f64) -> Option<DtmfDigit> {
    let (row, low_power) = strongest(low)?;
    let (column, high_power) = strongest(high)?;
    let loud = low_power > FLOOR && high_power > FLOOR;
    let balanced = high_power < low_power * HIGH_OVER_LOW && low_power < high_power * LOW_OVER_HIGH;
    let nothing_else = low_power + high_power > SHARE * energy;
    let key = *KEYS.get(row)?.get(column)?;
    (loud && balanced && nothing_else).then(|| DtmfDigit::try_from(key).ok()).flatten()
}

/// The strongest of four, if it stands out of the others.
fn strongest(powers: &[f64; 4]) -> Option<(usize, f64)> {
    let (at, power) = powers.iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let others = powers.iter().enumerate().filter(|&(other, _)| other != at);
    others.into_iter().all(|(_, &other)| power > other * STANDS_OUT).then_some((at, power))
}

/// Power at one frequency (Goertzel's algorithm).
#[derive(Clone, Debug, Default)]
struct Goertzel {
    coefficient: f64,
    last: f64,
    before: f64,
}

impl Goertzel {
    fn new(hz: f64) -> Self {
        Self { coefficient: 2.0 * (TAU * hz / f64::from(SAMPLE_RATE_HZ)).cos(), last: 0.0, before: 0.0 }
    }

    fn add(&mut self, sample: f64) {
        let next = sample + self.coefficient * self.last - self.before;
        self.before = std::mem::replace(&mut self.last, next);
    }

    /// The mean square of the block's component; starts the next block.
    fn take(&mut self) -> f64 {
        let (last, before) = (std::mem::take(&mut self.last), std::mem::take(&mut self.before));
        let magnitude = last * last + before * before - self.coefficient * last * before;
        2.0 * magnitude / (BLOCK * BLOCK) as f64
    }
}
