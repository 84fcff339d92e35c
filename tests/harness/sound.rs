//! Sounds to say, and numbers of what was heard.

use std::{f64::consts::TAU, time::Duration};

use audio::{FRAME_SAMPLES, SAMPLE_RATE_HZ};

/// A pure tone at `dbfs` (peak), 48 kHz mono.
pub fn tone(hz: f64, dbfs: f64, length: Duration) -> Vec<f32> {
    let amplitude = 10f64.powf(dbfs / 20.0);
    let count = (length.as_secs_f64() * f64::from(SAMPLE_RATE_HZ)) as usize;
    (0..count).map(|at| (amplitude * (TAU * hz * at as f64 / f64::from(SAMPLE_RATE_HZ)).sin()) as f32).collect()
}

/// Peak level of one frequency in dBFS, seen through a Hann window; -200 for nothing at all.
pub fn tone_dbfs(samples: &[f32], hz: f64) -> f64 {
    let count = samples.len().max(1) as f64;
    let (mut re, mut im) = (0.0, 0.0);
    for (at, &sample) in samples.iter().enumerate() {
        let window = 1.0 - (TAU * at as f64 / count).cos();
        let (sin, cos) = (TAU * hz * at as f64 / f64::from(SAMPLE_RATE_HZ)).sin_cos();
        re += f64::from(sample) * window * cos;
        im += f64::from(sample) * window * sin;
    }
    20.0 * (2.0 * (re * re + im * im).sqrt() / count).max(1e-10).log10()
}

/// Level of everything in dBFS (RMS); -200 for nothing at all.
pub fn rms_dbfs(samples: &[f32]) -> f64 {
    let energy: f64 = samples.iter().map(|&sample| f64::from(sample).powi(2)).sum();
    10.0 * (energy / samples.len().max(1) as f64).max(1e-20).log10()
}

/// The longest time below -50 dBFS (RMS of 10 ms) in what should be a lasting sound.
pub fn longest_gap(samples: &[f32]) -> Duration {
    let quiet = |frame: &&[f32]| rms_dbfs(frame) < -50.0;
    let mut longest = 0u32;
    let mut now = 0u32;
    for frame in samples.chunks(FRAME_SAMPLES) {
        now = if quiet(&frame) { now + 1 } else { 0 };
        longest = longest.max(now);
    }
    Duration::from_millis(10) * longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_is_measured_as_it_was_made() {
        let sound = tone(1_000.0, -20.0, Duration::from_millis(500));
        assert!((tone_dbfs(&sound, 1_000.0) + 20.0).abs() < 0.1);
        assert!((rms_dbfs(&sound) + 23.0).abs() < 0.1);
        assert!(tone_dbfs(&sound, 1_500.0) < -80.0);
        assert!(tone_dbfs(&[], 440.0) < -150.0);
    }

    #[test]
    fn a_hole_is_measured() {
        let mut sound = tone(1_000.0, -20.0, Duration::from_millis(500));
        assert_eq!(longest_gap(&sound), Duration::ZERO);
        sound[4_800..9_600].fill(0.0);
        assert_eq!(longest_gap(&sound), Duration::from_millis(100));
    }
}
