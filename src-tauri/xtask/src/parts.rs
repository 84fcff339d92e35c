//! The tests, whole or in parts.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{
    bundle, page,
    report::{Counts, Report},
    run, setup,
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

/// Failures of tests of the whole phone that are tried once more. They run against real clocks, screens and servers, and a
/// machine that others use can disturb a few without any fault of the phone. Who breaks the phone breaks more, or breaks it again.
const MOST_DISTURBED: usize = 8;

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
    // Every target with tests: there are no tests in documentation, whose runners would each say so.
    test_and_close(&["test", "--workspace", "--tests", "--no-fail-fast"], &[], lab.as_deref()).and(page)
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
/// its own line, there is one for all. What failed, and why, comes last, where nobody has to look for it.
fn test_and_close(arguments: &[&str], filters: &[&str], lab: Option<&Path>) -> Result<(), Failed> {
    let mut command = cargo(arguments);
    let (first, outcome) = run_and_report(with_lab(command.arg("--").args(filters), lab));
    let second = disturbed(&first).filter(|_| outcome.is_err()).map(|names| test_alone(&names, lab));
    let again = second.as_ref().map(|(report, _)| passed_again(&first, report)).unwrap_or_default();
    let outcome = match &second {
        Some(_) if again.len() == first.failures().len() => Ok(()),
        Some(_) | None => outcome,
    };

    let Counts { passed, failed, ignored } = first.counts();
    let forgiven = u32::try_from(again.len()).unwrap_or_default();
    if first.runners() > 1 || forgiven > 0 {
        let again = if forgiven > 0 { format!(" ({forgiven} at the second attempt)") } else { String::new() };
        println!("\n{} passed{again}, {} failed, {ignored} skipped", passed + forgiven, failed - forgiven);
    }
    if first.broken_off() > 0 {
        println!("\nrunners that ended before their tests did: {}", first.broken_off());
    }
    for failure in first.failures() {
        let when = if again.contains(&failure.name.as_str()) { "failed at the first attempt" } else { "failed" };
        print!("\n{when}: {}\n{failure}", failure.name);
    }
    for failure in second.iter().flat_map(|(report, _)| report.failures()) {
        print!("\nfailed again: {}\n{failure}", failure.name);
    }
    outcome?;
    if passed + failed == 0 { Err(Failed::new("no test was run")) } else { Ok(()) }
}

/// Runs tests, shows what they print, and reads it.
fn run_and_report(command: &mut Command) -> (Report, Result<(), Failed>) {
    let mut report = Report::default();
    let outcome = run_and_read(command, |line| report.read(line));
    (report, outcome)
}

/// The failed tests, where they are few and all of them such as a busy machine can disturb. Machines and parsers have no such
/// excuse.
fn disturbed(report: &Report) -> Option<Vec<String>> {
    let is_of_the_whole_phone =
        |name: &str| PARTS.iter().any(|(part, _)| name.strip_prefix(part).is_some_and(|rest| rest.starts_with("::")));
    let names: Vec<String> = report.failures().iter().map(|failure| failure.name.clone()).collect();
    let few = (1..=MOST_DISTURBED).contains(&names.len());
    (few && report.names_every_failure() && names.iter().all(|name| is_of_the_whole_phone(name))).then_some(names)
}

/// Runs tests of the package `tests` once more, one after the other.
fn test_alone(names: &[String], lab: Option<&Path>) -> (Report, Result<(), Failed>) {
    println!("\nonce more, alone: {}", names.join(", "));
    let mut command = cargo(&["test", "--workspace", "--test", "all", "--no-fail-fast", "--", "--exact", "--test-threads=1"]);
    run_and_report(with_lab(command.args(names), lab))
}

/// The tests of the first attempt that have passed the second; none where the second did not run each of them, as when one has
/// a namesake in another runner.
fn passed_again<'r>(first: &'r Report, second: &Report) -> Vec<&'r str> {
    let Counts { passed, failed, .. } = second.counts();
    if !second.names_every_failure() || usize::try_from(passed + failed) != Ok(first.failures().len()) {
        return Vec::new();
    }
    let has_failed = |name: &str| second.failures().iter().any(|failure| failure.name == name);
    first.failures().iter().map(|failure| failure.name.as_str()).filter(|name| !has_failed(name)).collect()
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

    /// A runner of which these tests failed.
    fn failing(names: &[&str]) -> Report {
        let mut report = Report::default();
        report.read(&format!("running {} tests", names.len()));
        for name in names {
            report.read(&format!("test {name} ... FAILED"));
        }
        report.read(&format!("test result: FAILED. 0 passed; {} failed; 0 ignored; 0 measured", names.len()));
        report
    }

    #[test]
    fn a_few_tests_of_the_whole_phone_are_tried_again_and_no_others() {
        let two = ["window::start::it_starts", "scenarios::calls::a_call"];
        assert_eq!(disturbed(&failing(&two)), Some(two.map(str::to_owned).into()));
        assert_eq!(disturbed(&failing(&["window::start::it_starts", "transfer::tests::a_machine"])), None);
        assert_eq!(disturbed(&failing(&["windows::tests::a_machine"])), None);
        let many: Vec<String> = (0..=MOST_DISTURBED).map(|number| format!("xivo::test_{number}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(disturbed(&failing(&many)), None);
        assert!(disturbed(&failing(&many[1..])).is_some());
        assert_eq!(disturbed(&failing(&[])), None);
        let mut unnamed = failing(&two);
        unnamed.read("test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured");
        assert_eq!(disturbed(&unnamed), None, "a runner had a failure without a line");
    }

    #[test]
    fn what_passes_the_second_time_is_forgiven_only_where_all_were_tried() {
        let first = failing(&["window::a", "trust::b"]);
        let mut second = failing(&["trust::b"]);
        assert_eq!(passed_again(&first, &second), [""; 0], "one was not run");
        second.read("running 1 test");
        second.read("test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured");
        assert_eq!(passed_again(&first, &second), ["window::a"]);
    }

    #[test]
    fn an_unknown_part_lists_the_known_ones() {
        let failed = test("unknown").expect_err("there is no such part");
        assert!(PARTS.iter().all(|(name, _)| failed.message.contains(name)), "{failed}");
    }
}
