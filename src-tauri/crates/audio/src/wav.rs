//! WAV files as devices: one is played as the microphone, others take down what was said and heard.

mod player;
mod reader;
pub(crate) mod recorder;

use std::{
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use model::FileReason;

use crate::{Capture, Device, DeviceId, Flow, Frame, Playback, RingTone, Ringing, SoundError, SoundHost};
use player::WavPlayer;
use recorder::Recorder;

/// Which files stand for which devices.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WavFiles {
    /// Played as the microphone, from its start each time the microphone is opened; then silence.
    pub play: Option<PathBuf>,
    /// Whether it is played over and over.
    pub repeat: bool,
    /// Whether it waits, silent, for [`WavHost::begin`].
    pub wait: bool,
    /// Gets what the speaker plays; 48 kHz mono, 16 bits.
    pub record: Option<PathBuf>,
    /// Gets what the microphone hears, in the same form.
    pub record_microphone: Option<PathBuf>,
}

/// A sound host with files in front of another host: the devices of that one are used wherever no file stands for them,
/// and play along where the speaker is recorded.
pub struct WavHost {
    play: Option<PathBuf>,
    repeat: bool,
    begun: Arc<AtomicBool>,
    finished: Arc<AtomicBool>,
    speaker: Option<Arc<Recorder<1>>>,
    microphone: Option<Arc<Recorder<1>>>,
    beneath: Arc<dyn SoundHost>,
}

impl WavHost {
    /// Looks into the file to be played and makes the ones to be written, so that what is wrong with them is known
    /// before anybody is called.
    pub fn new(files: WavFiles, beneath: Arc<dyn SoundHost>) -> Result<Self, SoundError> {
        let written = [files.record.as_deref(), files.record_microphone.as_deref()];
        if let Some(play) = &files.play {
            WavPlayer::open(play, files.repeat)?;
            refuse_if_any_is(play, &written)?;
        }
        if let [Some(speaker), Some(microphone)] = written
            && speaker == microphone
        {
            return Err(wrong(speaker, FileReason::WrittenTwice));
        }
        let record = |path: Option<PathBuf>| path.map(|path| Recorder::<1>::create(&path).map(Arc::new)).transpose();
        Ok(Self {
            begun: Arc::new(AtomicBool::new(!files.wait)),
            finished: Arc::new(AtomicBool::new(false)),
            play: files.play,
            repeat: files.repeat,
            speaker: record(files.record)?,
            microphone: record(files.record_microphone)?,
            beneath,
        })
    }

    /// Lets a file that waits be played.
    pub fn begin(&self) {
        self.begun.store(true, Ordering::Relaxed);
    }

    /// Whether the file was played to its end since the microphone was opened last. Never when it repeats.
    pub fn finished(&self) -> bool {
        self.finished.load(Ordering::Relaxed)
    }

    /// What went wrong with a recording, if anything: the disk is full, say.
    pub fn trouble(&self) -> Option<SoundError> {
        [&self.speaker, &self.microphone].into_iter().flatten().find_map(|recorder| recorder.trouble())
    }
}

impl SoundHost for WavHost {
    fn devices(&self) -> Result<Vec<Device>, SoundError> {
        self.beneath.devices()
    }

    fn open_microphone(&self, id: Option<&DeviceId>) -> Result<Box<dyn Capture>, SoundError> {
        let source: Box<dyn Capture> = match &self.play {
            Some(path) => {
                self.finished.store(false, Ordering::Relaxed);
                let player = WavPlayer::open(path, self.repeat)?;
                Box::new(WavMicrophone { player, begun: Arc::clone(&self.begun), finished: Arc::clone(&self.finished) })
            }
            None => self.beneath.open_microphone(id)?,
        };
        Ok(match &self.microphone {
            Some(recorder) => Box::new(RecordedCapture { source, recorder: Arc::clone(recorder) }),
            None => source,
        })
    }

    fn open_speaker(&self, id: Option<&DeviceId>) -> Result<Box<dyn Playback>, SoundError> {
        let speaker = self.beneath.open_speaker(id)?;
        Ok(match &self.speaker {
            Some(recorder) => Box::new(RecordedPlayback { speaker, recorder: Arc::clone(recorder) }),
            None => speaker,
        })
    }

    fn ring(&self, id: Option<&DeviceId>, tone: &RingTone) -> Result<Box<dyn Ringing>, SoundError> {
        self.beneath.ring(id, tone)
    }
}

/// A file as an open microphone. Reads from the disk on the hub's thread: a few milliseconds of sound at a time, which
/// the system has read ahead.
struct WavMicrophone {
    player: WavPlayer,
    begun: Arc<AtomicBool>,
    finished: Arc<AtomicBool>,
}

impl Capture for WavMicrophone {
    fn read(&mut self, frame: &mut Frame) -> Flow {
        if !self.begun.load(Ordering::Relaxed) {
            frame.fill(0.0);
        } else if !self.player.fill(frame) {
            self.finished.store(true, Ordering::Relaxed);
        }
        Flow::Ok
    }
}

/// A microphone that is written down.
struct RecordedCapture {
    source: Box<dyn Capture>,
    recorder: Arc<Recorder<1>>,
}

impl Capture for RecordedCapture {
    fn read(&mut self, frame: &mut Frame) -> Flow {
        let flow = self.source.read(frame);
        if flow != Flow::Gone {
            self.recorder.take([frame]);
        }
        flow
    }
}

/// A speaker that is written down.
struct RecordedPlayback {
    speaker: Box<dyn Playback>,
    recorder: Arc<Recorder<1>>,
}

impl Playback for RecordedPlayback {
    fn write(&mut self, frame: &Frame) -> Flow {
        let flow = self.speaker.write(frame);
        if flow != Flow::Gone {
            self.recorder.take([frame]);
        }
        flow
    }

    fn delay(&self) -> Option<Duration> {
        self.speaker.delay()
    }
}

fn refuse_if_any_is(path: &Path, others: &[Option<&Path>]) -> Result<(), SoundError> {
    let same = |other: &Path| match (path.canonicalize(), other.canonicalize()) {
        (Ok(path), Ok(other)) => path == other,
        // One that is not there yet is another one.
        (Err(_), _) | (_, Err(_)) => false,
    };
    if others.iter().flatten().any(|other| same(other)) { Err(wrong(path, FileReason::WrittenToo)) } else { Ok(()) }
}

/// What is wrong with a file.
fn wrong(path: &Path, reason: FileReason) -> SoundError {
    SoundError::File { path: path.display().to_string(), reason }
}

/// Why the system does not give us a file, or take what is written.
pub(crate) fn file_reason(error: &io::Error) -> FileReason {
    match error.kind() {
        ErrorKind::NotFound => FileReason::NotFound,
        ErrorKind::AlreadyExists => FileReason::AlreadyThere,
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => FileReason::NotAllowed,
        ErrorKind::StorageFull => FileReason::DiskFull,
        _ => FileReason::Said { words: error.to_string() },
    }
}

/// The WAV library's errors as ours.
fn in_words(path: &Path, error: &hound::Error) -> SoundError {
    let reason = match error {
        // The library's own error for a file that ends too early has the kind `Other`.
        hound::Error::IoError(error) if matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::Other) => FileReason::NotWav,
        hound::Error::IoError(error) => file_reason(error),
        hound::Error::FormatError(_) => FileReason::NotWav,
        hound::Error::Unsupported
        | hound::Error::TooWide
        | hound::Error::UnfinishedSample
        | hound::Error::InvalidSampleFormat => FileReason::UnknownForm,
    };
    wrong(path, reason)
}

#[cfg(test)]
mod tests;
