//! The tests, whole or in parts.

use std::{
    env,
    path::PathBuf,
    process::{Command, Stdio},
};

use crate::{
    page, run, setup,
    shell::{Failed, cargo, output, root, run as run_program, run_and_read},
};

/// The parts by name, with what they are.
const PARTS: [(&str, &str); 7] = [
    ("unit", "machines and parsers, each in its own room"),
    ("ui", "the page: types, style, catalogue, each view"),
    ("scenarios", "the whole phone on a fake world, in virtual time"),
    ("several_calls", "several calls at once: hold, swap, conference, waiting, recording"),
    ("trust", "hostile messages, certificates, secrets in logs"),
    ("window", "the desktop program on a screen of its own"),
    ("interop", "real servers and clients, where the lab is beside the project"),
];

/// Every test there is.
pub fn test_everything() -> Result<(), Failed> {
    setup::install_missing()?;
    setup::install_window_tests()?;
    build_programs()?;
    let page = page::test();
    let lab = prepare_lab();
    let mut command = cargo(&["test", "--workspace", "--no-fail-fast"]);
    test_and_close(with_lab(&mut command, lab)).and(page)
}

/// One part.
pub fn test(part: &str) -> Result<(), Failed> {
    if !PARTS.iter().any(|(name, _)| *name == part) {
        let known: Vec<String> = PARTS.iter().map(|(name, what)| format!("  {name:<14} {what}")).collect();
        return Err(Failed::new(format!("there is no part {part:?} of the tests. There are:\n{}", known.join("\n"))));
    }
    setup::install_missing()?;
    if part == "ui" {
        return page::test();
    }
    // Always the whole workspace, so that all parts share one build of the dependencies.
    if part == "unit" {
        return test_and_close(&mut cargo(&["test", "--workspace", "--lib", "--bins", "--no-fail-fast"]));
    }
    if part == "window" {
        setup::install_window_tests()?;
    }
    build_programs()?;
    let lab = if part == "interop" { prepare_lab() } else { None };
    let mut command = cargo(&["test", "--workspace", "--test", "all", "--no-fail-fast", "--"]);
    command.arg(format!("{part}::"));
    test_and_close(with_lab(&mut command, lab))
}

/// Some tests start the programs, which cargo does not build for the tests of another crate.
fn build_programs() -> Result<(), Failed> {
    page::build()?;
    run::build(&["--bin", "sidetone-cli", "--bin", "sidetone"])
}

/// Runs the tests. After several runners, of which each has closed with its own line, there is one for all.
fn test_and_close(command: &mut Command) -> Result<(), Failed> {
    let mut runners = 0;
    let mut total = Counts::default();
    let outcome = run_and_read(command, |line| {
        if let Some(counts) = Counts::of(line) {
            runners += 1;
            total.add(&counts);
        }
    });
    if runners > 1 {
        println!("\n{} passed, {} failed, {} skipped", total.passed, total.failed, total.ignored);
    }
    outcome?;
    if total.passed + total.failed == 0 { Err(Failed::new("no test was run")) } else { Ok(()) }
}

/// What a runner says at its end.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    passed: u32,
    failed: u32,
    ignored: u32,
}

impl Counts {
    /// The counts of a closing line; `None` for every other line.
    fn of(line: &str) -> Option<Self> {
        let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
        let count = |what: &str| {
            let mut parts = counts.split("; ").filter_map(|part| part.split_once(' '));
            parts.find(|(_, name)| *name == what).and_then(|(count, _)| count.parse().ok()).unwrap_or_default()
        };
        Some(Self { passed: count("passed"), failed: count("failed"), ignored: count("ignored") })
    }

    fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
    }
}

fn with_lab(command: &mut Command, lab: Option<PathBuf>) -> &mut Command {
    match lab {
        Some(lab) => command.env("SIDETONE_LAB", lab),
        None => command.env_remove("SIDETONE_LAB"),
    }
}

/// The folder of the interop lab with what it needs installed; `None`, and said why, when it cannot be used. The tests
/// then name the peers they skip.
fn prepare_lab() -> Option<PathBuf> {
    let folder = env::var_os("SIDETONE_LAB").map_or_else(|| root().join("../shared/lab"), PathBuf::from);
    let Ok(folder) = folder.canonicalize() else {
        eprintln!("the interop lab is not beside the project: its peers are skipped");
        return None;
    };
    if output(Command::new("id").arg("-u")).is_none_or(|id| id.trim() != "0") {
        // Only root can install it; whether it is installed, its own commands will say.
        return Some(folder);
    }
    match run_program(Command::new(folder.join("lab")).arg("install").stdin(Stdio::null())) {
        Ok(()) => Some(folder),
        Err(_) => {
            eprintln!("the interop lab could not be installed: its peers are skipped");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_are_counted() {
        let passed = "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.02s";
        assert_eq!(Counts::of(passed), Some(Counts { passed: 12, failed: 0, ignored: 1 }));
        let failed = "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.02s";
        assert_eq!(Counts::of(failed), Some(Counts { passed: 1, failed: 2, ignored: 0 }));
        assert_eq!(Counts::of("test sip::a_result ... ok"), None);
    }

    #[test]
    fn an_unknown_part_lists_the_known_ones() {
        let failed = test("unknown").expect_err("there is no such part");
        assert!(PARTS.iter().all(|(name, _)| failed.message.contains(name)), "{failed}");
    }
}
