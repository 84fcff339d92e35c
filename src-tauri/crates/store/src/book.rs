//! The book: the history and the contacts of one user, in one SQLite file.
//!
//! Every contact is also kept in memory ([`Directory`]), and so are those who were called lately: numbers are matched and
//! suggestions made without the disk.

mod age;
mod contacts;
mod history;
mod import;
mod lease;
mod open;
mod rescue;
mod schema;
#[cfg(test)]
mod tests;

use std::{path::PathBuf, sync::Arc};

use model::Refusal;
use rusqlite::{Connection, ErrorCode};

pub use self::{
    history::{CallEnd, NewCall, dialable},
    lease::BookLease,
};
use crate::{
    directory::{Directory, NumberIndex, Past},
    numbers::NumberingPlan,
};

/// What the settings say of the book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookRules {
    /// Country by whose rules numbers are matched, ISO 3166.
    pub country: String,
    /// How many days the history is kept; for ever when zero.
    pub keep_days: u32,
}

/// The open book. Every call may wait for the disk.
#[derive(Debug)]
pub struct BookFile {
    db: Connection,
    rules: BookRules,
    directory: Directory,
    index: Arc<NumberIndex>,
    past: Vec<Past>,
    /// As SQLite counts the changes of other programs.
    version: i64,
}

/// A book ready for use, and what is wrong with it.
#[derive(Debug)]
pub struct OpenedBook {
    /// The book.
    pub book: BookFile,
    /// Why it is not the one the user had, if it is not. The user must hear it.
    pub trouble: Option<BookTrouble>,
}

/// Why the book is not the one the user had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BookTrouble {
    /// The file was damaged and has another name now; a new one has what could be read.
    #[error("the history and contacts were damaged; {calls} calls and {contacts} contacts could be read again. The old file is kept as {}", kept.display())]
    KeptAside {
        /// Its new name.
        kept: PathBuf,
        /// Calls that were read.
        calls: usize,
        /// Contacts that were read.
        contacts: usize,
    },
    /// The file stays as it is, and what changes is forgotten at the end of the run.
    #[error("the history and contacts in {} cannot be used, so changes are lost when the program ends: {problem}", path.display())]
    NotKept {
        /// Why.
        problem: BookError,
        /// The file.
        path: PathBuf,
    },
}

/// What SQLite calls a value of another kind than it should be; its library has no number for that.
const MISMATCH: i32 = 20;

/// Why the book did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BookError {
    /// The disk is full.
    #[error("the disk is full")]
    Full,
    /// The file may be read, but not written.
    #[error("the file may not be written")]
    ReadOnly,
    /// Another program keeps the file to itself.
    #[error("another program keeps the file busy")]
    Busy,
    /// The file is damaged; it is mended at the next start.
    #[error("the file is damaged")]
    Damaged,
    /// A later version of the program wrote it.
    #[error("it was written by a newer version of Sidetone (version {found}, this program knows {known})")]
    Newer {
        /// Version of the file.
        found: i64,
        /// The last version this program knows.
        known: i64,
    },
    /// The contact has been deleted.
    #[error("there is no such contact")]
    NoSuchContact,
    /// What was given cannot be kept.
    #[error(transparent)]
    Refused(Refusal),
    /// Something else.
    #[error("{detail}")]
    Failing {
        /// What the system said, or SQLite; without what is in the book.
        detail: String,
        /// SQLite's number of it, where it is from SQLite.
        sqlite: Option<i32>,
    },
}

impl From<rusqlite::Error> for BookError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Self::ReadOnly,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged,
            // The code's own words: other texts of the library may quote what is in the book.
            _ => {
                let of_library = error.sqlite_error().map(|error| (error.to_string(), error.extended_code));
                let (detail, code) = of_library.unwrap_or_else(|| ("the file does not fit".to_owned(), MISMATCH));
                Self::Failing { detail, sqlite: Some(code) }
            }
        }
    }
}

impl BookFile {
    /// Puts other rules in force: matches every number anew, and forgets what is too old.
    pub fn configure(&mut self, rules: BookRules, now_s: i64) -> Result<(), BookError> {
        let other_country = rules.country != self.rules.country;
        if rules.keep_days != self.rules.keep_days {
            // Who says so has the date before his eyes.
            self.believe(now_s)?;
        }
        self.rules = rules;
        if other_country {
            self.directory.set_plan(NumberingPlan::of_country(&self.rules.country));
            self.index = Arc::new(self.directory.index());
        }
        self.match_history_anew()?;
        // Who says how long calls are kept means all of them.
        while self.forget_old(now_s)? > 0 {}
        self.load_past()
    }

    /// Whom numbers belong to, as of now.
    pub fn index(&self) -> Arc<NumberIndex> {
        Arc::clone(&self.index)
    }

    /// Takes in what another program has changed; whether it has.
    pub fn refresh(&mut self) -> Result<bool, BookError> {
        let version = version(&self.db)?;
        if version == self.version {
            return Ok(false);
        }
        self.load_contacts()?;
        self.load_past()?;
        self.version = version;
        Ok(true)
    }

    fn plan(&self) -> NumberingPlan {
        self.directory.plan()
    }
}

fn version(db: &Connection) -> rusqlite::Result<i64> {
    db.pragma_query_value(None, "data_version", |row| row.get(0))
}
