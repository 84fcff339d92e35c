//! What a listener would say (ITU-T G.107), and levels.

use model::Codec;

/// Rating of a perfect narrow-band connection with the default noise and sidetone (G.107 section 7.7).
const BEST_RATING: f64 = 93.2;

/// The score of what cannot be understood.
pub(crate) const WORST_MOS: f64 = 1.0;

/// Estimated mean opinion score, 1 to 4.5, of a connection that makes up `concealed` (0 to 1) of its sound and takes
/// `one_way_ms` from mouth to ear.
pub(crate) fn mos(codec: Codec, concealed: f64, one_way_ms: f64) -> f64 {
    let (equipment, robustness) = impairment(codec);
    let lost = concealed.clamp(0.0, 1.0) * 100.0;
    // G.107 (7-29) for random loss.
    let equipment = equipment + (95.0 - equipment) * lost / (lost + robustness);
    score(BEST_RATING - equipment - delay_impairment(one_way_ms))
}

/// Ie and Bpl. G.711 with concealment is of G.113 appendix I; the others have no figure on the narrow-band scale and are taken as no worse
/// without loss, with the robustness that our concealment of them shows.
fn impairment(codec: Codec) -> (f64, f64) {
    match codec {
        Codec::Opus => (0.0, 20.0),
        Codec::G722 => (0.0, 13.0),
        Codec::Pcmu | Codec::Pcma => (0.0, 25.1),
    }
}

/// Idd (G.107 (7-27)): nothing up to 100 ms, then steeper and steeper.
fn delay_impairment(one_way_ms: f64) -> f64 {
    if one_way_ms <= 100.0 {
        return 0.0;
    }
    let x = (one_way_ms / 100.0).log2();
    25.0 * ((1.0 + x.powi(6)).powf(1.0 / 6.0) - 3.0 * (1.0 + (x / 3.0).powi(6)).powf(1.0 / 6.0) + 2.0)
}

/// Rating to score (G.107 annex B).
fn score(rating: f64) -> f64 {
    let r = rating.clamp(0.0, 100.0);
    (1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7e-6).clamp(WORST_MOS, 4.5)
}

/// Level of a mean power in dBFS, -127 for silence.
pub(crate) fn dbfs(power: f64) -> f64 {
    (10.0 * power.max(1e-20).log10()).max(-127.0)
}

/// Frames of a level: 100 ms.
const LEVEL_FRAMES: u32 = 10;

/// Measures power over 100 ms.
#[derive(Default)]
pub(crate) struct Meter {
    sum: f32,
    frames: u32,
}

impl Meter {
    /// Takes a frame; returns the mean power when 100 ms are full.
    pub(crate) fn frame(&mut self, frame: &[f32]) -> Option<f32> {
        self.sum += frame.iter().map(|s| s * s).sum::<f32>() / frame.len().max(1) as f32;
        self.frames += 1;
        if self.frames < LEVEL_FRAMES {
            return None;
        }
        let power = self.sum / LEVEL_FRAMES as f32;
        *self = Self::default();
        Some(power)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_those_of_the_recommendation() {
        // G.107 annex B: R 93.2 is 4.41, R 70 is 3.6, R 50 is 2.6.
        for (rating, expected) in [(93.2, 4.41), (80.0, 4.02), (70.0, 3.60), (50.0, 2.58), (0.0, 1.0)] {
            assert!((score(rating) - expected).abs() < 0.01, "{rating}: {}", score(rating));
        }
        // G.107: 150 ms cost about half a point of rating less than 400 ms do.
        assert!(delay_impairment(100.0) == 0.0 && delay_impairment(150.0) < 2.0 && delay_impairment(400.0) > 20.0);
    }

    #[test]
    fn loss_and_delay_only_make_it_worse() {
        for codec in [Codec::Opus, Codec::G722, Codec::Pcmu, Codec::Pcma] {
            let by_loss: Vec<f64> = [0.0, 0.01, 0.05, 0.2, 1.0].iter().map(|loss| mos(codec, *loss, 60.0)).collect();
            let by_delay: Vec<f64> = [60.0, 150.0, 300.0, 2_000.0].iter().map(|delay| mos(codec, 0.0, *delay)).collect();
            assert!(by_loss.is_sorted_by(|a, b| a > b), "{by_loss:?}");
            assert!(by_delay.is_sorted_by(|a, b| a > b), "{by_delay:?}");
        }
    }

    #[test]
    fn a_full_scale_sine_is_minus_3_dbfs() {
        let sine: Vec<f32> = (0..480).map(|n| (n as f32 / 480.0 * std::f32::consts::TAU * 10.0).sin()).collect();
        let mut meter = Meter::default();
        let power = (0..10).find_map(|_| meter.frame(&sine)).expect("100 ms");
        assert!((dbfs(f64::from(power)) + 3.01).abs() < 0.01);
        assert_eq!(dbfs(0.0), -127.0);
    }
}
