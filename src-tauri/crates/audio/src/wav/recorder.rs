//! Frames written to a file by a thread of its own, so that a slow disk holds nobody up.

use std::{
    fs::File,
    io::{self, BufWriter, Seek, Write},
    mem,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, AtomicUsize, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    thread::{self, JoinHandle},
};

use hound::{WavSpec, WavWriter};
use model::FileReason;

use super::{file_reason, in_words, wrong};
use crate::{FRAME_SAMPLES, Frame, SAMPLE_RATE_HZ, SoundError, ogg::OggOpus};

/// Sound that may wait for the disk: 10 s, two megabytes per channel, which are taken only while it waits.
const WAITING_FRAMES: usize = 1_000;

/// Frames handed over at once: waking the thread costs more than what it does with one of them.
const FRAMES_TOGETHER: usize = 10;

/// The file's header is brought up to date this often: what a killed process leaves lacks half a second at most.
const FRAMES_PER_FLUSH: usize = 50;

/// A file of `N` channels being written. Dropping it completes the file.
pub(crate) struct Recorder<const N: usize> {
    to_file: Sender<Message<N>>,
    /// What has not been handed over yet.
    gathered: Mutex<Vec<[Frame; N]>>,
    /// How many frames wait for the disk.
    waiting: Arc<AtomicUsize>,
    /// Frames that the disk was too slow for; silence in the file.
    lost: Arc<AtomicU32>,
    trouble: Arc<Mutex<Option<SoundError>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What a file of `N` channels is made of.
pub(crate) trait Form<const N: usize>: Send {
    /// Takes 10 ms of each channel.
    fn write(&mut self, sides: &[Frame; N]) -> Result<(), hound::Error>;

    /// Brings the file up to date.
    fn flush(&mut self) -> Result<(), hound::Error>;

    /// Completes the file.
    fn finish(self: Box<Self>) -> Result<(), hound::Error>;
}

enum Message<const N: usize> {
    Sound(Vec<[Frame; N]>),
    End,
}

impl<const N: usize> Recorder<N> {
    /// Makes the file, or empties it.
    pub(crate) fn create(path: &Path) -> Result<Self, SoundError> {
        Self::over(path, File::create(path))
    }

    /// Makes a file that is not there yet.
    pub(crate) fn create_new(path: &Path) -> Result<Self, SoundError> {
        Self::over(path, File::create_new(path))
    }

    fn over(path: &Path, file: io::Result<File>) -> Result<Self, SoundError> {
        let file = file.map_err(|error| in_words(path, &hound::Error::IoError(error)))?;
        Self::in_wav(path, BufWriter::new(file))
    }

