//! Where files may stand and how long they may be.

use std::collections::BTreeMap;

use super::{Finding, SourceFile};

/// Lines at which to look for the second subject of a file.
const LONG: usize = 500;
/// Lines at which a file is refused.
const TOO_LONG: usize = 800;
/// Lines of a decision: who needs more has more than one.
const LONGEST_DECISION: usize = 40;

/// All that stands in the top folder beside files that begin with a dot.
const TOP: [&str; 9] = ["Cargo.toml", "Cargo.lock", "README.md", "LICENSE", "src-tauri", "ui", "icons", "tests", "installers"];

/// Files outside the fixed top level.
pub fn misplaced(paths: &[String]) -> Vec<Finding> {
    let top = |path: &str| path.split('/').next().unwrap_or_default().to_owned();
    let allowed = |path: &str| path.starts_with('.') || TOP.contains(&top(path).as_str());
    let misplaced = paths.iter().filter(|path| !allowed(path));
    misplaced.map(|path| Finding::new(path, "the top level is fixed; this belongs into one of its folders")).collect()
}

/// Files that are long enough to look at.
pub fn long(files: &[SourceFile]) -> Vec<Finding> {
    by_length(files, LONG..TOO_LONG + 1, "look for its second subject")
}

/// Files that are longer than any may be.
pub fn too_long(files: &[SourceFile]) -> Vec<Finding> {
    by_length(files, TOO_LONG + 1..usize::MAX, "split it")
}

fn by_length(files: &[SourceFile], lengths: std::ops::Range<usize>, advice: &str) -> Vec<Finding> {
    let counted = files.iter().filter(|file| file.is_code()).map(|file| (file, file.text.lines().count()));
    let found = counted.filter(|(_, lines)| lengths.contains(lines));
    found.map(|(file, lines)| Finding::new(&file.path, format!("has {lines} lines: {advice}"))).collect()
}

/// Decision records: named `NNNN-title.md`, each number once, short.
pub fn decisions(files: &[SourceFile]) -> Vec<Finding> {
    let mut numbers = BTreeMap::new();
    let mut found = Vec::new();
    for file in files {
        let Some(name) = file.path.strip_prefix("src-tauri/adr/") else { continue };
        let number = name.split_once('-').map(|(number, _)| number).filter(|number| number.len() == 4 && name.ends_with(".md"));
        match number.and_then(|number| number.parse::<u16>().ok()) {
            None => found.push(Finding::new(&file.path, "is not named NNNN-title.md")),
            Some(number) => {
                if let Some(other) = numbers.insert(number, name) {
                    found.push(Finding::new(&file.path, format!("has the number of {other}")));
                }
            }
        }
        let lines = file.text.lines().count();
        if lines > LONGEST_DECISION {
            found.push(Finding::new(&file.path, format!("has {lines} lines; a decision has {LONGEST_DECISION} at most")));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, lines: usize) -> SourceFile {
        SourceFile { path: path.into(), text: "x\n".repeat(lines) }
    }

    #[test]
    fn the_top_level_is_fixed() {
        let paths = [".ci/run", "Cargo.toml", "src-tauri/x.rs", "docs/x.md", "notes.txt"].map(String::from);
        let found: Vec<String> = misplaced(&paths).into_iter().map(|finding| finding.place).collect();
        assert_eq!(found, ["docs/x.md", "notes.txt"]);
    }

    #[test]
    fn long_files_are_told_and_longer_ones_refused() {
        let files = [file("a.rs", 499), file("b.rs", 500), file("c.rs", 800), file("d.rs", 801), file("e.txt", 900)];
        assert_eq!(long(&files).len(), 2);
        assert_eq!(too_long(&files).len(), 1);
    }

    #[test]
    fn decisions_are_numbered_and_short() {
        let files = ["0001-a.md", "0001-b.md", "12-c.md", "0002-d.txt"].map(|name| file(&format!("src-tauri/adr/{name}"), 40));
        assert_eq!(decisions(&files).len(), 3);
        assert_eq!(decisions(&[file("src-tauri/adr/0001-a.md", 41)]).len(), 1);
    }
}
