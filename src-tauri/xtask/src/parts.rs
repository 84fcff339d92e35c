//! The tests, whole or in parts.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{
    bundle, page, run, setup,
    shell::{Failed, cargo, has, output, root, run as run_program, run_and_read},
};

/// The parts by name, with what they are.
const PARTS: [(&str, &str); 11] = [
    ("unit", "machines and parsers, each in its own room"),
    ("ui", "the page: types, style, catalogue, each view"),
    ("scenarios", "the whole phone on a fake world, in virtual time"),
    ("several_calls", "several calls at once: hold, swap, conference, waiting, recording"),
    ("kiosk", "answering without the user, and being installed, upgraded and removed"),
    ("trust", "hostile messages, certificates, secrets in logs"),
    ("pages", "the built page in a browser: every view, accessibility, large text, hostile words"),
    ("window", "the desktop program on a screen of its own"),
    ("aculab", "the official clients of Aculab Cloud, in a browser, and this phone at a fake of that cloud"),
    ("xivo", "this phone at a fake XUC: signing in, calls, transfers, remote control, what goes wrong"),
    ("interop", "real servers and clients, where the lab is beside the project"),
];

/// Tests against real clocks, screens and servers. A machine that others use can disturb one without any fault of the phone:
/// what fails there is run once more, alone, and the closing line counts it.
const REAL_TIME: [&str; 6] = ["aculab::", "interop::", "kiosk::screen", "trust::program", "trust::sound_server", "window::"];

/// Every test there is.
pub fn test_everything() -> Result<(), Failed> {
    setup::install_missing()?;
    setup::install_window_tests()?;
    setup::install_browser()?;
    build_programs()?;
    page::install_official_clients()?;
    pack_for_test()?;
    let page = page::test().and(page::test_in_browser());
    let lab = prepare_lab();
    test_and_close(&["test", "--workspace", "--no-fail-fast"], &[], lab.as_deref()).and(page)
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
    if part == "pages" {
        setup::install_browser()?;
        return page::test_in_browser();
    }
    // Always the whole workspace, so that all parts share one build of the dependencies.
    if part == "unit" {
        return test_and_close(&["test", "--workspace", "--lib", "--bins", "--no-fail-fast"], &[], None);
    }
    if ["window", "kiosk"].contains(&part) {
        setup::install_window_tests()?;
    }
    build_programs()?;
    if part == "aculab" {
        setup::install_browser()?;
        page::install_official_clients()?;
    }
    if part == "kiosk" {
        pack_for_test()?;
    }
    let lab = if part == "interop" { prepare_lab() } else { None };
    let filter = format!("{part}::");
    test_and_close(&["test", "--workspace", "--test", "all", "--no-fail-fast"], &[&filter], lab.as_deref())
}

/// Some tests start the programs, which cargo does not build for the tests of another crate.
fn build_programs() -> Result<(), Failed> {
    page::build()?;
    run::build(&["--bin", "sidetone-cli", "--bin", "sidetone", "--bin", "fake"])
}

/// Packs the program where the package can be tested.
fn pack_for_test() -> Result<(), Failed> {
    if cfg!(target_os = "linux") && has("dpkg-deb") {
        bundle::pack_for_test()?;
    }
    Ok(())
}

/// Runs the tests: `arguments` are for cargo, `filters` for the runners. After several runners, of which each has closed with
/// its own line, there is one for all.
fn test_and_close(arguments: &[&str], filters: &[&str], lab: Option<&Path>) -> Result<(), Failed> {
    let mut runners = 0;
    let mut total = Counts::default();
    let mut failed = Vec::new();
    let mut command = cargo(arguments);
    let outcome = run_and_read(with_lab(command.arg("--").args(filters), lab), |line| {
        failed.extend(failed_test(line).map(str::to_owned));
        if let Some(counts) = Counts::of(line) {
            runners += 1;
            total.add(&counts);
        }
    });
    let again = disturbed(&failed, total.failed).filter(|_| outcome.is_err());
    let outcome = match again {
        Some(names) => {
            let alone = test_alone(names, lab);
            if alone.is_ok() {
                total.passed += total.failed;
                total.again = std::mem::take(&mut total.failed);
            }
            alone
        }
        None => outcome,
    };
    if runners > 1 || total.again > 0 {
        let again = if total.again > 0 { format!(" ({} at the second attempt)", total.again) } else { String::new() };
        println!("\n{} passed{again}, {} failed, {} skipped", total.passed, total.failed, total.ignored);
    }
    outcome?;
    if total.passed + total.failed == 0 { Err(Failed::new("no test was run")) } else { Ok(()) }
}

