//! WAV files as recorders, editors and pipes really write them: any chunks before the sound, with or without the byte that fills
//! an odd one up; sizes that a pipe could not know; a last sample that is not whole.

use std::{
    fs::File,
    io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom},
    path::Path,
};

use model::FileReason;

use super::{file_reason, wrong};
use crate::SoundError;

/// The rates that make sense for sound; others are damage.
const RATES_HZ: std::ops::RangeInclusive<u32> = 1_000..=768_000;

/// More than that of a description of the form has no meaning here.
const LONGEST_FORM: u64 = 64;

/// What cannot be read as fast as it is played, whatever the disk: 64 channels of studio quality are a sixth of it.
const MOST_BYTES_A_SECOND: u64 = 100_000_000;

/// Chunks before the sound; recorders write a handful. Each costs a look, and a file may hold a billion of them.
const MOST_CHUNKS: usize = 1_000;

/// A file, open at its first sample.
pub(super) struct WavReader {
    file: BufReader<File>,
    form: Form,
    first: u64,
    /// Bytes of sound, whole samples of all channels.
    length: u64,
    left: u64,
}

/// What the samples are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Form {
    pub channels: u16,
    pub rate_hz: u32,
    sample: Sample,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sample {
    /// Eight bits without a sign.
    Byte,
    /// So many bytes with a sign, lowest first.
    Int(usize),
    Float,
    Double,
}

impl Sample {
    fn bytes(self) -> usize {
        match self {
            Self::Byte => 1,
            Self::Int(bytes) => bytes,
            Self::Float => 4,
            Self::Double => 8,
        }
    }
}

impl WavReader {
    pub(super) fn open(path: &Path) -> Result<Self, SoundError> {
        let as_fault = |error: io::Error| match error.kind() {
            ErrorKind::UnexpectedEof => wrong(path, FileReason::NotWav),
            _ => wrong(path, file_reason(&error)),
        };
        let file = File::open(path).map_err(as_fault)?;
        // What is no file on a disk has no length, and ends where it ends.
        let whole = file.metadata().map_err(as_fault)?;
        let whole = if whole.is_file() { whole.len() } else { u64::MAX };
        let mut file = Counted { file: BufReader::new(file), at: 0 };
        let [riff, size, wave] = file.words().map_err(as_fault)?;
        // RF64 (EBU Tech 3306) is for more than four gigabytes; its sizes are not needed to read it to its end.
        if !matches!(&riff, b"RIFF" | b"RF64") || &wave != b"WAVE" {
            return Err(wrong(path, FileReason::NotWav));
        }
        let (mut form, mut chunks) = (None, 0);
        let length = loop {
            chunks += 1;
            if chunks > MOST_CHUNKS {
                return Err(wrong(path, FileReason::NotWav));
            }
            let [kind, length] = file.words().map_err(as_fault)?;
            let length = u64::from(u32::from_le_bytes(length));
            match &kind {
                b"fmt " => {
                    let described = file.bytes(length.min(LONGEST_FORM)).map_err(as_fault)?;
                    file.skip(length.saturating_sub(LONGEST_FORM)).map_err(as_fault)?;
                    form = Some(Form::read(&described).map_err(|reason| wrong(path, reason))?);
                }
                b"data" => break length,
                _ => file.skip(length).map_err(as_fault)?,
            }
            if !length.is_multiple_of(2) {
                file.skip_fill_byte().map_err(as_fault)?;
            }
        };
        let Some(form) = form else { return Err(wrong(path, FileReason::NotWav)) };
        let there = whole.saturating_sub(file.at);
        // A pipe writes its sound behind a size of nothing, or of everything; then the size of the whole is no better.
        let is_known = u64::from(u32::from_le_bytes(size)) + 8 == whole || whole == u64::MAX;
        let length = if length == 0 && !is_known { there } else { length.min(there) };
        let length = length - length % form.bytes();
        if length == 0 {
            return Err(wrong(path, FileReason::NoSound));
        }
        Ok(Self { first: file.at, file: file.file, form, length, left: length })
    }

    pub(super) fn form(&self) -> Form {
        self.form
    }

