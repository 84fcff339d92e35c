//! The rules of the project that no other tool knows: floors, sizes, places, the map, words, secrets.

mod dependencies;
mod documents;
mod files;
mod floors;
mod secrets;
mod words;

use std::{fmt, fs, process::Command};

use crate::{
    metadata,
    shell::{Failed, output, root},
};

/// One place that breaks a rule.
#[derive(Debug, PartialEq, Eq)]
pub struct Finding {
    /// File, with a line where there is one; or a crate.
    pub place: String,
    /// What is wrong and what to do instead.
    pub what: String,
}

impl Finding {
    fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { place: place.into(), what: what.into() }
    }

    fn at(file: &SourceFile, line: usize, what: impl Into<String>) -> Self {
        Self::new(format!("{}:{}", file.path, line + 1), what)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// A text file of the project.
pub struct SourceFile {
    /// Path from the top, with `/`.
    pub path: String,
    pub text: String,
}

impl SourceFile {
    fn is_code(&self) -> bool {
        let code = [".rs", ".ts", ".tsx"].iter().any(|end| self.path.ends_with(end));
        code && self.path != "ui/src/bridge/types.ts" && !self.path.starts_with("tests/fixtures/")
    }
}

/// Prints every finding; fails when there is one.
pub fn check() -> Result<(), Failed> {
    let packages = metadata::packages()?;
    let manifest = fs::read_to_string(root().join("Cargo.toml"))
        .map_err(|error| Failed::new(format!("Cargo.toml could not be read: {error}")))?;
    let paths = project_files()?;
    let texts: Vec<SourceFile> = paths.iter().filter_map(|path| read(path)).collect();

    for warning in files::long(&texts) {
        eprintln!("warning: {warning}");
    }
    let mut findings = floors::check(&packages);
    findings.extend(dependencies::unused(&manifest, &packages));
    findings.extend(files::misplaced(&paths));
    findings.extend(files::too_long(&texts));
    findings.extend(files::decisions(&texts));
    findings.extend(documents::misleading(&texts, &paths));
    for file in &texts {
        findings.extend(words::check(file));
        findings.extend(secrets::check(file));
    }
    for finding in &findings {
        eprintln!("{finding}");
    }
    if findings.is_empty() { Ok(()) } else { Err(Failed::new(format!("tidy: {} places to mend", findings.len()))) }
}

/// All files that belong to the project, or will once they are committed.
fn project_files() -> Result<Vec<String>, Failed> {
    let mut git = Command::new("git");
    git.args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"]).current_dir(root());
    let list = output(&mut git).ok_or_else(|| Failed::new("tidy needs git, and a working tree of it"))?;
    Ok(list.split_terminator('\0').map(str::to_owned).collect())
}

/// The text of a file; none for what is deleted or no text.
fn read(path: &str) -> Option<SourceFile> {
    Some(SourceFile { path: path.to_owned(), text: fs::read_to_string(root().join(path)).ok()? })
}
