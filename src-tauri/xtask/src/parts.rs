//! The tests, whole or in parts.

use std::{
    env,
    path::PathBuf,
    process::{Command, Stdio},
};

use crate::{
    setup,
    shell::{Failed, cargo, output, root, run, run_and_read},
};

/// The parts by name, with what they are.
const PARTS: [(&str, &str); 4] = [
    ("unit", "machines and parsers, each in its own room"),
    ("scenarios", "the whole phone on a fake world, in virtual time"),
    ("trust", "hostile messages, certificates, secrets in logs"),
    ("interop", "real servers and clients, where the lab is beside the project"),
];

/// Every test there is.
pub fn test_everything() -> Result<(), Failed> {
    setup::install_missing()?;
    build_program()?;
    let lab = prepare_lab();
    let mut command = cargo(&["test", "--workspace", "--no-fail-fast"]);
    test_and_close(with_lab(&mut command, lab))
}

/// One part.
pub fn test(part: &str) -> Result<(), Failed> {
    if !PARTS.iter().any(|(name, _)| *name == part) {
        let known: Vec<String> = PARTS.iter().map(|(name, what)| format!("  {name:<10} {what}")).collect();
        return Err(Failed::new(format!("there is no part {part:?} of the tests. There are:\n{}", known.join("\n"))));
    }
    setup::install_missing()?;
    // Always the whole workspace, so that all parts share one build of the dependencies.
    if part == "unit" {
        return test_and_close(&mut cargo(&["test", "--workspace", "--lib", "--bins", "--no-fail-fast"]));
    }
    build_program()?;
    let lab = if part == "interop" { prepare_lab() } else { None };
    let mut command = cargo(&["test", "--workspace", "--test", "all", "--no-fail-fast", "--"]);
    command.arg(format!("{part}::"));
    test_and_close(with_lab(&mut command, lab))
}

/// Some tests start `sidetone-cli`, which cargo does not build for the tests of another crate.
fn build_program() -> Result<(), Failed> {
    run(&mut cargo(&["build", "--workspace", "--bin", "sidetone-cli"]))
}

/// Runs the tests, then repeats the runner's closing lines, which the output of later tests has pushed away.
fn test_and_close(command: &mut Command) -> Result<(), Failed> {
    let mut closing = Vec::new();
    let outcome = run_and_read(command, |line| {
        if line.starts_with("test result:") {
            closing.push(line.to_owned());
        }
    });
    closing.retain(|line| tests_run(line) > 0);
    if closing.len() > 1 {
        println!("\n{}", closing.join("\n"));
    }
    outcome?;
    if closing.is_empty() { Err(Failed::new("no test was run")) } else { Ok(()) }
}

/// Tests that passed or failed, from a closing line of the runner.
fn tests_run(closing: &str) -> u32 {
    let counts = closing.split([';', '.']).filter_map(|part| part.trim().split_once(' '));
    counts.filter(|(_, what)| ["passed", "failed"].contains(what)).filter_map(|(count, _)| count.parse::<u32>().ok()).sum()
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
    match run(Command::new(folder.join("lab")).arg("install").stdin(Stdio::null())) {
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
        assert_eq!(tests_run(passed), 12);
        let failed = "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.02s";
        assert_eq!(tests_run(failed), 3);
        let nothing = "test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 9 filtered out; finished in 0.00s";
        assert_eq!(tests_run(nothing), 0);
    }

    #[test]
    fn an_unknown_part_lists_the_known_ones() {
        let failed = test("unknown").expect_err("there is no such part");
        assert!(PARTS.iter().all(|(name, _)| failed.message.contains(name)), "{failed}");
    }
}