    /// The next sample, of one channel after the other; none at the end or where the file is damaged.
    pub(super) fn next(&mut self) -> Option<f32> {
        let mut bytes = [0; 8];
        let size = self.form.sample.bytes();
        self.left = self.left.checked_sub(size as u64)?;
        let bytes = bytes.get_mut(..size)?;
        self.file.read_exact(bytes).ok()?;
        let sample = match (self.form.sample, &*bytes) {
            (Sample::Byte, [byte]) => (f32::from(*byte) - 128.0) / 128.0,
            (Sample::Int(_), bytes) => {
                // From the highest byte on, so that the sign is where it belongs.
                let whole =
                    bytes.iter().rev().enumerate().fold(0_u32, |whole, (n, byte)| whole | u32::from(*byte) << (24 - 8 * n));
                whole as i32 as f32 / 2_147_483_648.0
            }
            (Sample::Float, bytes) => f32::from_le_bytes(bytes.try_into().ok()?),
            (Sample::Double, bytes) => f64::from_le_bytes(bytes.try_into().ok()?) as f32,
            (Sample::Byte, _) => return None,
        };
        Some(if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 })
    }

    /// Passes over so many samples; none at the end.
    pub(super) fn skip(&mut self, samples: u16) -> Option<()> {
        let bytes = self.form.sample.bytes() as u64 * u64::from(samples);
        self.left = self.left.checked_sub(bytes)?;
        let skipped = io::copy(&mut self.file.by_ref().take(bytes), &mut io::sink()).ok()?;
        (skipped == bytes).then_some(())
    }

    /// Back to the first sample; not where the file is a pipe.
    pub(super) fn rewind(&mut self) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.first))?;
        self.left = self.length;
        Ok(())
    }
}

impl Form {
    /// Reads a `fmt ` chunk.
    fn read(bytes: &[u8]) -> Result<Self, FileReason> {
        const PCM: u16 = 1;
        const FLOAT: u16 = 3;
        /// The form is where the sub-format begins (`WAVEFORMATEXTENSIBLE`).
        const EXTENSIBLE: u16 = 0xFFFE;
        let word = |at: usize| Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
        let long = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
        let read = || Some((word(0)?, word(2)?, long(4)?, word(12)?, word(14)?));
        let (tag, channels, rate_hz, block, bits) = read().ok_or(FileReason::NotWav)?;
        let tag = if tag == EXTENSIBLE { word(24).ok_or(FileReason::NotWav)? } else { tag };
        if channels == 0 {
            return Err(FileReason::NoSound);
        }
        // A sample may lie in more bytes than it needs, at their upper end.
        let own = bits.div_ceil(8);
        let container = Some(block / channels).filter(|bytes| bytes * channels == block && *bytes >= own).unwrap_or(own);
        let sample = match (tag, container) {
            (PCM, 1) => Sample::Byte,
            (PCM, 2..=4) => Sample::Int(container.into()),
            (FLOAT, 4) => Sample::Float,
            (FLOAT, 8) => Sample::Double,
            _ => return Err(FileReason::UnknownForm),
        };
        if !RATES_HZ.contains(&rate_hz) {
            return Err(FileReason::UnknownForm);
        }
        let form = Self { channels, rate_hz, sample };
        if form.bytes() * u64::from(rate_hz) > MOST_BYTES_A_SECOND {
            return Err(FileReason::UnknownForm);
        }
        Ok(form)
    }

    /// Of one sample of each channel.
    fn bytes(self) -> u64 {
        self.sample.bytes() as u64 * u64::from(self.channels)
    }
}

/// A file that is read from its start, whether it can be moved in or not.
struct Counted {
    file: BufReader<File>,
    at: u64,
}

impl Counted {
    /// Pieces of four bytes.
    fn words<const N: usize>(&mut self) -> io::Result<[[u8; 4]; N]> {
        let mut words = [[0; 4]; N];
        for word in &mut words {
            self.file.read_exact(word)?;
            self.at += 4;
        }
        Ok(words)
    }

    fn bytes(&mut self, count: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.at += self.file.by_ref().take(count).read_to_end(&mut bytes)? as u64;
        Ok(bytes)
    }

    fn skip(&mut self, count: u64) -> io::Result<()> {
        let skipped = io::copy(&mut self.file.by_ref().take(count), &mut io::sink())?;
        self.at += skipped;
        if skipped < count { Err(ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }

    /// The byte after an odd chunk is zero; where it is missing, the next chunk's name begins.
    fn skip_fill_byte(&mut self) -> io::Result<()> {
        let next = std::io::BufRead::fill_buf(&mut self.file)?.first().copied();
        if next == Some(0) { self.skip(1) } else { Ok(()) }
    }
}
