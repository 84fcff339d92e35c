//! The devices of this machine: by cpal, but where a sound server of Linux answers, which is spoken to directly.

use std::time::Duration;

use cpal::{
    ErrorKind,
    traits::{DeviceTrait, HostTrait, StreamTrait},
};

#[cfg(target_os = "linux")]
use super::pulse::{self, PulseServer};
use super::{
    intake::Intake,
    outlet::Outlet,
    streams,
    worker::{Unanswered, Worker},
};
use crate::{Capture, Device, DeviceId, DeviceRole, Flow, Frame, Playback, RingTone, Ringing, SoundError, SoundHost, ringer};

/// What cpal calls the bare devices of Linux.
const ALSA: &str = "alsa";

/// The sound system of this machine. Costs nothing before it is asked for something.
pub struct CpalHost {
    worker: Worker<System>,
}

impl CpalHost {
    /// Does not touch the sound system yet.
    pub fn new() -> Self {
        Self { worker: Worker::new() }
    }

    /// Has something done on the thread of the sound system.
    fn ask<R: Send + 'static>(
        &self,
        job: impl FnOnce(&mut System) -> Result<R, SoundError> + Send + 'static,
    ) -> Result<R, SoundError> {
        self.worker.ask(job).unwrap_or_else(|unanswered| {
            Err(match unanswered {
                Unanswered::TimedOut => SoundError::TimedOut,
                Unanswered::Broken => SoundError::Failed,
            })
        })
    }
}

impl Default for CpalHost {
    fn default() -> Self {
        Self::new()
    }
}

impl SoundHost for CpalHost {
    fn devices(&self) -> Result<Vec<Device>, SoundError> {
        self.ask(System::devices)
    }

    fn open_microphone(&self, id: Option<&DeviceId>) -> Result<Box<dyn Capture>, SoundError> {
        let wanted = id.cloned();
        self.ask(move |system| system.open_microphone(wanted.as_ref()))
    }

    fn open_speaker(&self, id: Option<&DeviceId>) -> Result<Box<dyn Playback>, SoundError> {
        let wanted = id.cloned();
        self.ask(move |system| system.open_speaker(wanted.as_ref()))
    }

    fn ring(&self, id: Option<&DeviceId>, tone: &RingTone) -> Result<Box<dyn Ringing>, SoundError> {
        let wanted = id.cloned();
        let tone = tone.clone();
        self.ask(move |system| {
            let wanted = wanted.as_ref();
            let (id, device) = choose(&system.ring_host(wanted)?, wanted, DeviceRole::Speaker)?;
            ringer::ring(&id, device, &tone).map_err(|error| unless_there_is_none(error, wanted, DeviceRole::Speaker))
        })
    }
}

/// The sound system, on the worker's thread.
#[derive(Default)]
struct System {
    /// The sound server, as long as it answers.
    #[cfg(target_os = "linux")]
    server: Option<PulseServer>,
}

#[cfg(target_os = "linux")]
impl System {
    fn devices(&mut self) -> Result<Vec<Device>, SoundError> {
        if let Some(mut server) = self.server.take() {
            // It fails when the server was started again meanwhile; then a new connection decides.
            if let Ok(devices) = server.devices() {
                self.server = Some(server);
                return Ok(devices);
            }
        }
        match PulseServer::connect()? {
            Some(server) => self.server.insert(server).devices(),
            None => list(&bare_host()),
        }
    }

    fn open_microphone(&mut self, id: Option<&DeviceId>) -> Result<Box<dyn Capture>, SoundError> {
        match server_for(id)? {
            Some(server) => server.open_microphone(id),
            None => open_microphone(&bare_host(), id),
        }
    }

    fn open_speaker(&mut self, id: Option<&DeviceId>) -> Result<Box<dyn Playback>, SoundError> {
        match server_for(id)? {
            Some(server) => server.open_speaker(id),
            None => open_speaker(&bare_host(), id),
        }
    }

    /// For rodio, which knows cpal only.
    fn ring_host(&mut self, id: Option<&DeviceId>) -> Result<cpal::Host, SoundError> {
        Ok(match server_for(id)? {
            // Its own connection is made by cpal.
            Some(_) => cpal::default_host(),
            None => bare_host(),
        })
    }
}

/// A new connection to the sound server, where it has the device; none for the bare devices.
#[cfg(target_os = "linux")]
fn server_for(id: Option<&DeviceId>) -> Result<Option<PulseServer>, SoundError> {
    match id {
        None => PulseServer::connect(),
        Some(id) if pulse::is_ours(id) => match PulseServer::connect()? {
            None => Err(SoundError::Gone(id.clone())),
            server => Ok(server),
        },
        Some(_) => Ok(None),
    }
}

/// Without a sound server. Its library would write to the terminal; that goes to a buffer, which the next call empties.
#[cfg(target_os = "linux")]
fn bare_host() -> cpal::Host {
    if let Err(error) = alsa::Output::local_error_handler() {
        tracing::debug!(%error, "the messages of ALSA cannot be caught");
    }
    cpal::host_from_id(cpal::HostId::Alsa).unwrap_or_else(|_| cpal::default_host())
}

#[cfg(not(target_os = "linux"))]
impl System {
    fn devices(&mut self) -> Result<Vec<Device>, SoundError> {
        list(&cpal::default_host())
    }

