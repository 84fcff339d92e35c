//! PulseAudio, and PipeWire in its place, spoken to directly.
//!
//! cpal speaks to them as well, but lets the server choose its shortest period (2,000 wake-ups a second), asks for the
//! latency after every callback, clears a megabyte per read and never says that a stream was moved or ended. Measured
//! against a null sink, this costs a tenth of the processor time and half of the delay.

mod connection;
mod stream;

use std::{ffi::CString, io::ErrorKind};

use pulseaudio::protocol::{self, Command, GetSinkInfo, GetSourceInfo, ProtocolError, PulseError, SinkInfo, SourceInfo};

use crate::{Capture, Device, DeviceId, DeviceRole, Playback, SoundError};
use connection::Connection;

/// What ids of these devices begin with. cpal calls them the same.
const PREFIX: &str = "pulseaudio:";

/// A sound server that answers.
pub(crate) struct PulseServer {
    connection: Connection,
}

impl PulseServer {
    /// Connects, if there is a server. One that does not answer is an error: its devices are there, and nobody else
    /// can have them.
    pub(crate) fn connect() -> Result<Option<Self>, SoundError> {
        match Connection::open() {
            Ok(connection) => Ok(Some(Self { connection })),
            Err(error) if is_silence(&error) => Err(SoundError::TimedOut),
            Err(error) => {
                tracing::debug!(%error, "no sound server");
                Ok(None)
            }
        }
    }

    /// The devices that are there, without the sources that record what a speaker plays.
    pub(crate) fn devices(&mut self) -> Result<Vec<Device>, SoundError> {
        self.list().map_err(|error| in_words(&error, |reason| SoundError::NoList { reason }))
    }

    /// Makes this connection a microphone.
    pub(crate) fn open_microphone(mut self, id: Option<&DeviceId>) -> Result<Box<dyn Capture>, SoundError> {
        let name = own_name(id)?.unwrap_or_else(|| protocol::DEFAULT_SOURCE.to_owned());
        let get = Command::GetSourceInfo(GetSourceInfo { index: None, name: Some(name) });
        let opened = self.connection.ask(&get).and_then(|source| stream::record(self.connection, &source, id.is_some()));
        Ok(Box::new(opened.map_err(|error| refusal(id, DeviceRole::Microphone, &error))?))
    }

    /// Makes this connection a speaker.
    pub(crate) fn open_speaker(mut self, id: Option<&DeviceId>) -> Result<Box<dyn Playback>, SoundError> {
        let name = own_name(id)?.unwrap_or_else(|| protocol::DEFAULT_SINK.to_owned());
        let get = Command::GetSinkInfo(GetSinkInfo { index: None, name: Some(name) });
        let opened = self.connection.ask(&get).and_then(|sink| stream::play(self.connection, &sink, id.is_some()));
        Ok(Box::new(opened.map_err(|error| refusal(id, DeviceRole::Speaker, &error))?))
    }

    fn list(&mut self) -> Result<Vec<Device>, ProtocolError> {
        let server: protocol::ServerInfo = self.connection.ask(&Command::GetServerInfo)?;
        let sinks: Vec<SinkInfo> = self.connection.ask(&Command::GetSinkInfoList)?;
        let sources: Vec<SourceInfo> = self.connection.ask(&Command::GetSourceInfoList)?;
        let device = |role, name: &CString, description: &Option<CString>, default: &Option<CString>| Device {
            id: DeviceId(format!("{PREFIX}{}", name.to_string_lossy())),
            name: description.as_ref().unwrap_or(name).to_string_lossy().into_owned(),
            role,
            default: default.as_ref() == Some(name),
        };
        let microphones = sources
            .iter()
            .map(|source| {
                let described = device(DeviceRole::Microphone, &source.name, &source.description, &server.default_source_name);
                (described, source.monitor_of_sink_index.is_some())
            })
            // A monitor is shown where the user made it the default.
            .filter(|(device, monitor)| device.default || !monitor)
            .map(|(device, _)| device);
        let speakers =
            sinks.iter().map(|sink| device(DeviceRole::Speaker, &sink.name, &sink.description, &server.default_sink_name));
        Ok(microphones.chain(speakers).collect())
    }
}

/// Whether the id is of this kind of device.
pub(crate) fn is_ours(id: &DeviceId) -> bool {
    id.as_str().starts_with(PREFIX)
}

fn own_name(id: Option<&DeviceId>) -> Result<Option<CString>, SoundError> {
    let Some(id) = id else { return Ok(None) };
    let name = id.as_str().strip_prefix(PREFIX).and_then(|name| CString::new(name).ok());
    name.map(Some).ok_or_else(|| SoundError::Gone(id.clone()))
}

fn refusal(id: Option<&DeviceId>, role: DeviceRole, error: &ProtocolError) -> SoundError {
    let kind = match error {
        ProtocolError::ServerError(kind) => Some(*kind),
        _ => None,
    };
    match (kind, id) {
        (Some(PulseError::NoEntity), None) => SoundError::NoDevice(role),
        (Some(PulseError::NoEntity | PulseError::Killed), Some(id)) => SoundError::Gone(id.clone()),
        (Some(PulseError::Busy), Some(id)) => SoundError::Busy(id.clone()),
        (Some(PulseError::AccessDenied), Some(id)) => SoundError::Forbidden(id.clone()),
        (_, id) => {
            let device = id.cloned().unwrap_or_else(DeviceId::default_one);
            in_words(error, |reason| SoundError::Refused { device, reason })
        }
    }
}

/// What the server said, as what that is an answer to.
fn in_words(error: &ProtocolError, refused: impl FnOnce(String) -> SoundError) -> SoundError {
    if is_silence(error) { SoundError::TimedOut } else { refused(error.to_string()) }
}

/// Whether the time for an answer was over; which kind of error says so depends on the system.
fn is_silence(error: &ProtocolError) -> bool {
    matches!(error, ProtocolError::Io(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut))
}
