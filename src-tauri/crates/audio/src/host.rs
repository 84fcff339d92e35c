//! The seam to the machine's sound devices: what a sound host offers, and what its devices are called.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use model::{FileReason, Personal, SoundFault, SoundRole};

use crate::{Frame, RingTone};

/// Where microphones, speakers and ringers come from; one of the seams of the world.
///
/// Every method may wait for the sound server, three seconds at most, so none of them is called on the hub's thread.
pub trait SoundHost: Send + Sync {
    /// The devices that are there now; an empty list on a machine without sound.
    fn devices(&self) -> Result<Vec<Device>, SoundError>;

    /// Opens a microphone; the system's default without an id.
    fn open_microphone(&self, id: Option<&DeviceId>) -> Result<Box<dyn Capture>, SoundError>;

    /// Opens a speaker; the system's default without an id.
    fn open_speaker(&self, id: Option<&DeviceId>) -> Result<Box<dyn Playback>, SoundError>;

    /// Rings on a device, the system's default without an id, until what it returns is dropped.
    fn ring(&self, id: Option<&DeviceId>, tone: &RingTone) -> Result<Box<dyn Ringing>, SoundError>;
}

/// An open microphone. Used on the hub's thread: it never blocks, allocates or panics.
pub trait Capture: Send {
    /// Writes the next 10 ms. Called each 10 ms; the whole frame is written whatever the outcome.
    fn read(&mut self, frame: &mut Frame) -> Flow;
}

/// An open speaker. Used on the hub's thread: it never blocks, allocates or panics.
pub trait Playback: Send {
    /// Takes the next 10 ms. Called each 10 ms.
    fn write(&mut self, frame: &Frame) -> Flow;

    /// How long a frame written now takes to the loudspeaker, as far as it is known.
    fn delay(&self) -> Option<Duration>;
}

/// A ringing ringer; dropping it stops the sound.
pub trait Ringing: Send {
    /// Whether the device went away, so that nobody hears it any more.
    fn is_gone(&self) -> bool;
}

/// How a stream is doing, told with every frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a stream that is gone must be replaced"]
pub enum Flow {
    /// The frame went through.
    Ok,
    /// The device was late: part of the frame is silence, or was dropped.
    Starved,
    /// The stream is dead and stays dead; frames are silence. Open another one.
    Gone,
}

/// What a device is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceRole {
    /// It records.
    Microphone,
    /// It plays; a ringer is a speaker too.
    Speaker,
}

impl fmt::Display for DeviceRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Microphone => "microphone",
            Self::Speaker => "speaker",
        })
    }
}

/// A device's lasting name, the same after a restart: the sound system and its own name, `pulseaudio:headset_mic`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeviceId(pub String);

impl DeviceId {
    /// The default device, where its name is not known.
    pub(crate) fn default_one() -> Self {
        Self(String::new())
    }

    /// The id as it is written to settings.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Empty, it is the default device, which need not have a name that we know.
impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "the default device" } else { &self.0 })
    }
}

impl From<&str> for DeviceId {
    fn from(id: &str) -> Self {
        Self(id.to_owned())
    }
}

/// A device that is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Its lasting name.
    pub id: DeviceId,
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub role: DeviceRole,
    /// Whether the system uses it when nothing else is asked for.
    pub default: bool,
}

/// Why sound cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SoundError {
    /// The machine has none.
    #[error("this computer has no {0}")]
    NoDevice(DeviceRole),
    /// The text names none of those that are there.
    #[error("no {role} is called {text:?}; there is {}", listed(.known))]
    NotFound {
        /// What was looked for.
        role: DeviceRole,
        /// What the user wrote.
        text: String,
        /// Ids that could have been meant.
        known: Vec<DeviceId>,
    },
    /// The text names several.
    #[error("{text:?} can be any {role} of {}", listed(.matches))]
    Ambiguous {
        /// What was looked for.
        role: DeviceRole,
        /// What the user wrote.
        text: String,
        /// Ids of all that fit.
        matches: Vec<DeviceId>,
    },
    /// It was there, and is not any more.
    #[error("{0} is not there (any more)")]
    Gone(DeviceId),
    /// Another program has it.
    #[error("another program uses {0}")]
    Busy(DeviceId),
    /// The system does not let us.
    #[error("the system does not allow the use of {0}: check its privacy settings")]
    Forbidden(DeviceId),
    /// The sound system did not answer in time.
    #[error("the sound system does not answer")]
    TimedOut,
    /// A file cannot be played or written.
    #[error("{path}: {reason}")]
    File {
        /// Which.
        path: String,
        /// Why.
        reason: FileReason,
    },
    /// What works the sound system broke off.
    #[error("the sound system failed")]
    Failed,
    /// It does not tell which devices there are.
    #[error("the sound system does not tell its devices: {reason}")]
    NoList {
        /// Its words.
        reason: String,
    },
    /// It has no form of samples that is known here.
    #[error("the form of samples of {0} is not known")]
    NoForm(DeviceId),
    /// The sound system refused, in its own words.
    #[error("the sound system refuses {device}: {reason}")]
    Refused {
        /// What was asked for; empty for the default device.
        device: DeviceId,
        /// Its words.
        reason: String,
    },
}

