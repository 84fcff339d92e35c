//! The sound devices as a face sees them.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::CallId;

/// Devices that are there, and which of them are in use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct DevicesView {
    /// Microphones.
    pub microphones: Vec<DeviceView>,
    /// Speakers, which are the ringers as well.
    pub speakers: Vec<DeviceView>,
    /// Which microphone would be used now.
    pub microphone: RoleView,
    /// Which speaker.
    pub speaker: RoleView,
    /// On which device it rings.
    pub ringer: RoleView,
}

/// One device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct DeviceView {
    /// Its lasting id, as it stands in the settings.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// One role and what fills it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct RoleView {
    /// Id of the device; none when there is none.
    pub using: Option<String>,
    /// What is wrong, in words.
    pub trouble: Option<String>,
}

/// How loud it is, in dBFS (RMS over the last 50 ms), -127 for silence.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Type)]
pub struct Levels {
    /// What the microphone delivers, after its treatment.
    pub microphone_dbfs: f64,
    /// What goes to the speaker.
    pub speaker_dbfs: f64,
    /// Each call.
    pub calls: Vec<CallLevels>,
}

/// How loud one call is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, Type)]
pub struct CallLevels {
    /// Which.
    pub call: CallId,
    /// What comes from the far end.
    pub in_dbfs: f64,
    /// What goes there.
    pub out_dbfs: f64,
}
