//! Promises that are kept or not: the tests that show them, counted (32 to 36), and how long the slowest input took (38).

use std::{path::Path, process::Stdio};

use tokio::process::Command;

use crate::{
    Outcome,
    kit::figures::{note, tell},
};

/// The figures, and which tests show them.
const PROOFS: [(&str, &[&str]); 5] = [
    ("32", &["trust::certificates"]),
    ("33", &["trust::digest"]),
    ("35", &["trust::canaries"]),
    ("36", &["trust::machine", "trust::sound_server", "scenarios::key_store", "scenarios::sound", "scenarios::devices"]),
    ("38.failed", &["trust::parsers"]),
];

/// Runs them all.
pub async fn run() -> Outcome {
    for (figure, tests) in PROOFS {
        let said = cargo_test(tests).await?;
        let count = |what: &str| counted(&said, what);
        let (passed, failed) = (count("passed"), count("failed"));
        if passed + failed == 0 {
            return Err(format!("{}: no such test was run", tests.join(", ")).into());
        }
        for line in said.lines().filter(|line| line.contains("skipped: ")) {
            note(line);
        }
        note(&format!("{}: {passed} passed, {failed} failed", tests.join(", ")));
        tell(figure, f64::from(failed));
        if figure == "38.failed"
            && let Some(slowest_us) = said.lines().filter_map(slowest).max()
        {
            tell("38.slowest", f64::from(slowest_us) / 1e3);
        }
    }
    pages().await
}

/// What the tests with these names say.
async fn cargo_test(tests: &[&str]) -> Outcome<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["test", "--quiet", "--workspace", "--test", "all", "--no-fail-fast", "--", "--show-output"]).args(tests);
    let output = command.stdin(Stdio::null()).output().await?;
    Ok(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

/// A count of the line that closes a run.
fn counted(said: &str, what: &str) -> u32 {
    let closing = said.lines().filter_map(|line| line.strip_prefix("test result: "));
    let counts = closing.flat_map(|line| line.split([';', '.'])).filter_map(|part| part.trim().split_once(' '));
    counts.filter(|(_, name)| *name == what).filter_map(|(count, _)| count.parse::<u32>().ok()).sum()
}

/// What a test of a parser says about its slowest input, in µs.
fn slowest(line: &str) -> Option<u32> {
    line.strip_prefix("slowest input: ")?.split_once(" us")?.0.parse().ok()
}

/// Words of strangers in every view of the page (34), where there is a browser.
async fn pages() -> Outcome {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui");
    let run = async |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&page).stdin(Stdio::null()).stdout(Stdio::null());
        command.status().await.is_ok_and(|status| status.success())
    };
    if !run("npm", &["run", "build:fake"]).await {
        note("34 is not measured: the page cannot be built (cargo xtask test pages says more)");
        return Ok(());
    }
    tell("34", f64::from(u8::from(!run("node", &["../tests/pages/run.mjs", "literal"]).await)));
    Ok(())
}
