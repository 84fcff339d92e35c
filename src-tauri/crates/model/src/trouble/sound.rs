//! What is wrong with sound devices, and with files of sound.

use std::fmt;

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::Personal;

/// What a sound device is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum SoundRole {
    /// The user is heard by it.
    Microphone,
    /// Calls are heard on it.
    Speaker,
    /// It rings.
    Ringer,
}

/// As people call it.
impl fmt::Display for SoundRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Microphone => "microphone",
            Self::Speaker => "speaker",
            Self::Ringer => "ringer",
        })
    }
}

/// What is wrong with a device in use, or in a trial.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum DeviceFault {
    /// There is none.
    None {
        /// For what.
        role: SoundRole,
    },
    /// There is neither a microphone nor a speaker.
    NoneAtAll,
    /// It cannot be used.
    Unusable {
        /// Which.
        role: SoundRole,
        /// Why.
        fault: SoundFault,
    },
    /// It is gone, and another one is looked for.
    Gone {
        /// Which.
        role: SoundRole,
    },
    /// It is gone, and another one has its place.
    Replaced {
        /// Which.
        role: SoundRole,
        /// What is used instead.
        device: Personal,
    },
    /// It rings in another way than was chosen.
    RingsOtherwise {
        /// Why.
        fault: SoundFault,
    },
    /// Nobody hears it ring.
    RingsUnheard {
        /// Why.
        fault: SoundFault,
    },
    /// The ring device went away in a trial.
    RingerGone,
    /// A call has the devices, so that none is tried.
    InCall,
    /// The microphone gives nothing but silence.
    OnlySilence,
    /// Hardly anything was heard.
    Quiet {
        /// The loudest of it, dBFS.
        dbfs: i32,
    },
}

impl DeviceFault {
    /// Whether it is of a device that cannot be heard, or speak: no longer true once one in this role is open.
    pub fn ends_with_a_device_for(&self, opened: SoundRole) -> bool {
        match self {
            Self::None { role } | Self::Unusable { role, .. } | Self::Gone { role } | Self::Replaced { role, .. } => {
                *role == opened
            }
            Self::NoneAtAll => opened != SoundRole::Ringer,
            Self::RingsOtherwise { .. }
            | Self::RingsUnheard { .. }
            | Self::RingerGone
            | Self::InCall
            | Self::OnlySilence
            | Self::Quiet { .. } => false,
        }
    }
}

/// In English; the page has its own words.
impl fmt::Display for DeviceFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None { role: SoundRole::Ringer } => f.write_str("there is no speaker to ring on"),
            Self::None { role } => write!(f, "there is no {role}"),
            Self::NoneAtAll => f.write_str("there is neither a microphone nor a speaker"),
            Self::Unusable { role, fault } => write!(f, "the {role} cannot be used: {fault}"),
            Self::Gone { role } => write!(f, "the {role} is gone; looking for another"),
            Self::Replaced { role, device } => write!(f, "the {role} is gone; {} is used instead", named(device)),
            Self::RingsOtherwise { fault } => write!(f, "it rings in another way than you chose: {fault}"),
            Self::RingsUnheard { fault } => write!(f, "the ringer cannot be heard: {fault}"),
            Self::RingerGone => f.write_str("the ring device is gone"),
            Self::InCall => f.write_str("a call has the sound devices; try again after it"),
            Self::OnlySilence => f.write_str(
                "the microphone gives nothing but silence: is it switched off at the device, or does the system not allow its \
                 use?",
            ),
            Self::Quiet { dbfs } => {
                write!(f, "hardly anything was heard ({dbfs} dBFS): turn the microphone up in the system's sound settings")
            }
        }
    }
}

