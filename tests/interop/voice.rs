//! Something to say that no line invents by itself, and numbers of how much of it was heard.

use std::{
    f64::consts::TAU,
    fmt,
    path::{Path, PathBuf},
    sync::OnceLock,
    time::Duration,
};

use tests::{rms_dbfs, tone_dbfs};

/// Rate of everything that is spoken and recorded.
const RATE_HZ: u32 = 48_000;

/// Comparing is done at this many samples less: 8 kHz, which every codec carries.
const THINNING: usize = 6;

/// Samples of a 10 ms step at the thinned rate.
const STEP: usize = 80;

/// Samples of a block that is looked for by itself, 100 ms at the thinned rate.
const BLOCK: usize = 10 * STEP;

/// How far a block may lie from where the one before it was, at the thinned rate: a jitter buffer stretches and shrinks.
const STRAY: usize = 4 * STEP;

/// Blocks of the voice below this level are its pauses, and prove nothing.
const PAUSE_DBFS: f64 = -35.0;

/// A block that resembles what was said less than this was not heard.
const HEARD: f64 = 0.6;

/// A recording, or what was said; 48 kHz mono, in full scales.
#[derive(Clone, Debug)]
pub(crate) struct Sound(pub(crate) Vec<f32>);

/// How much of what was said is in a recording.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Likeness {
    /// Share of the spoken blocks of 100 ms that are there.
    pub(crate) heard: f64,
    /// Correlation of the block in the middle of the ranking.
    pub(crate) median: f64,
    /// The longest part of the speech in a row that is not there.
    pub(crate) longest_hole: Duration,
    /// How much later in the recording.
    pub(crate) delay: Duration,
}

impl fmt::Display for Likeness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = self.heard * 100.0;
        write!(f, "{percent:.0} % heard, correlation {:.3}, hole {:?}, after {:?}", self.median, self.longest_hole, self.delay)
    }
}

/// A file with the voice, 3.2 s long; made once.
pub(crate) fn voice_file() -> &'static Path {
    static FILE: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    &FILE.get_or_init(|| voice_repeated(1)).1
}

/// A file with the voice over and over, for whoever begins to listen later.
pub(crate) fn long_voice_file() -> &'static Path {
    static FILE: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    &FILE.get_or_init(|| voice_repeated(8)).1
}

fn voice_repeated(times: usize) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder for the voice");
    let path = folder.path().join("voice.wav");
    Sound(voice().0.repeat(times)).write(&path);
    (folder, path)
}

/// Syllables of a gliding pitch with two formants, none like another.
pub(crate) fn voice() -> Sound {
    // Numerical Recipes' generator: the same voice everywhere.
    let mut state = 7_u32;
    let mut random = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / f64::from(1_u32 << 24)
    };
    let mut samples = Vec::new();
    for _ in 0..13 {
        let (from, to) = (100.0 + 110.0 * random(), 100.0 + 110.0 * random());
        let formants = [300.0 + 500.0 * random(), 900.0 + 1_500.0 * random()];
        let count = (f64::from(RATE_HZ) * (0.14 + 0.07 * random())) as usize;
        let mut phase = 0.0;
        for at in 0..count {
            let along = at as f64 / count as f64;
            let pitch = from + (to - from) * along;
            phase += TAU * pitch / f64::from(RATE_HZ);
            let swell = (along * std::f64::consts::PI).sin().sqrt();
            let partial = |n: f64| {
                let hz = n * pitch;
                let weight: f64 = formants.iter().map(|formant| 1.0 / (1.0 + ((hz - formant) / 120.0).powi(2))).sum();
                weight * (n * phase).sin()
            };
            let sum: f64 = (1..18).map(|n| partial(f64::from(n))).sum();
            samples.push((0.12 * swell * sum) as f32);
        }
        samples.extend(std::iter::repeat_n(0.0, RATE_HZ as usize / 15));
    }
    Sound(samples)
}

impl Sound {
    /// Reads a WAV file of any rate and 16 bits.
    pub(crate) fn read(path: &Path) -> Self {
        Self::read_channel(path, 0)
    }

    /// Reads the right of one.
    pub(crate) fn read_right(path: &Path) -> Self {
        Self::read_channel(path, 1)
    }

    fn read_channel(path: &Path, channel: usize) -> Self {
        let mut file = hound::WavReader::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let spec = file.spec();
        let full_scale = f32::from(i16::MAX);
        let samples: Vec<f32> = file
            .samples::<i16>()
            .skip(channel)
            .step_by(usize::from(spec.channels))
            .map_while(|sample| sample.ok().map(|sample| f32::from(sample) / full_scale))
            .collect();
        Self(at_48_khz(&samples, spec.sample_rate))
    }

