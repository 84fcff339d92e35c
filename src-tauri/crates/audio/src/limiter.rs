//! Keeps sums inside full scale.

use crate::leg::Frame;

/// The attack takes at least this long, 0.5 ms: a gain that jumps is a click.
const SHORTEST_ATTACK_SAMPLES: usize = 24;

/// Share of the missing gain that comes back in 10 ms. The whole takes about half a second, slow enough that the gain
/// does not follow syllables.
const RELEASE: f32 = 0.06;

/// Turns the whole frame down when the sum is too loud, and slowly up again. A sum that fits passes bit for bit.
#[derive(Debug)]
pub(crate) struct Limiter {
    gain: f32,
}

impl Default for Limiter {
    fn default() -> Self {
        Self { gain: 1.0 }
    }
}

impl Limiter {
    /// Limits a frame to -1.0 to 1.0.
    pub(crate) fn limit(&mut self, frame: &mut Frame) {
        let peak = frame.iter().fold(0f32, |peak, sample| peak.max(sample.abs()));
        if peak <= 1.0 && self.gain == 1.0 {
            return;
        }
        let allowed = if peak > 1.0 { 1.0 / peak } else { 1.0 };
        let (target, ramp) = if allowed < self.gain {
            // The whole frame is known, so the gain can be down before the first sample that needs it.
            let first = frame.iter().position(|sample| sample.abs() * self.gain > 1.0).unwrap_or_default();
            (allowed, first.max(SHORTEST_ATTACK_SAMPLES))
        } else {
            let released = self.gain + (1.0 - self.gain) * RELEASE;
            (if released > 0.9995 { 1.0 } else { released }.min(allowed), frame.len())
        };
        let step = (target - self.gain) / ramp as f32;
        for (at, sample) in frame.iter_mut().enumerate() {
            let gain = if at + 1 < ramp { self.gain + step * (at + 1) as f32 } else { target };
            *sample = (*sample * gain).clamp(-1.0, 1.0);
        }
        self.gain = target;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::leg::FRAME_SAMPLES;

    fn sine(amplitude: f32, frame: usize) -> Frame {
        std::array::from_fn(|i| amplitude * ((frame * FRAME_SAMPLES + i) as f32 * std::f32::consts::TAU * 440.0 / 48_000.0).sin())
    }

    #[test]
    fn what_fits_passes_bit_for_bit() {
        let mut limiter = Limiter::default();
        let mut frame = sine(1.0, 0);
        limiter.limit(&mut frame);
        assert_eq!(frame, sine(1.0, 0));
    }

    #[test]
    fn a_sum_twice_too_loud_is_turned_down_without_distortion_and_comes_back_within_a_second() {
        let mut limiter = Limiter::default();
        let mut last = 0.0;
        let mut steepest = 0f32;
        for number in 0..50 {
            let mut frame = sine(2.0, number);
            limiter.limit(&mut frame);
            assert!(frame.iter().all(|sample| sample.abs() <= 1.0));
            for &sample in &frame {
                steepest = steepest.max((sample - last).abs());
                last = sample;
            }
        }
        // A clean sine of amplitude 2 moves by 0.115 per sample at most.
        assert!(steepest < 0.12, "{steepest}");
        let mut loudest_error = 0f32;
        let mut frame = sine(2.0, 50);
        limiter.limit(&mut frame);
        for (limited, clean) in frame.iter().zip(sine(1.0, 50)) {
            loudest_error = loudest_error.max((limited - clean).abs());
        }
        assert!(loudest_error < 1e-2, "{loudest_error}");
        for _ in 0..130 {
            limiter.limit(&mut sine(0.5, 0));
        }
        assert_eq!(limiter.gain, 1.0);
    }
}
