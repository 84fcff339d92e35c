//! The settings file: read with forgiveness, written as a whole.

mod form;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use model::{FieldProblem, FileDamage, FileFault, Settings, Trouble};

pub(crate) use form::{damaged, line_at};

use crate::{Provisioned, check_settings, plain};

/// Far above any real file; a larger one is a mistake and would only cost memory.
const LARGEST: u64 = 1 << 20;

/// How many damaged files are kept beside the settings before the program refuses to move one more away.
const MOST_KEPT_ASIDE: u32 = 99;

/// The settings file of one data folder. It holds no state: each call looks at the disk, so that two running programs
/// do not lose each other's form, and of two that save at once the last one wins whole.
#[derive(Clone, Debug)]
pub struct SettingsFile {
    path: PathBuf,
    provisioned: Provisioned,
}

/// What was found at the start.
#[derive(Debug)]
pub struct Loaded {
    /// What to run with.
    pub settings: Settings,
    /// Why these are not what the user had, if they are not.
    pub trouble: Option<LoadTrouble>,
    /// Dotted names of fields that this program does not know and does not use; they are kept when it saves.
    pub ignored: Vec<String>,
}

/// Why the defaults are used instead of the file. The user must hear it.
#[derive(Debug, thiserror::Error)]
pub enum LoadTrouble {
    /// The file cannot be understood and now has another name.
    #[error("the settings could not be read, so the defaults are used: {problem}. The old file is kept as {}", kept.display())]
    KeptAside {
        /// What is wrong with it.
        problem: ReadError,
        /// Its new name.
        kept: PathBuf,
    },
    /// The file stays where it is, and saving is refused as long as it does.
    #[error("the settings in {} could not be read, so the defaults are used and nothing is saved: {problem}", path.display())]
    Untouched {
        /// What is wrong with it.
        problem: ReadError,
        /// The file.
        path: PathBuf,
    },
}

/// As a face tells it.
impl From<LoadTrouble> for Trouble {
    fn from(trouble: LoadTrouble) -> Self {
        match trouble {
            LoadTrouble::KeptAside { problem, kept } => {
                Self::SettingsUnread { fault: problem.fault(), kept: kept.display().to_string().into() }
            }
            LoadTrouble::Untouched { problem, path } => {
                Self::SettingsUntouched { fault: problem.fault(), file: path.display().to_string().into() }
            }
        }
    }
}

/// Why a settings file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The system does not let us read it.
    #[error("the file could not be read: {0}")]
    Unreadable(#[source] io::Error),
    /// It is no settings file, or a field of it is wrong.
    #[error("{}{damage}", line.map(|line| format!("line {line}: ")).unwrap_or_default())]
    Damaged {
        /// Line, from 1, where known.
        line: Option<usize>,
        /// What is wrong.
        damage: FileDamage,
    },
    /// A later version of the program wrote it.
    #[error("they were written by a newer version of Sidetone (settings version {found}, this program knows {known})")]
    Newer {
        /// Version of the file.
        found: u32,
        /// The last version this program knows.
        known: u32,
    },
}

impl ReadError {
    /// As a face tells it.
    pub fn fault(&self) -> FileFault {
        match self {
            Self::Unreadable(error) => FileFault::Unreadable { detail: error.to_string() },
            Self::Damaged { line, damage } => {
                FileFault::Damaged { line: line.and_then(|line| u32::try_from(line).ok()), damage: damage.clone() }
            }
            Self::Newer { found, known } => FileFault::Newer { found: *found, known: *known },
        }
    }

    fn damaged_somewhere(damage: FileDamage) -> Self {
        Self::Damaged { line: None, damage }
    }
}