/// As a face tells it. Which device a text meant is asked on the command line only.
impl From<SoundError> for SoundFault {
    fn from(error: SoundError) -> Self {
        let device = |id: DeviceId| Personal::new(id.0);
        match error {
            SoundError::NoDevice(role) => Self::NoDevice { role: role.into() },
            SoundError::NotFound { role, .. } | SoundError::Ambiguous { role, .. } => Self::NoDevice { role: role.into() },
            SoundError::Gone(id) => Self::Gone { device: device(id) },
            SoundError::Busy(id) => Self::Busy { device: device(id) },
            SoundError::Forbidden(id) => Self::Forbidden { device: device(id) },
            SoundError::TimedOut => Self::TimedOut,
            SoundError::File { path, reason } => Self::File { file: path.into(), reason },
            SoundError::Failed => Self::Failed,
            SoundError::NoList { reason } => Self::NoList { words: reason },
            SoundError::NoForm(id) => Self::NoForm { device: device(id) },
            SoundError::Refused { device: id, reason } => Self::Refused { device: device(id), words: reason },
        }
    }
}

impl From<DeviceRole> for SoundRole {
    fn from(role: DeviceRole) -> Self {
        match role {
            DeviceRole::Microphone => Self::Microphone,
            DeviceRole::Speaker => Self::Speaker,
        }
    }
}

/// Ids in one line for a person.
fn listed(ids: &[DeviceId]) -> String {
    if ids.is_empty() {
        return "none".to_owned();
    }
    ids.iter().map(DeviceId::as_str).collect::<Vec<_>>().join(", ")
}

/// The device of `role` which a user means by `text`: its id, its name, or a part of either that only one has.
/// Upper and lower case are the same.
pub fn find_device<'a>(devices: &'a [Device], role: DeviceRole, text: &str) -> Result<&'a Device, SoundError> {
    let wanted = text.trim().to_lowercase();
    let candidates: Vec<&Device> = devices.iter().filter(|device| device.role == role).collect();
    if candidates.is_empty() {
        return Err(SoundError::NoDevice(role));
    }
    let ids = |found: &[&Device]| found.iter().map(|device| device.id.clone()).collect();
    if wanted.is_empty() {
        return Err(SoundError::NotFound { role, text: text.to_owned(), known: ids(&candidates) });
    }
    // The most exact reading that fits anything decides: "spk" is the speaker of that name, although "spk2" has it too.
    let readings: [fn(&Device, &str) -> bool; 4] = [
        |device, wanted| device.id.as_str().to_lowercase() == wanted,
        |device, wanted| device.id.as_str().to_lowercase().split_once(':').is_some_and(|(_, own)| own == wanted),
        |device, wanted| device.name.to_lowercase() == wanted,
        |device, wanted| device.name.to_lowercase().contains(wanted) || device.id.as_str().to_lowercase().contains(wanted),
    ];
    for fits in readings {
        let found: Vec<&Device> = candidates.iter().copied().filter(|device| fits(device, &wanted)).collect();
        match found.as_slice() {
            [] => {}
            [device] => return Ok(device),
            _ => return Err(SoundError::Ambiguous { role, text: text.to_owned(), matches: ids(&found) }),
        }
    }
    Err(SoundError::NotFound { role, text: text.to_owned(), known: ids(&candidates) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(id: &str, name: &str, role: DeviceRole) -> Device {
        Device { id: id.into(), name: name.to_owned(), role, default: false }
    }

    fn desk() -> Vec<Device> {
        vec![
            device("pulseaudio:spk", "Speakers of the desk", DeviceRole::Speaker),
            device("pulseaudio:spk2", "Headset", DeviceRole::Speaker),
            device("pulseaudio:hdmi", "Headset", DeviceRole::Speaker),
            device("pulseaudio:mic", "Headset", DeviceRole::Microphone),
        ]
    }

    #[test]
    fn an_exact_id_wins_over_a_longer_one_that_contains_it() {
        let desk = desk();
        for text in ["pulseaudio:spk", "spk", " SPK ", "speakers of the desk", "desk"] {
            let found = find_device(&desk, DeviceRole::Speaker, text).map(|device| device.id.as_str());
            assert_eq!(found, Ok("pulseaudio:spk"), "{text}");
        }
    }

    #[test]
    fn an_ambiguous_name_lists_what_it_could_mean() {
        let error = find_device(&desk(), DeviceRole::Speaker, "headset").expect_err("two have that name");
        assert_eq!(error.to_string(), "\"headset\" can be any speaker of pulseaudio:spk2, pulseaudio:hdmi");
        assert!(find_device(&desk(), DeviceRole::Microphone, "headset").is_ok());
    }

    #[test]
    fn an_unknown_name_lists_what_is_there() {
        let error = find_device(&desk(), DeviceRole::Microphone, "camera").expect_err("there is none");
        assert_eq!(error.to_string(), "no microphone is called \"camera\"; there is pulseaudio:mic");
        assert_eq!(find_device(&[], DeviceRole::Speaker, "x"), Err(SoundError::NoDevice(DeviceRole::Speaker)));
        assert!(matches!(find_device(&desk(), DeviceRole::Speaker, "  "), Err(SoundError::NotFound { .. })));
    }
}
