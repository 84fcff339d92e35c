//! The phone for a newcomer: a first call without any configuration.

use crate::{
    setup,
    shell::{Failed, cargo, run as run_program},
};

/// The echo of the practice exchange, long enough to hear oneself.
const FIRST_CALL: [&str; 4] = ["call", "600", "--for", "5s"];

/// Builds `sidetone-cli` and runs it with `arguments`, or with the first call.
pub fn run(arguments: &[String]) -> Result<(), Failed> {
    setup::install_missing()?;
    // The dev profile: it builds in half the time, and what keeps real time is optimised there too (Cargo.toml).
    let mut command = cargo(&["run", "--quiet", "--package", "cli", "--bin", "sidetone-cli", "--"]);
    if arguments.is_empty() {
        eprintln!("calling the practice exchange's echo: sidetone-cli {}", FIRST_CALL.join(" "));
        command.args(FIRST_CALL);
    } else {
        command.args(arguments);
    }
    run_program(&mut command)
}
