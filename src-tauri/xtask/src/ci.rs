//! What a change must pass before it is handed in.

use std::process::Command;

use crate::{
    parts, setup,
    shell::{Failed, cargo, has, root, run},
    tidy, types,
};

type Step = (&'static str, fn() -> Result<Outcome, Failed>);

enum Outcome {
    Passed,
    /// The tool is not there; it is named, so that nobody takes silence for success.
    Skipped(&'static str),
}

const STEPS: [Step; 7] = [
    ("format", || passed(run(&mut cargo(&["fmt", "--all", "--check"])))),
    ("tidy", || passed(tidy::check())),
    ("lints", || passed(check_lints())),
    ("generated files", || passed(types::check())),
    ("dependencies", check_dependencies),
    ("spelling", check_spelling),
    ("tests", || passed(parts::test_everything())),
];

/// Runs every step, even after a failure, and closes with a list.
pub fn check_everything() -> Result<(), Failed> {
    setup::install_missing()?;
    let mut lines = Vec::new();
    let mut all_passed = true;
    for (name, step) in STEPS {
        eprintln!("--- {name}");
        lines.push(match step() {
            Ok(Outcome::Passed) => format!("{name}: passed"),
            Ok(Outcome::Skipped(why)) => format!("{name}: skipped, {why}"),
            Err(failed) => {
                all_passed = false;
                format!("{name}: FAILED {failed}")
            }
        });
    }
    println!("\n{}", lines.join("\n"));
    if all_passed { Ok(()) } else { Err(Failed::new("the change does not pass")) }
}

fn passed(outcome: Result<(), Failed>) -> Result<Outcome, Failed> {
    outcome.map(|()| Outcome::Passed)
}

/// Warnings fail. Code of another system is seen there only.
pub fn check_lints() -> Result<(), Failed> {
    run(&mut cargo(&["clippy", "--workspace", "--quiet", "--", "-D", "warnings"]))?;
    // Tests may read clocks and spawn tasks; programs may not (.clippy.toml).
    let tests = ["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings", "-A", "clippy::disallowed_methods"];
    run(&mut cargo(&tests))
}

fn check_dependencies() -> Result<Outcome, Failed> {
    if !has("cargo-deny") {
        return Ok(Outcome::Skipped("cargo-deny is not installed (cargo install --locked cargo-deny)"));
    }
    // Advisories change without any change of ours: the nightly run looks at them.
    passed(run(&mut cargo(&["deny", "--config", ".deny.toml", "check", "bans", "licenses", "sources"])))
}

fn check_spelling() -> Result<Outcome, Failed> {
    if !has("typos") {
        return Ok(Outcome::Skipped("typos is not installed (cargo install --locked typos-cli)"));
    }
    passed(run(Command::new("typos").arg("--config").arg(".typos.toml").current_dir(root())))
}