    fn open_microphone(&mut self, id: Option<&DeviceId>) -> Result<Box<dyn Capture>, SoundError> {
        open_microphone(&cpal::default_host(), id)
    }

    fn open_speaker(&mut self, id: Option<&DeviceId>) -> Result<Box<dyn Playback>, SoundError> {
        open_speaker(&cpal::default_host(), id)
    }

    fn ring_host(&mut self, _: Option<&DeviceId>) -> Result<cpal::Host, SoundError> {
        Ok(cpal::default_host())
    }
}

fn open_microphone(host: &cpal::Host, wanted: Option<&DeviceId>) -> Result<Box<dyn Capture>, SoundError> {
    let (id, device) = choose(host, wanted, DeviceRole::Microphone)?;
    let (stream, intake) = streams::open_capture(&device)
        .map_err(|error| unless_there_is_none(in_words(&id, &error), wanted, DeviceRole::Microphone))?;
    Ok(Box::new(CpalCapture { stream, intake }))
}

fn open_speaker(host: &cpal::Host, wanted: Option<&DeviceId>) -> Result<Box<dyn Playback>, SoundError> {
    let (id, device) = choose(host, wanted, DeviceRole::Speaker)?;
    let (stream, outlet) = streams::open_playback(&device)
        .map_err(|error| unless_there_is_none(in_words(&id, &error), wanted, DeviceRole::Speaker))?;
    Ok(Box::new(CpalPlayback { stream, outlet }))
}

/// An open microphone.
struct CpalCapture {
    stream: cpal::Stream,
    intake: Intake,
}

impl Capture for CpalCapture {
    fn read(&mut self, frame: &mut Frame) -> Flow {
        self.intake.read(frame, streams::on_clock(self.stream.now()))
    }
}

/// An open speaker.
struct CpalPlayback {
    stream: cpal::Stream,
    outlet: Outlet,
}

impl Playback for CpalPlayback {
    fn write(&mut self, frame: &Frame) -> Flow {
        self.outlet.write(frame, streams::on_clock(self.stream.now()))
    }

    fn delay(&self) -> Option<Duration> {
        Some(self.outlet.delay())
    }
}

fn list(host: &cpal::Host) -> Result<Vec<Device>, SoundError> {
    let id_of = |device: Option<cpal::Device>| device.and_then(|device| device.id().ok());
    let default_microphone = id_of(host.default_input_device());
    let default_speaker = id_of(host.default_output_device());
    let refused = |error: cpal::Error| SoundError::NoList { reason: error.to_string() };
    let mut devices = Vec::new();
    for device in host.devices().map_err(refused)? {
        let (Ok(id), Ok(description)) = (device.id(), device.description()) else { continue };
        for (role, fits, default) in [
            (DeviceRole::Microphone, description.supports_input(), &default_microphone),
            (DeviceRole::Speaker, description.supports_output(), &default_speaker),
        ] {
            let default = default.as_ref() == Some(&id);
            if fits && (default || !is_hidden(&id)) {
                let name = description.name().to_owned();
                devices.push(Device { id: DeviceId(id.to_string()), name, role, default });
            }
        }
    }
    Ok(devices)
}

/// What nobody means by a device: the plug-ins of ALSA, most of which lead nowhere.
fn is_hidden(id: &cpal::DeviceId) -> bool {
    id.host().to_string() == ALSA && id.id() != "default" && !id.id().starts_with("plughw:")
}

/// The device of that id, or the system's default.
fn choose(host: &cpal::Host, wanted: Option<&DeviceId>, role: DeviceRole) -> Result<(DeviceId, cpal::Device), SoundError> {
    let Some(wanted) = wanted else {
        let device = match role {
            DeviceRole::Microphone => host.default_input_device(),
            DeviceRole::Speaker => host.default_output_device(),
        };
        let device = device.ok_or(SoundError::NoDevice(role))?;
        let id = device.id().map_or_else(|_| DeviceId::default_one(), |id| DeviceId(id.to_string()));
        return Ok((id, device));
    };
    let devices = host.devices().map_err(|error| in_words(wanted, &error))?;
    let mut fitting = devices.filter(|device| {
        device.id().is_ok_and(|id| id.to_string() == wanted.as_str())
            && device.description().is_ok_and(|description| match role {
                DeviceRole::Microphone => description.supports_input(),
                DeviceRole::Speaker => description.supports_output(),
            })
    });
    fitting.next().map(|device| (wanted.clone(), device)).ok_or_else(|| SoundError::Gone(wanted.clone()))
}

/// A default device that is not there means that there is none at all.
fn unless_there_is_none(error: SoundError, wanted: Option<&DeviceId>, role: DeviceRole) -> SoundError {
    match (error, wanted) {
        (SoundError::Gone(_), None) => SoundError::NoDevice(role),
        (error, _) => error,
    }
}

/// The sound system's error as ours.
pub(crate) fn in_words(id: &DeviceId, error: &cpal::Error) -> SoundError {
    match error.kind() {
        ErrorKind::DeviceBusy => SoundError::Busy(id.clone()),
        ErrorKind::DeviceNotAvailable => SoundError::Gone(id.clone()),
        ErrorKind::PermissionDenied => SoundError::Forbidden(id.clone()),
        // The other kinds differ in what they say, not in what one can do.
        _ => SoundError::Refused { device: id.clone(), reason: error.to_string() },
    }
}