    /// Writes WAV to anything; `path` is what it is called in words.
    pub(super) fn in_wav(path: &Path, file: impl Write + Seek + Send + 'static) -> Result<Self, SoundError> {
        let channels = u16::try_from(N).map_err(|_| wrong(path, FileReason::UnknownForm))?;
        let spec =
            WavSpec { channels, sample_rate: SAMPLE_RATE_HZ, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
        let mut writer = WavWriter::new(file, spec).map_err(|error| in_words(path, &error))?;
        writer.flush().map_err(|error| in_words(path, &error))?;
        Self::start(path, Box::new(writer))
    }

    fn start(path: &Path, form: Box<dyn Form<N>>) -> Result<Self, SoundError> {
        let (to_file, messages) = channel();
        let waiting = Arc::new(AtomicUsize::new(0));
        let lost = Arc::new(AtomicU32::new(0));
        let trouble = Arc::new(Mutex::new(None));
        let file = Writing { path: path.to_owned(), form, waiting: Arc::clone(&waiting), lost: Arc::clone(&lost) };
        let told = Arc::clone(&trouble);
        let thread = thread::Builder::new()
            .name("recorder".to_owned())
            .spawn(move || {
                let path = file.path.clone();
                if let Err(error) = file.write_all(&messages) {
                    let error = in_words(&path, &error);
                    tracing::warn!(%error, "the recording ends early");
                    *told.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                }
            })
            .map_err(|error| wrong(path, file_reason(&error)))?;
        let gathered = Mutex::new(Vec::with_capacity(FRAMES_TOGETHER));
        Ok(Self { to_file, gathered, waiting, lost, trouble, thread: Mutex::new(Some(thread)) })
    }

    /// Takes a frame of each channel; never waits.
    pub(crate) fn take(&self, sides: [&Frame; N]) {
        let mut gathered = self.gathered.lock().unwrap_or_else(PoisonError::into_inner);
        gathered.push(sides.map(|side| *side));
        if gathered.len() == FRAMES_TOGETHER {
            self.hand_over(&mut gathered);
        }
    }

    fn hand_over(&self, gathered: &mut Vec<[Frame; N]>) {
        let frames = mem::replace(gathered, Vec::with_capacity(FRAMES_TOGETHER));
        let count = frames.len();
        if count == 0 {
            return;
        }
        let has_room = self.waiting.fetch_add(count, Ordering::Relaxed) + count <= WAITING_FRAMES;
        // A thread that ended has left its reason in `trouble`; then counting is harmless.
        if !has_room || self.to_file.send(Message::Sound(frames)).is_err() {
            self.waiting.fetch_sub(count, Ordering::Relaxed);
            self.lost.fetch_add(u32::try_from(count).unwrap_or(u32::MAX), Ordering::Relaxed);
        }
    }

    /// Why the recording ended early, if it did.
    pub(crate) fn trouble(&self) -> Option<SoundError> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Completes the file, and waits until that is done. What is taken later is not in it.
    pub(crate) fn finish(&self) {
        let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        self.hand_over(&mut self.gathered.lock().unwrap_or_else(PoisonError::into_inner));
        // Nobody takes it when the thread has ended early; its reason is in `trouble`.
        let _taken = self.to_file.send(Message::End);
        if thread.join().is_err() {
            tracing::error!("the thread of a recording panicked");
        }
    }
}

impl<const N: usize> Drop for Recorder<N> {
    fn drop(&mut self) {
        self.finish();
    }
}

impl Recorder<2> {
    /// Makes a file of Opus in Ogg that is not there yet.
    pub(crate) fn create_new_opus(path: &Path) -> Result<Self, SoundError> {
        let file = File::create_new(path).map(BufWriter::new).and_then(OggOpus::begin);
        Self::start(path, Box::new(file.map_err(|error| in_words(path, &hound::Error::IoError(error)))?))
    }
}

/// The file on its thread.
struct Writing<const N: usize> {
    path: PathBuf,
    form: Box<dyn Form<N>>,
    waiting: Arc<AtomicUsize>,
    lost: Arc<AtomicU32>,
}

impl<const N: usize> Writing<N> {
    fn write_all(mut self, messages: &Receiver<Message<N>>) -> Result<(), hound::Error> {
        let mut until_flush = FRAMES_PER_FLUSH;
        while let Ok(Message::Sound(frames)) = messages.recv() {
            self.waiting.fetch_sub(frames.len(), Ordering::Relaxed);
            // Silence for what was lost keeps the rest in its place in time, to within the queue.
            for _ in 0..self.lost.swap(0, Ordering::Relaxed) {
                self.form.write(&[[0.0; FRAME_SAMPLES]; N])?;
            }
            for sides in &frames {
                self.form.write(sides)?;
            }
            until_flush = until_flush.saturating_sub(frames.len());
            if until_flush == 0 {
                self.form.flush()?;
                until_flush = FRAMES_PER_FLUSH;
            }
        }
        self.form.finish()
    }
}

impl<const N: usize, W: Write + Seek + Send> Form<N> for WavWriter<W> {
    fn write(&mut self, sides: &[Frame; N]) -> Result<(), hound::Error> {
        let full_scale = f32::from(i16::MAX);
        (0..FRAME_SAMPLES).flat_map(|at| sides.iter().map(move |side| side[at])).try_for_each(|sample| {
            // A float becomes an integer by saturating, and what is not a number becomes zero.
            self.write_sample((sample * full_scale).round() as i16)
        })
    }

    fn flush(&mut self) -> Result<(), hound::Error> {
        WavWriter::flush(self)
    }

    fn finish(self: Box<Self>) -> Result<(), hound::Error> {
        self.finalize()
    }
}
