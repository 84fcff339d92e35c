//! A WAV file of any rate, form and number of channels as frames.

use std::{fs::File, io::BufReader, path::Path};

use hound::{SampleFormat, WavReader};
use model::FileReason;

use super::{in_words, wrong};
use crate::{Frame, SAMPLE_RATE_HZ, resample::Resampler};

/// The rates that make sense for sound; others are damage.
const RATES_HZ: std::ops::RangeInclusive<u32> = 1_000..=768_000;

/// An open file.
pub(super) struct WavPlayer {
    samples: Samples,
    /// None for a file of our own rate, whose samples are played as they are.
    resampler: Option<Resampler>,
    /// Silent samples that still push the last sound out of the resampler.
    tail: usize,
}

impl WavPlayer {
    pub(super) fn open(path: &Path, repeat: bool) -> Result<Self, crate::SoundError> {
        let reader = WavReader::open(path).map_err(|error| in_words(path, &error))?;
        let spec = reader.spec();
        if !RATES_HZ.contains(&spec.sample_rate) {
            return Err(wrong(path, FileReason::UnknownForm));
        }
        if reader.duration() == 0 || spec.channels == 0 {
            return Err(wrong(path, FileReason::NoSound));
        }
        let resampler = (spec.sample_rate != SAMPLE_RATE_HZ).then(|| Resampler::new(spec.sample_rate, SAMPLE_RATE_HZ));
        let delay_s = resampler.as_ref().map_or(0.0, Resampler::delay_s);
        let tail = (delay_s * f64::from(spec.sample_rate)).ceil() as usize;
        let scale = match spec.sample_format {
            SampleFormat::Float => Scale::Float,
            SampleFormat::Int => Scale::Int(1.0 / (1_i64 << (spec.bits_per_sample.clamp(1, 32) - 1)) as f32),
        };
        let samples = Samples { reader, scale, channels: spec.channels, repeat };
        Ok(Self { samples, resampler, tail })
    }

    /// Writes the next frame; false when there was nothing left.
    pub(super) fn fill(&mut self, frame: &mut Frame) -> bool {
        let Self { samples, resampler, tail } = self;
        let mut given = false;
        for place in frame.iter_mut() {
            let mut next = || {
                samples.next().or_else(|| {
                    *tail = tail.checked_sub(1)?;
                    Some(0.0)
                })
            };
            let sample = match resampler {
                Some(resampler) => resampler.pull(next),
                None => next(),
            };
            given |= sample.is_some();
            *place = sample.unwrap_or(0.0);
        }
        given
    }
}

/// How numbers of the file become full scale -1.0 to 1.0.
enum Scale {
    Float,
    Int(f32),
}

/// The samples of a file, mono.
struct Samples {
    reader: WavReader<BufReader<File>>,
    scale: Scale,
    channels: u16,
    repeat: bool,
}

impl Samples {
    fn next(&mut self) -> Option<f32> {
        if let Some(sample) = self.mix() {
            return Some(sample);
        }
        if !self.repeat {
            return None;
        }
        // A file that shrank to nothing meanwhile ends here, too.
        self.reader.seek(0).ok()?;
        self.mix()
    }

    /// The middle of the first two channels; none at the end or where the file is damaged.
    fn mix(&mut self) -> Option<f32> {
        let left = self.one()?;
        if self.channels == 1 {
            return Some(left);
        }
        let right = self.one()?;
        for _ in 2..self.channels {
            self.one()?;
        }
        Some((left + right) / 2.0)
    }

    fn one(&mut self) -> Option<f32> {
        let sample = match self.scale {
            Scale::Float => self.reader.samples::<f32>().next()?.ok()?,
            Scale::Int(scale) => self.reader.samples::<i32>().next()?.ok()? as f32 * scale,
        };
        Some(if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 })
    }
}
