//! Delay from mouth to ear by chirps: short sweeps that are found again by correlation.

use std::{f64::consts::TAU, sync::Arc};

use audio::SAMPLE_RATE_HZ;
use model::Instant;

use super::desk::{Desk, Heard};

/// Chirps are so far apart; delays are shorter.
const PERIOD_MS: usize = 500;

/// Length of one.
const CHIRP_MS: usize = 60;

/// It rises from the first to the second, in Hz: what every codec passes.
const SWEEP_HZ: (f64, f64) = (500.0, 1_800.0);

/// Correlation at 8 kHz: an eighth of a millisecond is exact enough.
const DECIMATION: usize = 6;

/// Weaker likenesses are something else.
const LIKENESS: f64 = 0.5;

const PER_MS: usize = SAMPLE_RATE_HZ as usize / 1_000;

/// One chirp that was heard.
#[derive(Clone, Copy, Debug)]
pub struct Delay {
    /// When it began to be spoken.
    pub spoken: Instant,
    /// How long it took to the ear, in ms.
    pub ms: f64,
}

/// Half a second with one chirp at its beginning, over a faint noise: no microphone is ever silent.
pub fn script() -> Arc<[f32]> {
    let mut noise = 1_u32;
    let chirp = chirp();
    (0..PERIOD_MS * PER_MS)
        .map(|at| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = (noise >> 8) as f32 / (1 << 24) as f32 - 0.5;
            chirp.get(at).copied().unwrap_or(0.0) + noise * 1e-3
        })
        .collect()
}

fn chirp() -> Vec<f32> {
    let length = CHIRP_MS * PER_MS;
    let (from, to) = SWEEP_HZ;
    (0..length)
        .map(|at| {
            let share = at as f64 / length as f64;
            let turns = (from + (to - from) * share / 2.0) * at as f64 / f64::from(SAMPLE_RATE_HZ);
            let envelope = (share * std::f64::consts::PI).sin();
            (0.4 * envelope * (turns * TAU).sin()) as f32
        })
        .collect()
}

/// The delays of all chirps that were spoken while `heard` was heard.
pub fn delays(speaker: &Desk, heard: &Heard) -> Vec<Delay> {
    let played = decimated(&heard.samples());
    let chirp = decimated(&chirp());
    (0..)
        .map_while(|number| speaker.spoken_at(number * PERIOD_MS * PER_MS))
        .filter_map(|spoken| {
            let from = heard.sample_at(spoken) / DECIMATION;
            let to = (from + (PERIOD_MS - CHIRP_MS) * PER_MS / DECIMATION + chirp.len()).min(played.len());
            let at = find(&chirp, played.get(from..to)?)? + from;
            let heard = heard.heard_at(at * DECIMATION)?;
            Some(Delay { spoken, ms: heard.since(spoken).as_secs_f64() * 1e3 })
        })
        .collect()
}

fn decimated(samples: &[f32]) -> Vec<f32> {
    samples.chunks_exact(DECIMATION).map(|chunk| chunk.iter().sum::<f32>() / DECIMATION as f32).collect()
}

/// Where `chirp` is in `sound`, if it is there.
fn find(chirp: &[f32], sound: &[f32]) -> Option<usize> {
    let norm = |samples: &[f32]| samples.iter().map(|sample| f64::from(sample * sample)).sum::<f64>().sqrt();
    let of_chirp = norm(chirp);
    let likeness = |window: &[f32]| {
        let product: f64 = window.iter().zip(chirp).map(|(a, b)| f64::from(a * b)).sum();
        product / (of_chirp * norm(window)).max(1e-9)
    };
    let best = sound.windows(chirp.len()).map(likeness).enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b))?;
    (best.1 >= LIKENESS).then_some(best.0)
}
