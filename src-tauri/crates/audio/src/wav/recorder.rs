//! Frames written to a WAV file by a thread of its own, so that a slow disk holds nobody up.

use std::{
    fs::File,
    io::BufWriter,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
};

use hound::{WavSpec, WavWriter};

use super::{in_words, wrong};
use crate::{Frame, SAMPLE_RATE_HZ, SoundError};

/// Frames that may wait for the disk: 10 s, a megabyte.
const WAITING_FRAMES: usize = 1_000;

/// The file's header is brought up to date this often: what a killed process leaves lacks half a second at most.
const FRAMES_PER_FLUSH: u32 = 50;

/// A file being written. Dropping it completes the file.
pub(super) struct Recorder {
    frames: Option<SyncSender<Frame>>,
    /// Frames that the disk was too slow for; silence in the file.
    lost: Arc<AtomicU32>,
    trouble: Arc<Mutex<Option<SoundError>>>,
    thread: Option<JoinHandle<()>>,
}

impl Recorder {
    /// Makes the file, or empties it.
    pub(super) fn create(path: &Path) -> Result<Self, SoundError> {
        let spec =
            WavSpec { channels: 1, sample_rate: SAMPLE_RATE_HZ, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
        let mut writer = WavWriter::create(path, spec).map_err(|error| in_words(path, &error))?;
        writer.flush().map_err(|error| in_words(path, &error))?;
        let (frames, waiting) = sync_channel(WAITING_FRAMES);
        let lost = Arc::new(AtomicU32::new(0));
        let trouble = Arc::new(Mutex::new(None));
        let file = Writing { path: path.to_owned(), writer, lost: Arc::clone(&lost) };
        let told = Arc::clone(&trouble);
        let thread = thread::Builder::new()
            .name("wav-writer".to_owned())
            .spawn(move || {
                let path = file.path.clone();
                if let Err(error) = file.write_all(&waiting) {
                    let error = in_words(&path, &error);
                    tracing::warn!(%error, "the recording ends early");
                    *told.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                }
            })
            .map_err(|error| wrong(path, &error.to_string()))?;
        Ok(Self { frames: Some(frames), lost, trouble, thread: Some(thread) })
    }

    /// Takes a frame; never waits.
    pub(super) fn take(&self, frame: &Frame) {
        // A thread that ended has left its reason in `trouble`; then counting is harmless.
        if self.frames.as_ref().is_some_and(|frames| frames.try_send(*frame).is_err()) {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Why the recording ended early, if it did.
    pub(super) fn trouble(&self) -> Option<SoundError> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.frames = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread of a recording panicked");
        }
    }
}

/// The file on its thread.
struct Writing {
    path: PathBuf,
    writer: WavWriter<BufWriter<File>>,
    lost: Arc<AtomicU32>,
}

impl Writing {
    fn write_all(mut self, frames: &Receiver<Frame>) -> Result<(), hound::Error> {
        let mut until_flush = FRAMES_PER_FLUSH;
        for frame in frames {
            // Silence for what was lost keeps the rest in its place in time, to within the queue.
            for _ in 0..self.lost.swap(0, Ordering::Relaxed) {
                self.write(&[0.0; crate::FRAME_SAMPLES])?;
            }
            self.write(&frame)?;
            until_flush -= 1;
            if until_flush == 0 {
                self.writer.flush()?;
                until_flush = FRAMES_PER_FLUSH;
            }
        }
        self.writer.finalize()
    }

    fn write(&mut self, frame: &Frame) -> Result<(), hound::Error> {
        let full_scale = f32::from(i16::MAX);
        frame.iter().try_for_each(|sample| {
            // A float becomes an integer by saturating, and what is not a number becomes zero.
            self.writer.write_sample((sample * full_scale).round() as i16)
        })
    }
}