    /// Writes it as 16 bits.
    pub(crate) fn write(&self, path: &Path) {
        let spec =
            hound::WavSpec { channels: 1, sample_rate: RATE_HZ, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
        let mut file = hound::WavWriter::create(path, spec).expect("a WAV file can be made");
        for sample in &self.0 {
            file.write_sample((sample * f32::from(i16::MAX)) as i16).expect("a sample can be written");
        }
        file.finalize().expect("the file can be completed");
    }

    /// A part of it.
    pub(crate) fn part(&self, from: Duration, length: Duration) -> &[f32] {
        let index = |time: Duration| ((time.as_secs_f64() * f64::from(RATE_HZ)) as usize).min(self.0.len());
        &self.0[index(from)..index(from + length)]
    }

    /// Its length.
    pub(crate) fn length(&self) -> Duration {
        Duration::from_secs_f64(self.0.len() as f64 / f64::from(RATE_HZ))
    }

    /// For how long, in steps of 100 ms, a tone of `hz` makes up most of it.
    pub(crate) fn time_of_tone(&self, hz: f64) -> Duration {
        let tenth = RATE_HZ as usize / 10;
        let is_tone = |part: &&[f32]| {
            let level = rms_dbfs(part);
            // The peak of a sine is 3 dB above its RMS.
            level > -45.0 && (tone_dbfs(part, hz) - 3.0 - level).abs() < 2.0
        };
        Duration::from_millis(100) * self.0.chunks_exact(tenth).filter(is_tone).count() as u32
    }

    /// How long it lasts until a tone of `hz` begins, in steps of 20 ms; none when it never does.
    pub(crate) fn silence_before(&self, hz: f64) -> Option<Duration> {
        let step = RATE_HZ as usize / 50;
        let begins = self.0.chunks_exact(step).position(|part| tone_dbfs(part, hz) > -45.0)?;
        Some(Duration::from_millis(20) * begins as u32)
    }

    /// For how long, in steps of 100 ms, there is any sound.
    pub(crate) fn time_of_sound(&self) -> Duration {
        let tenth = RATE_HZ as usize / 10;
        Duration::from_millis(100) * self.0.chunks_exact(tenth).filter(|part| rms_dbfs(part) > -45.0).count() as u32
    }

    /// How much of `said` it contains.
    pub(crate) fn likeness(&self, said: &Self) -> Likeness {
        let (said, heard) = (thinned(&said.0), thinned(&self.0));
        let tried = coarse_lags(&said, &heard).into_iter().map(|lag| likeness_at(&said, &heard, lag));
        let best = tried.max_by(|a, b| a.heard.total_cmp(&b.heard).then(a.median.total_cmp(&b.median)));
        best.unwrap_or_else(|| likeness_at(&said, &heard, 0))
    }
}

/// How much of `said` is in `heard` when it begins there after `lag` samples.
fn likeness_at(said: &[f32], heard: &[f32], mut lag: usize) -> Likeness {
    let delay = Duration::from_millis((lag * 10 / STEP) as u64);
    let mut found: Vec<f64> = Vec::new();
    let (mut hole, mut longest) = (0_u32, 0_u32);
    for (number, block) in said.chunks_exact(BLOCK).enumerate() {
        if rms_dbfs(block) < PAUSE_DBFS {
            continue;
        }
        // What was lost may have moved the rest: a buffer that ran dry starts again with another delay.
        let stray = STRAY * (1 + hole.min(4) as usize);
        let (best, at) = best_place(block, heard, number * BLOCK + lag, stray);
        if best > HEARD {
            lag = at.saturating_sub(number * BLOCK);
            hole = 0;
        } else {
            hole += 1;
            longest = longest.max(hole);
        }
        found.push(best);
    }
    found.sort_by(f64::total_cmp);
    let share = found.iter().filter(|like| **like > HEARD).count() as f64 / found.len().max(1) as f64;
    let median = found.get(found.len() / 2).copied().unwrap_or_default();
    Likeness { heard: share, median, longest_hole: Duration::from_millis(100) * longest, delay }
}

/// Where `block` fits `heard` best within `stray` of `around`, and how well.
fn best_place(block: &[f32], heard: &[f32], around: usize, stray: usize) -> (f64, usize) {
    let places = around.saturating_sub(stray)..=around + stray;
    let fits = places.filter_map(|at| heard.get(at..at + block.len()).map(|there| (correlation(block, there), at)));
    fits.fold((0.0, around), |best, fit| if fit.0 > best.0 { fit } else { best })
}

/// The lags, in samples, at which the loudness of both goes together best: one syllable later looks nearly as good.
fn coarse_lags(said: &[f32], heard: &[f32]) -> Vec<usize> {
    let (said, heard) = (loudness(said), loudness(heard));
    let places = heard.len().saturating_sub(said.len() / 2);
    let fit = |lag: usize| -> f64 { said.iter().zip(&heard[lag..]).map(|(said, heard)| said * heard).sum() };
    let fits: Vec<f64> = (0..places).map(fit).collect();
    let is_top = |at: &usize| fits[at.saturating_sub(3)..fits.len().min(at + 4)].iter().all(|near| *near <= fits[*at]);
    let mut tops: Vec<usize> = (0..places).filter(is_top).collect();
    tops.sort_by(|a, b| fits[*b].total_cmp(&fits[*a]));
    tops.into_iter().take(8).map(|lag| lag * STEP).collect()
}

/// RMS per 10 ms around its mean.
fn loudness(samples: &[f32]) -> Vec<f64> {
    let steps: Vec<f64> = samples.chunks_exact(STEP).map(|step| 10_f64.powf(rms_dbfs(step).max(-90.0) / 20.0)).collect();
    let mean = steps.iter().sum::<f64>() / steps.len().max(1) as f64;
    steps.into_iter().map(|step| step - mean).collect()
}

fn correlation(a: &[f32], b: &[f32]) -> f64 {
    let (mut ab, mut aa, mut bb) = (0.0_f64, 1e-9_f64, 1e-9_f64);
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (f64::from(*a), f64::from(*b));
        ab += a * b;
        aa += a * a;
        bb += b * b;
    }
    ab / (aa * bb).sqrt()
}