/// Why settings were not saved. The file is as it was.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// They cannot work.
    #[error("the settings were not saved: {}", listed(.0))]
    Invalid(Vec<FieldProblem>),
    /// The file that is there may not be replaced.
    #[error("the settings were not saved, to keep those in the file: {0}")]
    WouldLose(#[source] ReadError),
    /// The disk refused.
    #[error("the settings could not be written: {0}")]
    Unwritable(#[source] io::Error),
}

fn listed(problems: &[FieldProblem]) -> String {
    problems.iter().map(FieldProblem::to_string).collect::<Vec<_>>().join("; ")
}

impl SettingsFile {
    /// The file at `path`, which need not exist.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), provisioned: Provisioned::default() }
    }

    /// The same file, with what others set laid over it: what is read has it, what is saved must, and what the user had in its
    /// place stays in the file.
    #[must_use]
    pub fn under(self, provisioned: Provisioned) -> Self {
        Self { provisioned, ..self }
    }

    /// What others set.
    pub fn provisioned(&self) -> &Provisioned {
        &self.provisioned
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the program's own file at the start. Always gives settings to run with: a damaged file is moved aside, a
    /// missing one means the defaults.
    pub fn load(&self) -> Loaded {
        let problem = match self.form() {
            Ok(form) => {
                let form = form.unwrap_or_default();
                let settings = self.provisioned.impose(form.settings);
                return Loaded { ignored: form::names(&form.unknown), settings, trouble: None };
            }
            Err(problem) => problem,
        };
        let trouble = match &problem {
            ReadError::Damaged { .. } => match self.keep_aside() {
                Ok(kept) => LoadTrouble::KeptAside { problem, kept },
                Err(_) => LoadTrouble::Untouched { problem, path: self.path.clone() },
            },
            ReadError::Unreadable(_) | ReadError::Newer { .. } => LoadTrouble::Untouched { problem, path: self.path.clone() },
        };
        let settings = self.provisioned.impose(Settings::default());
        Loaded { settings, trouble: Some(trouble), ignored: Vec::new() }
    }

    /// Reads a file that the user named. It is never moved or changed, and must exist.
    pub fn read(&self) -> Result<Settings, ReadError> {
        let missing = || ReadError::Unreadable(io::Error::from(io::ErrorKind::NotFound));
        self.form()?.map(|form| form.settings).ok_or_else(missing)
    }

    /// Puts `settings` in the place of the file, once they are found to make sense. Fields of the file that this
    /// program does not know are kept. Secrets are not written: see [`Secrets`](crate::Secrets).
    pub fn save(&self, settings: &Settings) -> Result<(), SaveError> {
        let problems = check_settings(settings);
        if !problems.is_empty() {
            return Err(SaveError::Invalid(problems));
        }
        let form = match self.form() {
            Ok(form) => form.unwrap_or_default(),
            Err(ReadError::Damaged { .. }) => form::Form::default(),
            Err(problem @ (ReadError::Unreadable(_) | ReadError::Newer { .. })) => return Err(SaveError::WouldLose(problem)),
        };
        let refused = self.provisioned.refuse(&self.provisioned.impose(form.settings.clone()), settings);
        if !refused.is_empty() {
            return Err(SaveError::Invalid(refused));
        }
        if matches!(self.form(), Err(ReadError::Damaged { .. })) {
            self.keep_aside().map_err(SaveError::Unwritable)?;
        }
        // What is provisioned leaves the user's own values where they are.
        let amend = |table: &mut toml::Table| self.provisioned.give_back(table, &form.table);
        let text = form::write(settings, &form.unknown, amend).map_err(SaveError::WouldLose)?;
        crate::replace::replace(&self.path, text.as_bytes()).map_err(SaveError::Unwritable)
    }

    /// What the file holds; `None` when there is none.
    fn form(&self) -> Result<Option<form::Form>, ReadError> {
        let bytes = match plain::read(&self.path, LARGEST) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(ReadError::Unreadable(error)),
        };
        form::read(text_of(&bytes, LARGEST)?).map(Some)
    }

    /// Gives the file a name beside its own that nothing has yet.
    fn keep_aside(&self) -> io::Result<PathBuf> {
        let stem = self.path.file_stem().unwrap_or_default().to_string_lossy();
        let names = (1..=MOST_KEPT_ASIDE).map(|n| self.path.with_file_name(format!("{stem}.damaged-{n}.toml")));
        let mut free = names.filter(|name| fs::symlink_metadata(name).is_err());
        let kept = free.next().ok_or_else(|| io::Error::other("there are too many damaged settings files beside it"))?;
        fs::rename(&self.path, &kept)?;
        Ok(kept)
    }
}

/// The text of a file of which one byte more than `largest` was read.
pub(crate) fn text_of(bytes: &[u8], largest: u64) -> Result<&str, ReadError> {
    if bytes.len() as u64 > largest {
        let most_kb = u32::try_from(largest / 1024).unwrap_or(u32::MAX);
        return Err(ReadError::damaged_somewhere(FileDamage::TooLarge { most_kb }));
    }
    str::from_utf8(bytes).map_err(|_| ReadError::damaged_somewhere(FileDamage::NotText))
}

#[cfg(test)]
mod tests;
