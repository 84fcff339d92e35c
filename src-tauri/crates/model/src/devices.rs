//! The sound devices as a face sees them.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{CallId, DeviceFault, Ringtone};

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
    /// What is wrong.
    pub trouble: Option<DeviceFault>,
}

/// A trial of a sound device, as it would be used in a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "device", rename_all = "kebab-case")]
pub enum DeviceTrial {
    /// Three seconds are recorded, and then heard on the speaker.
    Microphone,
    /// A few seconds of music are heard.
    Speaker,
    /// It rings.
    Ringer {
        /// How; as the settings say when missing.
        ringtone: Option<Ringtone>,
    },
}

/// How the last trial is getting on, or went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct TrialView {
    /// Which.
    pub trial: DeviceTrial,
    /// How far it is.
    pub stage: TrialStage,
}

/// How far a trial is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "stage", rename_all = "kebab-case")]
pub enum TrialStage {
    /// The device is being opened.
    Opening,
    /// The microphone is recorded: the user speaks.
    Recording,
    /// It sounds.
    Playing,
    /// It is over.
    Over {
        /// What was wrong; none when it worked.
        trouble: Option<DeviceFault>,
    },
}

/// How loud it is, in dBFS (RMS over the last 50 ms), -127 for silence.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Type)]
pub struct Levels {
    /// What the microphone delivers, before its treatment and before it is muted.
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
