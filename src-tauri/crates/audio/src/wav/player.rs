//! A WAV file of any rate, form and number of channels as frames.

use std::path::Path;

use super::reader::WavReader;
use crate::{Frame, SAMPLE_RATE_HZ, resample::Resampler};

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
        let reader = WavReader::open(path)?;
        let form = reader.form();
        let resampler = (form.rate_hz != SAMPLE_RATE_HZ).then(|| Resampler::new(form.rate_hz, SAMPLE_RATE_HZ));
        let delay_s = resampler.as_ref().map_or(0.0, Resampler::delay_s);
        let tail = (delay_s * f64::from(form.rate_hz)).ceil() as usize;
        let samples = Samples { reader, channels: form.channels, repeat };
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

/// The samples of a file, mono.
struct Samples {
    reader: WavReader,
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
        self.reader.rewind().ok()?;
        self.mix()
    }

    /// The middle of the first two channels; none at the end or where the file is damaged.
    fn mix(&mut self) -> Option<f32> {
        let left = self.reader.next()?;
        if self.channels == 1 {
            return Some(left);
        }
        let right = self.reader.next()?;
        self.reader.skip(self.channels - 2)?;
        Some((left + right) / 2.0)
    }
}
