//! Ring tones: what is played on the ring device, by rodio, far from the calls.

mod pattern;

use std::{
    fs::File,
    io::{BufReader, Cursor},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rodio::{Decoder, DeviceSinkBuilder, DeviceSinkError, MixerDeviceSink, Source, cpal};

pub use pattern::RingPattern;

use model::FileReason;

use crate::{DeviceId, Ringing, SoundError, SoundHost, device, wav::file_reason};

/// How much of a user's file is played over and over; it is held in memory.
const LONGEST_LOOP: Duration = Duration::from_secs(30);

/// How to ring.
#[derive(Clone, Debug, PartialEq)]
pub struct RingTone {
    /// What is played, over and over.
    pub sound: RingSound,
    /// Loudness, 0.0 to 1.0.
    pub volume: f32,
}

impl Default for RingTone {
    fn default() -> Self {
        Self { sound: RingSound::Pattern(RingPattern::Classic), volume: 1.0 }
    }
}

/// What a ring tone consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RingSound {
    /// A synthesised one.
    Pattern(RingPattern),
    /// The first half minute of the user's own file: WAV, MP3, Ogg Vorbis or FLAC.
    File(PathBuf),
}

/// Rings as well as it can be done: not on the wished device, then on the default one; not with the user's file, then
/// with the classic tone.
///
/// Gives the ring, and what went wrong on the way; the first trouble is the one to tell the user.
pub fn ring_anyhow(host: &dyn SoundHost, id: Option<&DeviceId>, tone: &RingTone) -> (Option<Box<dyn Ringing>>, Vec<SoundError>) {
    let classic = RingTone { sound: RingSound::Pattern(RingPattern::Classic), volume: tone.volume };
    let mut attempts = vec![(id, tone)];
    if id.is_some() {
        attempts.push((None, tone));
    }
    if *tone != classic {
        attempts.push((id, &classic));
        attempts.push((None, &classic));
    }
    let mut troubles = Vec::new();
    for (id, tone) in attempts {
        match host.ring(id, tone) {
            Ok(ringing) => return (Some(ringing), troubles),
            Err(trouble) if troubles.contains(&trouble) => {}
            Err(trouble) => troubles.push(trouble),
        }
    }
    (None, troubles)
}

/// Rings on one of the machine's devices.
pub(crate) fn ring(id: &DeviceId, device: cpal::Device, tone: &RingTone) -> Result<Box<dyn Ringing>, SoundError> {
    let gone = Arc::new(AtomicBool::new(false));
    let noticed = Arc::clone(&gone);
    let builder = DeviceSinkBuilder::from_device(device).map_err(|error| in_words(id, error))?;
    let mut sink = builder
        .with_error_callback(move |error| {
            if !matches!(error.kind(), cpal::ErrorKind::DeviceChanged | cpal::ErrorKind::RealtimeDenied | cpal::ErrorKind::Xrun) {
                noticed.store(true, Ordering::Relaxed);
            }
        })
        .open_stream()
        .map_err(|error| in_words(id, error))?;
    // rodio would print on the way out.
    sink.log_on_drop(false);
    let volume = if tone.volume.is_finite() { tone.volume.clamp(0.0, 1.0) } else { 1.0 };
    match &tone.sound {
        RingSound::Pattern(pattern) => sink.mixer().add(pattern.source().amplify(volume)),
        RingSound::File(path) => sink.mixer().add(open_file(path)?.amplify(volume)),
    }
    Ok(Box::new(RodioRing { gone, _sink: sink }))
}

fn open_file(path: &Path) -> Result<impl Source + Send + 'static, SoundError> {
    let wrong = |reason| SoundError::File { path: path.display().to_string(), reason };
    // A pipe would be waited for, and the call rings meanwhile.
    let known = std::fs::metadata(path).map_err(|error| wrong(file_reason(&error)))?;
    if !known.is_file() {
        return Err(wrong(FileReason::Unplayable));
    }
    let file = File::open(path).map_err(|error| wrong(file_reason(&error)))?;
    // What the library says beside that helps nobody to choose another file.
    let decoder = Decoder::try_from(BufReader::new(file)).map_err(|_| wrong(FileReason::Unplayable))?;
    Ok(decoder.take_duration(LONGEST_LOOP).buffered().repeat_infinite())
}

/// Whether the bytes of a file can be rung with.
///
/// # Errors
/// Why not, as a sentence about the file.
pub fn check_ringtone(bytes: Vec<u8>) -> Result<(), String> {
    let decoder = Decoder::try_from(Cursor::new(bytes)).map_err(|error| error.to_string())?;
    // A file may begin well and hold no sound.
    if decoder.take_duration(LONGEST_LOOP).next().is_none() { Err("it holds no sound".into()) } else { Ok(()) }
}

/// rodio's error as ours.
fn in_words(id: &DeviceId, error: DeviceSinkError) -> SoundError {
    match error {
        DeviceSinkError::PlayError(cause)
        | DeviceSinkError::DefaultSinkConfigError(cause)
        | DeviceSinkError::BuildError(cause)
        | DeviceSinkError::SupportedConfigsError(cause) => device::in_words(id, &cause),
        DeviceSinkError::NoDevice => SoundError::Gone(id.clone()),
        DeviceSinkError::UnsupportedSampleFormat => SoundError::NoForm(id.clone()),
    }
}

/// A ring by rodio.
struct RodioRing {
    gone: Arc<AtomicBool>,
    _sink: MixerDeviceSink,
}

impl Ringing for RodioRing {
    fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DeviceRole, MemoryHost};

    #[test]
    fn a_pulled_ring_device_rings_on_the_default_one_and_is_told() {
        let host = MemoryHost::desk();
        let headset = DeviceId::from("memory:headset");
        let (ringing, troubles) = ring_anyhow(&host, Some(&headset), &RingTone::default());
        assert_eq!(host.rings(), [("memory:spk".into(), RingTone::default())]);
        assert_eq!(troubles, [SoundError::Gone(headset)]);
        drop(ringing);
        assert_eq!(host.rings(), []);
    }

    #[test]
    fn without_any_device_each_reason_is_told_once() {
        let tone = RingTone { sound: RingSound::File("bell.ogg".into()), volume: 0.5 };
        let (ringing, troubles) = ring_anyhow(&MemoryHost::bare(), None, &tone);
        assert!(ringing.is_none());
        assert_eq!(troubles, [SoundError::NoDevice(DeviceRole::Speaker)]);
    }

    #[test]
    fn a_file_that_is_no_sound_is_refused_in_words() {
        let folder = tempfile::tempdir().expect("there is room");
        let path = folder.path().join("text.mp3");
        std::fs::write(&path, "this is not music").expect("there is room");
        let reason = |path: &Path| match open_file(path).err() {
            Some(SoundError::File { reason, .. }) => reason,
            other => panic!("{other:?}"),
        };
        assert_eq!(reason(&path), FileReason::Unplayable);
        assert_eq!(reason(&folder.path().join("none.wav")), FileReason::NotFound);
    }
}