/// The failed tests, where all of them (`count`) are such as a busy machine can disturb.
fn disturbed(failed: &[String], count: u32) -> Option<&[String]> {
    let is_real_time = |name: &String| REAL_TIME.iter().any(|part| name.starts_with(part));
    (!failed.is_empty() && usize::try_from(count) == Ok(failed.len()) && failed.iter().all(is_real_time)).then_some(failed)
}

/// Runs tests of the package `tests` once more, one after the other.
fn test_alone(names: &[String], lab: Option<&Path>) -> Result<(), Failed> {
    println!("\nonce more, alone: {}", names.join(", "));
    let mut command = cargo(&["test", "--workspace", "--test", "all", "--no-fail-fast", "--", "--exact", "--test-threads=1"]);
    run_and_read(with_lab(command.args(names), lab), |_| ())
}

/// The name of the test that a runner's line tells to have failed.
fn failed_test(line: &str) -> Option<&str> {
    line.strip_prefix("test ")?.strip_suffix(" ... FAILED")
}

/// What a runner says at its end.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    passed: u32,
    failed: u32,
    ignored: u32,
    /// Of the passed ones, those that needed a second attempt.
    again: u32,
}

impl Counts {
    /// The counts of a closing line; `None` for every other line.
    fn of(line: &str) -> Option<Self> {
        let (_, counts) = line.strip_prefix("test result: ")?.split_once(". ")?;
        let count = |what: &str| {
            let mut parts = counts.split("; ").filter_map(|part| part.split_once(' '));
            parts.find(|(_, name)| *name == what).and_then(|(count, _)| count.parse().ok()).unwrap_or_default()
        };
        Some(Self { passed: count("passed"), failed: count("failed"), ignored: count("ignored"), again: 0 })
    }

    fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
    }
}

fn with_lab<'c>(command: &'c mut Command, lab: Option<&Path>) -> &'c mut Command {
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
        assert_eq!(Counts::of(passed), Some(Counts { passed: 12, failed: 0, ignored: 1, again: 0 }));
        let failed = "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.02s";
        assert_eq!(Counts::of(failed), Some(Counts { passed: 1, failed: 2, ignored: 0, again: 0 }));
        assert_eq!(Counts::of("test sip::a_result ... ok"), None);
    }

    #[test]
    fn only_what_a_busy_machine_can_disturb_is_tried_again() {
        let failed = |lines: &[&str]| lines.iter().filter_map(|line| failed_test(line)).map(str::to_owned).collect::<Vec<_>>();
        let window = failed(&["test window::start::it_starts ... FAILED", "test window::start::it_ends ... ok"]);
        assert_eq!(disturbed(&window, 1), Some(&window[..]));
        assert_eq!(disturbed(&window, 2), None, "another runner had a failure without a line");
        let both = failed(&["test window::start::it_starts ... FAILED", "test scenarios::a_call ... FAILED"]);
        assert_eq!(disturbed(&both, 2), None);
        assert_eq!(disturbed(&[], 0), None);
    }

    #[test]
    fn an_unknown_part_lists_the_known_ones() {
        let failed = test("unknown").expect_err("there is no such part");
        assert!(PARTS.iter().all(|(name, _)| failed.message.contains(name)), "{failed}");
    }
}
