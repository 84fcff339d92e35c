//! Files that cannot be used.

use std::fmt;

use serde::{Deserialize, Serialize};
use specta::Type;

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
        /// How so, in the words of what reads it.
        words: String,
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
            Self::Damaged { line: None, words } => f.write_str(words),
            Self::Damaged { line: Some(line), words } => write!(f, "line {line}: {words}"),
            Self::Newer { found, known } => write!(
                f,
                "they were written by a newer version of Sidetone (settings version {found}, this program knows {known})"
            ),
        }
    }
}
