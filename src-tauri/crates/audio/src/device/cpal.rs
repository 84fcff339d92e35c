//! The devices of this machine, by cpal: PulseAudio (or PipeWire in its place) and ALSA on Linux, WASAPI, CoreAudio.

use std::time::Duration;

use cpal::{
    ErrorKind,
    traits::{DeviceTrait, HostTrait, StreamTrait},
};

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

    /// Has something done on the thread of the sound system; a second time when its server was restarted meanwhile.
    fn ask<R: Send + 'static>(
        &self,
        what: &str,
        job: impl Fn(&cpal::Host) -> Result<R, SoundError> + Send + 'static,
    ) -> Result<R, SoundError> {
        self.worker.ask(move |system| system.work(job)).unwrap_or_else(|unanswered| {
            Err(match unanswered {
                Unanswered::TimedOut => SoundError::TimedOut,
                Unanswered::Broken => SoundError::Refused { what: what.to_owned(), reason: "its library broke off".to_owned() },
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
        self.ask("the list of devices", list)
    }

    fn open_microphone(&self, id: Option<&DeviceId>) -> Result<Box<dyn Capture>, SoundError> {
        let wanted = id.cloned();
        self.ask(called(id), move |host| {
            let (id, device) = choose(host, wanted.as_ref(), DeviceRole::Microphone)?;
            let (stream, intake) = streams::open_capture(&device).map_err(|error| in_words(&id, &error))?;
            Ok(Box::new(CpalCapture { stream, intake }) as Box<dyn Capture>)
        })
    }

    fn open_speaker(&self, id: Option<&DeviceId>) -> Result<Box<dyn Playback>, SoundError> {
        let wanted = id.cloned();
        self.ask(called(id), move |host| {
            let (id, device) = choose(host, wanted.as_ref(), DeviceRole::Speaker)?;
            let (stream, outlet) = streams::open_playback(&device).map_err(|error| in_words(&id, &error))?;
            Ok(Box::new(CpalPlayback { stream, outlet }) as Box<dyn Playback>)
        })
    }

    fn ring(&self, id: Option<&DeviceId>, tone: &RingTone) -> Result<Box<dyn Ringing>, SoundError> {
        let wanted = id.cloned();
        let tone = tone.clone();
        self.ask(called(id), move |host| {
            let (id, device) = choose(host, wanted.as_ref(), DeviceRole::Speaker)?;
            ringer::ring(&id, device, &tone)
        })
    }
}

fn called(id: Option<&DeviceId>) -> &str {
    id.map_or("the default device", DeviceId::as_str)
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

/// The connection to the sound system, on the worker's thread.
#[derive(Default)]
struct System {
    host: Option<cpal::Host>,
}

impl System {
    fn work<R>(&mut self, job: impl Fn(&cpal::Host) -> Result<R, SoundError>) -> Result<R, SoundError> {
        if let Some(host) = &self.host {
            match job(host) {
                // The connection may be of a server that is gone: the second try has a new one.
                Err(SoundError::Refused { .. } | SoundError::Gone(_) | SoundError::NoDevice(_)) => self.host = None,
                outcome => return outcome,
            }
        }
        let host = connect();
        let outcome = job(&host);
        // Whether a sound server has come is looked up each time while there is none.
        if is_server(&host) {
            self.host = Some(host);
        }
        outcome
    }
}

/// The best sound system that answers. cpal's choice: a sound server before the bare devices.
fn connect() -> cpal::Host {
    cpal::default_host()
}

fn is_server(host: &cpal::Host) -> bool {
    host.id().to_string() != ALSA
}

fn list(host: &cpal::Host) -> Result<Vec<Device>, SoundError> {
    let id_of = |device: Option<cpal::Device>| device.and_then(|device| device.id().ok());
    let default_microphone = id_of(host.default_input_device());
    let default_speaker = id_of(host.default_output_device());
    let refused = |error: cpal::Error| SoundError::Refused { what: "the list of devices".to_owned(), reason: error.to_string() };
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

/// What nobody means by a device: the plug-ins of ALSA, and the sources that record what a speaker plays.
fn is_hidden(id: &cpal::DeviceId) -> bool {
    if id.host().to_string() == ALSA {
        return !["default", "pulse", "pipewire", "plughw:"].iter().any(|plain| id.id().starts_with(plain));
    }
    id.id().ends_with(".monitor")
}

/// The device of that id, or the system's default.
fn choose(host: &cpal::Host, wanted: Option<&DeviceId>, role: DeviceRole) -> Result<(DeviceId, cpal::Device), SoundError> {
    let Some(wanted) = wanted else {
        let device = match role {
            DeviceRole::Microphone => host.default_input_device(),
            DeviceRole::Speaker => host.default_output_device(),
        };
        let device = device.ok_or(SoundError::NoDevice(role))?;
        let id = device.id().map_or_else(|_| DeviceId("the default device".to_owned()), |id| DeviceId(id.to_string()));
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

/// The sound system's error as ours.
pub(crate) fn in_words(id: &DeviceId, error: &cpal::Error) -> SoundError {
    match error.kind() {
        ErrorKind::DeviceBusy => SoundError::Busy(id.clone()),
        ErrorKind::DeviceNotAvailable => SoundError::Gone(id.clone()),
        ErrorKind::PermissionDenied => SoundError::Forbidden(id.clone()),
        // The other kinds differ in what they say, not in what one can do.
        _ => SoundError::Refused { what: id.to_string(), reason: error.to_string() },
    }
}