/// Why sound cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum SoundFault {
    /// The computer has no such device.
    NoDevice {
        /// For what.
        role: SoundRole,
    },
    /// It was there, and is not any more.
    Gone {
        /// Which.
        device: Personal,
    },
    /// Another program has it.
    Busy {
        /// Which.
        device: Personal,
    },
    /// The system does not let us.
    Forbidden {
        /// Which.
        device: Personal,
    },
    /// The sound system does not answer.
    TimedOut,
    /// It failed.
    Failed,
    /// It does not tell which devices there are.
    NoList {
        /// In its words.
        words: String,
    },
    /// Its samples have a form that is not known here.
    NoForm {
        /// Which; empty for the default device.
        device: Personal,
    },
    /// A file cannot be played or written.
    File {
        /// Which; empty when it is known, or shall not be told.
        file: Personal,
        /// Why.
        reason: FileReason,
    },
    /// The sound system refuses a device.
    Refused {
        /// Which; empty for the default device.
        device: Personal,
        /// In its words.
        words: String,
    },
}

/// In English; the page has its own words.
impl fmt::Display for SoundFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDevice { role } => write!(f, "this computer has no {role}"),
            Self::Gone { device } => write!(f, "{} is not there (any more)", device.expose()),
            Self::Busy { device } => write!(f, "another program uses {}", device.expose()),
            Self::Forbidden { device } => {
                write!(f, "the system does not allow the use of {}: check its privacy settings", device.expose())
            }
            Self::TimedOut => f.write_str("the sound system does not answer"),
            Self::Failed => f.write_str("the sound system failed"),
            Self::File { file, reason } if file.is_empty() => write!(f, "{reason}"),
            Self::File { file, reason } => write!(f, "{}: {reason}", file.expose()),
            Self::NoList { words } => write!(f, "the sound system does not tell its devices: {words}"),
            Self::NoForm { device } => write!(f, "the form of samples of {} is not known", named(device)),
            Self::Refused { device, words } => write!(f, "the sound system refuses {}: {words}", named(device)),
        }
    }
}

fn named(device: &Personal) -> &str {
    if device.is_empty() { "the default device" } else { device.expose() }
}

/// Why a file cannot be played or written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum FileReason {
    /// There is no such file or folder.
    NotFound,
    /// There is such a file already.
    AlreadyThere,
    /// The system does not allow its use.
    NotAllowed,
    /// The disk is full.
    DiskFull,
    /// It is no WAV file, or only the beginning of one.
    NotWav,
    /// It is one of a form that is not known here.
    UnknownForm,
    /// There is no sound in it.
    NoSound,
    /// It is in none of the forms that can be played.
    Unplayable,
    /// It shall be played and written at once.
    WrittenToo,
    /// It shall take two recordings.
    WrittenTwice,
    /// Something else.
    Said {
        /// In the words of the system.
        words: String,
    },
}

/// In English; the page has its own words.
impl fmt::Display for FileReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("there is no such file or folder"),
            Self::AlreadyThere => f.write_str("there is such a file already"),
            Self::NotAllowed => f.write_str("the system does not allow its use"),
            Self::DiskFull => f.write_str("the disk is full"),
            Self::NotWav => f.write_str("it is not a WAV file, or only the beginning of one"),
            Self::UnknownForm => f.write_str("its form is not known; 8 to 32 bits PCM and 32 bits float are"),
            Self::NoSound => f.write_str("there is no sound in it"),
            Self::Unplayable => f.write_str("it holds no sound that can be played"),
            Self::WrittenToo => f.write_str("it cannot be played and written at once"),
            Self::WrittenTwice => f.write_str("it cannot take both recordings"),
            Self::Said { words } => f.write_str(words),
        }
    }
}

/// What became of a recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum RecordingFault {
    /// There is no folder for it.
    NoFolder,
    /// Its folder cannot be made.
    Folder {
        /// What the system says.
        detail: String,
    },
    /// It could not begin.
    NotBegun {
        /// Why.
        fault: SoundFault,
    },
    /// It ended, and nobody asked for that.
    Ended {
        /// Why.
        fault: SoundFault,
    },
    /// The phone made a mistake over it.
    Broken,
}

/// In English; the page has its own words.
impl fmt::Display for RecordingFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoFolder => f.write_str("there is no folder for recordings; name one in the settings"),
            Self::Folder { detail } => write!(f, "the folder for recordings cannot be made: {detail}"),
            Self::NotBegun { fault } => write!(f, "the call cannot be recorded: {fault}"),
            Self::Ended { fault } => write!(f, "the recording ended: {fault}"),
            Self::Broken => f.write_str("the call cannot be recorded: the phone made a mistake"),
        }
    }
}
