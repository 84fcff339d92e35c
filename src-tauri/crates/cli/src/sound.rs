//! Where the sound of this process comes from and goes to: devices, files, or a melody.

use std::sync::Arc;

use audio::{
    Capture, CpalHost, Device, DeviceId, DeviceRole, Flow, Frame, NullHost, Playback, RingTone, Ringing, SoundError, SoundHost,
    Source, ToneSpec, WavFiles, WavHost, find_device,
};
use model::{Cleanup, Codec, Settings};

use crate::{
    args::{CodecChoice, SoundArguments, Switch},
    exit::{Exit, Failure},
};

/// What was chosen.
pub(crate) struct Chosen {
    pub(crate) host: Arc<dyn SoundHost>,
    /// Whether the call makes no sense without real devices.
    pub(crate) needs_devices: bool,
    files: Option<Arc<WavHost>>,
}

impl Chosen {
    /// The call is connected: files begin to play.
    pub(crate) fn begin(&self) {
        if let Some(files) = &self.files {
            files.begin();
        }
    }

    /// Whether the file has been played to its end.
    pub(crate) fn is_spoken(&self) -> bool {
        self.files.as_ref().is_some_and(|files| files.finished())
    }

    /// What went wrong with the recording, if anything.
    pub(crate) fn finish(&self) -> Result<(), Failure> {
        let trouble = self.files.as_ref().and_then(|files| files.trouble());
        trouble.map_or(Ok(()), |trouble| Err(no_sound(trouble)))
    }
}

/// Chooses by the arguments, and notes devices, clean-up and codecs in the settings.
pub(crate) fn choose(arguments: &SoundArguments, settings: &mut Settings) -> Result<Chosen, Failure> {
    if !arguments.codecs.is_empty() {
        settings.calls.codecs = arguments.codecs.iter().map(|codec| Codec::from(*codec)).collect();
    }
    if arguments.packet_ms.as_deref() == Some("10") {
        settings.calls.packet_ms = 10;
    }
    settings.calls.dtx |= arguments.dtx;
    let has_microphone = arguments.play.is_none() && !arguments.melody;
    let has_speaker = arguments.record.is_none();
    settings.devices.cleanup = match arguments.cleanup {
        Some(Switch::Off) => Cleanup::OFF,
        Some(Switch::On) => Cleanup::default(),
        // A file is sent as it is; a microphone as the settings say.
        None if !has_microphone => Cleanup::OFF,
        None => settings.devices.cleanup,
    };
    let named = arguments.microphone.is_some() || arguments.speaker.is_some();
    let needs_devices = has_microphone || (has_speaker && named);
    let beneath: Arc<dyn SoundHost> = if needs_devices || has_speaker { Arc::new(CpalHost::new()) } else { Arc::new(NullHost) };
    let beneath = check_devices(arguments, beneath, has_microphone, needs_devices, settings)?;
    let beneath: Arc<dyn SoundHost> = if arguments.melody { Arc::new(Melody { beneath }) } else { beneath };
    if arguments.play.is_none() && arguments.record.is_none() {
        return Ok(Chosen { host: beneath, needs_devices, files: None });
    }
    let files = WavFiles { play: arguments.play.clone(), record: arguments.record.clone(), wait: true, ..WavFiles::default() };
    let files = Arc::new(WavHost::new(files, beneath).map_err(no_sound)?);
    Ok(Chosen { host: files.clone(), needs_devices, files: Some(files) })
}

/// Finds the named devices, and says at once when one that is needed is missing.
fn check_devices(
    arguments: &SoundArguments,
    host: Arc<dyn SoundHost>,
    has_microphone: bool,
    needs_devices: bool,
    settings: &mut Settings,
) -> Result<Arc<dyn SoundHost>, Failure> {
    let present = match host.devices() {
        Ok(present) => present,
        Err(_) if !needs_devices => Vec::new(),
        Err(error) => return Err(no_sound(error)),
    };
    let has = |role: DeviceRole| present.iter().any(|device| device.role == role);
    if has_microphone && !has(DeviceRole::Microphone) {
        return Err(Failure::new(
            Exit::NoSound,
            format!("{}; speak a file with --play", SoundError::NoDevice(DeviceRole::Microphone)),
        ));
    }
    if let Some(name) = &arguments.microphone {
        let device = find_device(&present, DeviceRole::Microphone, name).map_err(no_sound)?;
        settings.devices.microphones = vec![device.id.as_str().to_owned()];
    }
    if let Some(name) = &arguments.speaker {
        let device = find_device(&present, DeviceRole::Speaker, name).map_err(no_sound)?;
        settings.devices.speakers = vec![device.id.as_str().to_owned()];
    }
    // A file spoken to nobody's ear is fine on a machine without a speaker.
    Ok(if has_microphone || has(DeviceRole::Speaker) { host } else { Arc::new(NullHost) })
}

fn no_sound(error: SoundError) -> Failure {
    Failure::new(Exit::NoSound, error)
}

impl From<CodecChoice> for Codec {
    fn from(choice: CodecChoice) -> Self {
        match choice {
            CodecChoice::Opus => Self::Opus,
            CodecChoice::G722 => Self::G722,
            CodecChoice::Pcmu => Self::Pcmu,
            CodecChoice::Pcma => Self::Pcma,
        }
    }
}

/// A host whose microphone is a melody.
struct Melody {
    beneath: Arc<dyn SoundHost>,
}

struct MelodyCapture(Box<dyn Source>);

impl SoundHost for Melody {
    fn devices(&self) -> Result<Vec<Device>, SoundError> {
        self.beneath.devices()
    }

    fn open_microphone(&self, _id: Option<&DeviceId>) -> Result<Box<dyn Capture>, SoundError> {
        Ok(Box::new(MelodyCapture(ToneSpec::Music.source())))
    }

    fn open_speaker(&self, id: Option<&DeviceId>) -> Result<Box<dyn Playback>, SoundError> {
        self.beneath.open_speaker(id)
    }

    fn ring(&self, id: Option<&DeviceId>, tone: &RingTone) -> Result<Box<dyn Ringing>, SoundError> {
        self.beneath.ring(id, tone)
    }
}

impl Capture for MelodyCapture {
    fn read(&mut self, frame: &mut Frame) -> Flow {
        // The melody repeats: it has no last frame.
        let _more = self.0.fill(frame);
        Flow::Ok
    }
}
