//! The file with the programs that are started when something happens to a call.
//!
//! It is a file of its own, so that nothing that sets settings (a provisioning file, a web server, a page) sets what is run.

use std::{
    io,
    path::{Path, PathBuf},
};

use model::{EventProgram, FieldFault, FieldProblem, FileDamage};
use serde::{Deserialize, Serialize};

use crate::{
    ReadError, SaveError,
    check::limit,
    plain,
    replace::replace,
    settings::{damaged, text_of},
};

/// Far above any real file.
const LARGEST: u64 = 64 * 1024;

/// More would be a mistake.
const MOST_PROGRAMS: usize = 32;
const MOST_ARGUMENTS: usize = 32;
const LONGEST: usize = 1024;

/// The file as it is written.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    #[serde(default)]
    programs: Vec<EventProgram>,
}

/// Where they are kept.
#[derive(Clone, Debug)]
pub struct EventProgramsFile(PathBuf);

impl EventProgramsFile {
    /// At this path; nothing is touched yet.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// What is kept; nothing where there is no file.
    ///
    /// # Errors
    /// When it cannot be read, or one of the programs cannot work.
    pub fn read(&self) -> Result<Vec<EventProgram>, ReadError> {
        let bytes = match plain::read(&self.0, LARGEST) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(ReadError::Unreadable(error)),
        };
        let text = text_of(&bytes, LARGEST)?;
        let Form { programs } = toml::from_str(text).map_err(|error| damaged(text, &error))?;
        match check_event_programs(&programs).into_iter().next() {
            None => Ok(programs),
            Some(problem) => Err(ReadError::Damaged { line: None, damage: FileDamage::Field { problem: Box::new(problem) } }),
        }
    }

    /// Keeps these, and no others.
    ///
    /// # Errors
    /// When one of them cannot work, the file that is there is not understood, or it cannot be written.
    pub fn save(&self, programs: &[EventProgram]) -> Result<(), SaveError> {
        let problems = check_event_programs(programs);
        if !problems.is_empty() {
            return Err(SaveError::Invalid(problems));
        }
        self.read().map_err(SaveError::WouldLose)?;
        let form = Form { programs: programs.to_vec() };
        let text = toml::to_string(&form).map_err(|error| SaveError::Unwritable(io::Error::other(error)))?;
        replace(&self.0, text.as_bytes()).map_err(SaveError::Unwritable)
    }
}

/// Everything in `programs` that cannot work, by their position (`programs.0.program`).
pub fn check_event_programs(programs: &[EventProgram]) -> Vec<FieldProblem> {
    let mut found = Vec::new();
    let mut add = |field: String, fault| found.push(FieldProblem { field, fault });
    if programs.len() > MOST_PROGRAMS {
        add("programs".into(), FieldFault::TooMany { most: limit(MOST_PROGRAMS) });
    }
    for (position, EventProgram { program, arguments, .. }) in programs.iter().take(MOST_PROGRAMS).enumerate() {
        if let Some(fault) = wrong_with(program) {
            add(format!("programs.{position}.program"), fault);
        }
        let field = format!("programs.{position}.arguments");
        if arguments.len() > MOST_ARGUMENTS {
            add(field, FieldFault::TooMany { most: limit(MOST_ARGUMENTS) });
        } else if !arguments.iter().all(|argument| is_one_line(argument)) {
            add(field, FieldFault::NotOneLine { most: limit(LONGEST) });
        }
    }
    found
}

fn wrong_with(program: &str) -> Option<FieldFault> {
    let path = Path::new(program);
    let ends_in = |name: &str| path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(name));
    if program.is_empty() {
        Some(FieldFault::Missing)
    } else if !is_one_line(program) {
        Some(FieldFault::NotOneLine { most: limit(LONGEST) })
    } else if !path.is_absolute() {
        Some(FieldFault::NotAWholePath)
    } else if ends_in("bat") || ends_in("cmd") {
        // `%SIDETONE_NAME%` in one becomes part of its text: a caller's name would be run.
        Some(FieldFault::BatchFile)
    } else {
        None
    }
}

fn is_one_line(text: &str) -> bool {
    text.len() <= LONGEST && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use model::CallMoment;

    use super::*;

    fn program(path: &str, arguments: &[&str]) -> EventProgram {
        let arguments = arguments.iter().map(|text| (*text).to_owned()).collect();
        EventProgram { on: CallMoment::Incoming, program: path.into(), arguments }
    }

    #[cfg(unix)]
    #[test]
    fn what_is_kept_is_read_again_and_a_file_that_is_not_understood_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("programs.toml");
        let file = EventProgramsFile::at(&path);
        assert_eq!(file.read().expect("no file"), []);
        let programs = [program("/usr/bin/logger", &["-t", "a phone; rm -rf /"])];
        file.save(&programs).expect("they are kept");
        assert_eq!(file.read().expect("they are there"), programs);
        std::fs::write(&path, "[[programs]]\non = 'never'\nprogram = '/x'\n").expect("it is written");
        assert!(matches!(file.save(&programs), Err(SaveError::WouldLose(_))));
        assert!(std::fs::read_to_string(&path).expect("it is there").contains("never"));
    }

    #[cfg(unix)]
    #[test]
    fn a_program_has_a_whole_path_and_is_no_batch_file() {
        let fault = |path: &str, arguments: &[&str]| {
            check_event_programs(&[program(path, arguments)]).pop().map(|problem| (problem.field, problem.fault))
        };
        let of_program = |fault| Some(("programs.0.program".to_owned(), fault));
        assert_eq!(fault("/usr/bin/logger", &[""]), None);
        assert_eq!(fault("", &[]), of_program(FieldFault::Missing));
        assert_eq!(fault("logger", &[]), of_program(FieldFault::NotAWholePath));
        assert_eq!(fault("/x/call.CMD", &[]), of_program(FieldFault::BatchFile));
        assert_eq!(fault("/x/call.bat", &[]), of_program(FieldFault::BatchFile));
        assert_eq!(fault("/x\n", &[]), of_program(FieldFault::NotOneLine { most: 1024 }));
        let (field, _) = fault("/x", &["a\nb"]).expect("no line");
        assert_eq!(field, "programs.0.arguments");
        assert_eq!(check_event_programs(&vec![program("/x", &[]); MOST_PROGRAMS + 1]).len(), 1);
    }
}
