//! Makes up lost sound for codecs that cannot: repeats the last period of the voice and fades out.

use super::stretch::{OVERLAP, fade_in};

/// Periods looked for: 2.5 ms to 15 ms.
const SHORTEST_PERIOD: usize = 120;
const LONGEST_PERIOD: usize = 720;

/// Samples over which two periods are compared: 10 ms.
const COMPARED: usize = 480;

/// What it wants to see of the past.
pub(super) const HISTORY: usize = LONGEST_PERIOD + COMPARED + OVERLAP;

/// Full level for so long, then down to nothing over the fade: nobody's vowel lasts, and a drone is worse than a pause.
const HOLD: usize = 480;
const FADE: usize = 2_400;

/// The step from the last sample to the repeated period decays over this.
const STEP_DECAY: usize = 96;

/// A sound that goes on without packets.
pub(super) struct Concealer {
    period: Vec<f32>,
    step: f32,
    /// Samples made since the last real one.
    made: usize,
    active: bool,
}

impl Concealer {
    pub(super) fn new() -> Self {
        Self { period: Vec::with_capacity(LONGEST_PERIOD), step: 0.0, made: 0, active: false }
    }

    /// Appends `count` samples that go on from the end of `line`.
    pub(super) fn extend(&mut self, line: &mut Vec<f32>, count: usize) {
        if !self.active {
            self.start(line);
        }
        for _ in 0..count {
            let sample = self.next();
            line.push(sample);
        }
    }

    /// Writes what goes on from the end of `line`, and ends.
    pub(super) fn lead_out(&mut self, line: &[f32], place: &mut [f32]) {
        if !self.active {
            self.start(line);
        }
        place.iter_mut().for_each(|sample| *sample = self.next());
        self.active = false;
    }

    /// Real sound is there again, from `from` in `line` on: blends into it.
    pub(super) fn finish(&mut self, line: &mut [f32], from: usize) {
        if !self.active {
            return;
        }
        for (n, sample) in line.iter_mut().skip(from).take(OVERLAP).enumerate() {
            let made = self.next();
            *sample = made + (*sample - made) * fade_in(n);
        }
        self.active = false;
    }

    /// The sound has ended, unheard.
    pub(super) fn stop(&mut self) {
        self.active = false;
    }

    fn start(&mut self, line: &[f32]) {
        let past = line.get(line.len().saturating_sub(HISTORY)..).unwrap_or_default();
        let length = period(past);
        self.period.clear();
        self.period.extend_from_slice(past.get(past.len().saturating_sub(length)..).unwrap_or_default());
        // The end of the period leads over to what came before its beginning, so that it can be repeated without a seam.
        let blend = OVERLAP.min(length / 4);
        let before = past.len().saturating_sub(length + blend);
        for n in 0..blend {
            let weight = (n + 1) as f32 / (blend + 1) as f32;
            let lead = past.get(before + n).copied().unwrap_or_default();
            if let Some(sample) = self.period.get_mut(length - blend + n) {
                *sample += (lead - *sample) * weight;
            }
        }
        let last = |back: usize| past.len().checked_sub(back).and_then(|n| past.get(n)).copied().unwrap_or_default();
        let expected = 2.0 * last(1) - last(2);
        self.step = expected - self.period.first().copied().unwrap_or_default();
        (self.made, self.active) = (0, true);
    }

    fn next(&mut self) -> f32 {
        let level = 1.0 - (self.made.saturating_sub(HOLD) as f32 / FADE as f32).min(1.0);
        let place = self.made.checked_rem(self.period.len()).unwrap_or(0);
        let step = self.step * (1.0 - self.made as f32 / STEP_DECAY as f32).max(0.0);
        self.made = self.made.saturating_add(1);
        level * (self.period.get(place).copied().unwrap_or_default() + step)
    }
}

/// The period at which the end of `past` repeats itself best.
fn period(past: &[f32]) -> usize {
    let longest = LONGEST_PERIOD.min(past.len().saturating_sub(COMPARED));
    let end = past.get(past.len().saturating_sub(COMPARED)..).unwrap_or_default();
    let alike = |lag: usize, stride: usize| {
        let earlier = past.get(past.len().saturating_sub(COMPARED + lag)..).unwrap_or_default();
        let (mut both, mut energy) = (0.0_f32, 1e-9_f32);
        for (a, b) in end.iter().zip(earlier).step_by(stride) {
            both += a * b;
            energy += b * b;
        }
        both / energy.sqrt()
    };
    let best = |lags: &mut dyn Iterator<Item = usize>, stride| {
        lags.map(|lag| (lag, alike(lag, stride))).max_by(|a, b| a.1.total_cmp(&b.1)).map(|(lag, _)| lag)
    };
    let near = best(&mut (SHORTEST_PERIOD..=longest).step_by(4), 4).unwrap_or(LONGEST_PERIOD.min(past.len()));
    best(&mut (near.saturating_sub(3).max(1)..=(near + 3).min(longest)), 1).unwrap_or(near)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(samples: usize) -> Vec<f32> {
        (0..samples).map(|n| (n as f32 * std::f32::consts::TAU * 150.0 / 48_000.0).sin() * 0.5).collect()
    }

    #[test]
    fn a_tone_goes_on_in_phase_for_20_ms_and_comes_back_without_a_click() {
        let real = tone(9_600);
        let mut line = real[..4_800].to_vec();
        let mut concealer = Concealer::new();
        concealer.extend(&mut line, 960);
        let from = line.len();
        line.extend_from_slice(&real[from..]);
        concealer.finish(&mut line, from);
        let off = line.iter().zip(&real).take(4_800 + 480).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(off < 0.05, "off by {off}");
        let jump = |s: &[f32]| s.windows(2).map(|w| (w[0] - w[1]).abs()).fold(0.0, f32::max);
        assert!(jump(&line) < jump(&real) * 1.5);
    }

    #[test]
    fn it_fades_to_nothing() {
        let mut line = tone(4_800);
        let mut concealer = Concealer::new();
        concealer.extend(&mut line, 9_600);
        assert!(line[4_800 + HOLD + FADE..].iter().all(|s| *s == 0.0));
    }

    #[test]
    fn without_a_past_there_is_silence() {
        let mut line = Vec::new();
        Concealer::new().extend(&mut line, 480);
        assert_eq!(line, [0.0; 480]);
    }
}
