//! Plays a little faster or slower without a change of pitch: takes out or puts in one period of the signal where it is most
//! like itself (WSOLA).

/// Samples over which two periods are blended: 5 ms.
pub(super) const OVERLAP: usize = 240;

/// Shortest and longest piece taken out or put in: 2.5 ms to 15 ms, the periods of voices from 400 Hz to 67 Hz.
pub(super) const SHORTEST: usize = 120;
pub(super) const LONGEST: usize = 720;

/// Below this mean power (-60 dBFS) any place is as good as any other.
const QUIET: f32 = 1e-6;

/// Takes up to `most` samples out of `line` after `from`; returns how many. None where it would be heard.
pub(super) fn shorten(line: &mut Vec<f32>, from: usize, most: usize, likeness: f32) -> usize {
    let Some(lag) = best_lag(line.get(from..).unwrap_or_default(), most, likeness) else { return 0 };
    for n in 0..OVERLAP {
        let late = line.get(from + lag + n).copied().unwrap_or_default();
        if let Some(early) = line.get_mut(from + n) {
            *early += (late - *early) * fade_in(n);
        }
    }
    line.drain(from + OVERLAP..from + OVERLAP + lag);
    lag
}

/// Puts up to `most` samples into `line` after `from`; returns how many. None where it would be heard.
pub(super) fn lengthen(line: &mut Vec<f32>, from: usize, most: usize, likeness: f32) -> usize {
    let Some(lag) = best_lag(line.get(from..).unwrap_or_default(), most, likeness) else { return 0 };
    let mut blend = [0.0; OVERLAP];
    for (n, sample) in blend.iter_mut().enumerate() {
        let early = line.get(from + n).copied().unwrap_or_default();
        let late = line.get(from + lag + n).copied().unwrap_or_default();
        *sample = late + (early - late) * fade_in(n);
    }
    let end = line.len();
    line.resize(end + lag, 0.0);
    line.copy_within(from + OVERLAP..end, from + OVERLAP + lag);
    if let Some(place) = line.get_mut(from + lag..from + lag + OVERLAP) {
        place.copy_from_slice(&blend);
    }
    lag
}

/// Blends into the sound from `from` on what would have gone on without it, and leaves out up to `most` samples of its
/// beginning so that the two meet in phase.
pub(super) fn merge(line: &mut Vec<f32>, from: usize, expected: &[f32; OVERLAP], most: usize) {
    let fresh = line.get(from..).unwrap_or_default();
    let longest = most.min(fresh.len().saturating_sub(OVERLAP));
    let alike = |skip: &usize| likeness(expected, fresh.get(*skip..).unwrap_or_default(), 2);
    let best = (0..=longest).step_by(4).map(|skip| (skip, alike(&skip))).max_by(|a, b| a.1.total_cmp(&b.1));
    let skip = best.map_or(0, |(skip, _)| skip);
    line.drain(from..from + skip);
    for (n, (sample, expected)) in line.iter_mut().skip(from).zip(expected).enumerate() {
        *sample = expected + (*sample - expected) * fade_in(n);
    }
}

/// The weight of what comes in, `n` samples into an overlap: a raised cosine, so that slopes meet too.
pub(super) fn fade_in(n: usize) -> f32 {
    0.5 - 0.5 * (std::f32::consts::PI * (n as f32 + 0.5) / OVERLAP as f32).cos()
}

/// The lag at which `samples` continues most like its beginning; none when nothing is as alike as `likeness` (0 to 1).
fn best_lag(samples: &[f32], most: usize, likeness: f32) -> Option<usize> {
    let longest = most.min(LONGEST).min(samples.len().checked_sub(OVERLAP)?);
    if longest < SHORTEST {
        return None;
    }
    let heard = samples.get(..longest + OVERLAP)?;
    if heard.iter().map(|s| s * s).sum::<f32>() < QUIET * heard.len() as f32 {
        return Some(longest);
    }
    let coarse = (SHORTEST..=longest).step_by(4).map(|lag| (lag, alike(samples, lag, 4)));
    let (near, _) = coarse.max_by(|a, b| a.1.total_cmp(&b.1))?;
    let fine = (near.saturating_sub(3).max(SHORTEST)..=(near + 3).min(longest)).map(|lag| (lag, alike(samples, lag, 1)));
    fine.max_by(|a, b| a.1.total_cmp(&b.1)).filter(|(_, best)| *best >= likeness).map(|(lag, _)| lag)
}

/// Likeness of the first `OVERLAP` samples and those `lag` later.
fn alike(samples: &[f32], lag: usize, stride: usize) -> f32 {
    likeness(samples, samples.get(lag..).unwrap_or_default(), stride)
}

/// Normalised correlation of the first `OVERLAP` samples of two sounds, looking at every `stride`-th.
fn likeness(one: &[f32], other: &[f32], stride: usize) -> f32 {
    let (mut both, mut first, mut second) = (0.0, 1e-9, 1e-9);
    for (a, b) in one.iter().zip(other).take(OVERLAP).step_by(stride) {
        both += a * b;
        first += a * a;
        second += b * b;
    }
    both / f32::sqrt(first * second)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn voice(samples: usize) -> Vec<f32> {
        (0..samples).map(|n| (0..4).map(|h| (n as f32 * 0.0165 * (1 + h) as f32).sin() * 0.1).sum()).collect()
    }

    fn steepest(samples: &[f32]) -> f32 {
        samples.windows(3).map(|w| (w[0] - 2.0 * w[1] + w[2]).abs()).fold(0.0, f32::max)
    }

    #[test]
    fn taking_out_and_putting_in_leave_no_click() {
        let plain = voice(4_000);
        for from in [0, 333, 1_000] {
            let (mut shorter, mut longer) = (plain.clone(), plain.clone());
            let out = shorten(&mut shorter, from, LONGEST, 0.8);
            let more = lengthen(&mut longer, from, LONGEST, 0.8);
            assert!(out > 0 && shorter.len() == plain.len() - out);
            assert!(more > 0 && longer.len() == plain.len() + more);
            assert!(steepest(&shorter) < steepest(&plain) * 1.3);
            assert!(steepest(&longer) < steepest(&plain) * 1.3);
        }
    }

    #[test]
    fn a_merge_finds_the_phase() {
        let plain = voice(4_000);
        let expected: [f32; OVERLAP] = plain[2_000..2_000 + OVERLAP].try_into().expect("the length of an overlap");
        // What goes on is 3 ms behind what is expected.
        let mut line = [&plain[..2_000], &plain[2_000 - 144..]].concat();
        merge(&mut line, 2_000, &expected, 480);
        assert!(steepest(&line) < steepest(&plain) * 1.3);
    }

    #[test]
    fn too_little_to_work_on_is_left_alone() {
        for length in [0, 100, OVERLAP, OVERLAP + SHORTEST - 1] {
            let mut line = voice(length);
            assert_eq!(shorten(&mut line, 0, LONGEST, 0.0), 0);
            assert_eq!(lengthen(&mut line, length, LONGEST, 0.0), 0);
            assert_eq!(line.len(), length);
        }
    }
}
