//! Files that cannot be used.

use std::fmt;

use serde::{Deserialize, Serialize};
use specta::Type;

use super::FieldProblem;

/// Why a file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum FileFault {
    /// The system does not let us read it.
    Unreadable {
        /// What it says.
        detail: String,
    },
    /// It makes no sense.
    Damaged {
        /// Its line, from 1, where known.
        line: Option<u32>,
        /// How so.
        damage: FileDamage,
    },
    /// A later version of the program wrote it.
    Newer {
        /// Version of the file.
        found: u32,
        /// The last one this program knows.
        known: u32,
    },
}

/// In English; the page has its own words.
impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { detail } => write!(f, "the file could not be read: {detail}"),
            Self::Damaged { line: None, damage } => write!(f, "{damage}"),
            Self::Damaged { line: Some(line), damage } => write!(f, "line {line}: {damage}"),
            Self::Newer { found, known } => write!(
                f,
                "they were written by a newer version of Sidetone (settings version {found}, this program knows {known})"
            ),
        }
    }
}

/// What makes no sense in a file; without what it says there, which may be personal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum FileDamage {
    /// It is larger than any such file.
    TooLarge {
        /// So large it may be, kB.
        most_kb: u32,
    },
    /// It is no text (UTF-8).
    NotText,
    /// It has not the form of such a file (TOML).
    Form {
        /// How so, in English.
        words: String,
    },
    /// There is no such version of it.
    NoVersion,
    /// A name that means nothing there.
    Unknown {
        /// This one.
        name: String,
    },
    /// Something is named that cannot be so.
    Value {
        /// Its name.
        name: String,
        /// How so, in English.
        words: String,
    },
    /// Something is missing, or does not fit the rest.
    Content {
        /// How so, in English.
        words: String,
    },
    /// A field cannot be as it is.
    Field {
        /// Which, and why.
        problem: Box<FieldProblem>,
    },
    /// A rule of another account than the one that the file is about.
    OtherAccount,
    /// The PIN is no hash of one.
    NotAHash,
    /// A call shall be placed at the start, and nobody is named who could be called.
    NobodyToCall,
    /// A feature that can be switched off only: what it does is said by settings.
    NotForcedOn {
        /// Which.
        feature: String,
    },
    /// It does not say where it is from.
    NoSource,
}

/// In English; the page has its own words.
impl fmt::Display for FileDamage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { most_kb } => write!(f, "it is larger than {most_kb} kB"),
            Self::NotText => f.write_str("it is not text"),
            Self::Form { words } | Self::Content { words } => f.write_str(words),
            Self::NoVersion => f.write_str("there is no such version of the settings"),
            Self::Unknown { name } => write!(f, "there is no setting {name:?}"),
            Self::Value { name, words } => write!(f, "{name}: {words}"),
            Self::Field { problem } => write!(f, "{problem}"),
            Self::OtherAccount => f.write_str("the policy is of another account than the profile"),
            Self::NotAHash => f.write_str("the PIN is not a hash; `sidetone-cli kiosk-pin` makes one"),
            Self::NobodyToCall => f.write_str("it shall call at the start, but has no button"),
            Self::NotForcedOn { feature } => {
                write!(f, "{feature} cannot be forced on as such; say in [settings] what it does")
            }
            Self::NoSource => f.write_str("it does not say where it is from"),
        }
    }
}
