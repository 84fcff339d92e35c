//! Ring tones: what is played on the ring device, by rodio, far from the calls.

mod pattern;

use std::{
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rodio::{Decoder, DeviceSinkBuilder, MixerDeviceSink, Source, cpal};

pub use pattern::RingPattern;

use crate::{DeviceId, Ringing, SoundError, SoundHost};

/// How much of a user's file is played over and over; it is held in memory.
const LONGEST_LOOP: Duration = Duration::from_secs(30);

/// How often the ring device calls back, in times per second: the tone starts and stops within two of them.
const CALLBACKS_PER_S: u32 = 50;

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
    let refused = |error: &dyn std::error::Error| SoundError::Refused { what: id.to_string(), reason: in_full(error) };
    let builder = DeviceSinkBuilder::from_device(device).map_err(|error| refused(&error))?;
    let mut sink = builder
        .with_error_callback(move |error| {
            if !matches!(error.kind(), cpal::ErrorKind::DeviceChanged | cpal::ErrorKind::RealtimeDenied | cpal::ErrorKind::Xrun) {
                noticed.store(true, Ordering::Relaxed);
            }
        })
        .open_stream()
        .map_err(|error| refused(&error))?;
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
    let wrong = |reason: String| SoundError::File { path: path.display().to_string(), reason };
    let file = File::open(path).map_err(|error| wrong(error.to_string()))?;
    let decoder = Decoder::try_from(BufReader::new(file)).map_err(|error| wrong(error.to_string()))?;
    Ok(decoder.take_duration(LONGEST_LOOP).buffered().repeat_infinite())
}

/// An error with its causes in one line: rodio's own words leave out what the system said.
fn in_full(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        words = format!("{words}: {deeper}");
        cause = deeper.source();
    }
    words
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
