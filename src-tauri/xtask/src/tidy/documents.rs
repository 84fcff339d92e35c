//! What documents say of the tree.

use super::{Finding, SourceFile};

/// Says where things are.
const MAP: &str = "src-tauri/ARCHITECTURE.md";

/// Ends of the names that are looked for.
const FILES: [&str; 6] = [".rs", ".ts", ".tsx", ".mjs", ".toml", ".yml"];

/// Files that the map names and that are not there.
pub fn misleading(files: &[SourceFile], paths: &[String]) -> Vec<Finding> {
    let Some(map) = files.iter().find(|file| file.path == MAP) else { return Vec::new() };
    let lines = map.text.lines().enumerate();
    let named = lines.flat_map(|(number, line)| code(line).flat_map(alternatives).map(move |name| (number, name)));
    let missing = named.filter(|(_, name)| FILES.iter().any(|end| name.ends_with(end)) && !is_there(name, paths));
    missing.map(|(number, name)| Finding::at(map, number, format!("there is no {name}: say where it is now"))).collect()
}

/// What stands between backquotes.
fn code(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// `a/{b,c}.rs` is two files.
fn alternatives(name: &str) -> Vec<String> {
    let parts = name.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)));
    match parts {
        Some((before, (choices, after))) => choices.split(',').map(|choice| format!("{before}{choice}{after}")).collect(),
        None => vec![name.to_owned()],
    }
}

/// Whether a path ends so. A map shortens paths where it is clear which room it speaks of.
fn is_there(name: &str, paths: &[String]) -> bool {
    paths.iter().any(|path| path.strip_suffix(name).is_some_and(|before| before.is_empty() || before.ends_with('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_not_there_are_found() {
        let paths = ["src-tauri/crates/calls/src/call.rs", "src-tauri/src/notify/linux.rs", "README.md"].map(String::from);
        let text = "| a call | `calls/src/call.rs`, `call.rs` beside `all.rs` |\n`notify/{linux,windows}.rs` and `Command::Hold`";
        let map = SourceFile { path: MAP.into(), text: text.into() };
        let found: Vec<String> = misleading(&[map], &paths).into_iter().map(|finding| finding.to_string()).collect();
        let expected = [
            format!("{MAP}:1: there is no all.rs: say where it is now"),
            format!("{MAP}:2: there is no notify/windows.rs: say where it is now"),
        ];
        assert_eq!(found, expected);
        assert_eq!(misleading(&[], &paths), []);
    }
}