/// Every sixth sample, after an average over six.
fn thinned(samples: &[f32]) -> Vec<f32> {
    samples.chunks_exact(THINNING).map(|chunk| chunk.iter().sum::<f32>() / THINNING as f32).collect()
}

/// Each sample repeated or left out, which is enough to compare at 8 kHz.
fn at_48_khz(samples: &[f32], rate_hz: u32) -> Vec<f32> {
    if rate_hz == RATE_HZ {
        return samples.to_vec();
    }
    let step = f64::from(rate_hz) / f64::from(RATE_HZ);
    let count = (samples.len() as f64 / step) as usize;
    (0..count).filter_map(|at| samples.get((at as f64 * step) as usize).copied()).collect()
}

mod measuring {
    use super::*;

    /// The voice as a phone might have heard it: later, quieter, a little longer, with a hole.
    fn heard_with_hole(hole: Duration) -> Sound {
        let said = voice();
        let mut samples = vec![0.0; 24_000];
        samples.extend(said.part(Duration::ZERO, Duration::from_secs(1)).iter().map(|sample| sample * 0.4));
        // A jitter buffer has stretched by 15 ms.
        samples.extend(said.part(Duration::from_millis(985), Duration::from_secs(9)).iter().map(|sample| sample * 0.4));
        let from = 24_000 + 72_000;
        samples[from..from + (hole.as_secs_f64() * 48_000.0) as usize].fill(0.0);
        Sound(samples)
    }

    #[test]
    fn what_was_said_is_found_later_and_quieter() {
        let likeness = heard_with_hole(Duration::ZERO).likeness(&voice());
        assert!(likeness.heard > 0.95 && likeness.median > 0.95, "{likeness}");
        assert!(likeness.delay.abs_diff(Duration::from_millis(500)) <= Duration::from_millis(20), "{likeness}");
    }

    #[test]
    fn a_hole_in_what_was_heard_shows() {
        let likeness = heard_with_hole(Duration::from_millis(400)).likeness(&voice());
        assert!(likeness.heard < 0.9 && likeness.longest_hole >= Duration::from_millis(200), "{likeness}");
    }

    #[test]
    fn another_sound_is_not_what_was_said() {
        let other = Sound(tests::tone(440.0, -10.0, Duration::from_secs(4)));
        let likeness = other.likeness(&voice());
        assert!(likeness.heard < 0.3, "{likeness}");
        assert!(other.time_of_tone(440.0) >= Duration::from_millis(3_900));
        assert_eq!(other.time_of_tone(1_000.0), Duration::ZERO);
    }
}
