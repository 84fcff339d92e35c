//! The phone for a newcomer: a first call without any configuration.

use crate::{
    setup,
    shell::{Failed, cargo, run as run_program},
};

/// The echo of the practice exchange, long enough to hear oneself.
const FIRST_CALL: [&str; 4] = ["call", "600", "--for", "5s"];

/// What `sidetone-cli` exits with when there is no microphone or speaker (README, exit statuses).
const NO_SOUND: u8 = 6;

/// Builds `sidetone-cli` and runs it with `arguments`, or with the first call.
pub fn run(arguments: &[String]) -> Result<(), Failed> {
    setup::install_missing()?;
    // The dev profile: it builds in half the time, and what keeps real time is optimised there too (Cargo.toml).
    run_program(&mut cargo(&["build", "--package", "cli", "--bin", "sidetone-cli"]))?;
    if !arguments.is_empty() {
        return sidetone(arguments);
    }
    let call = FIRST_CALL.map(str::to_owned);
    eprintln!("calling the practice exchange's echo: sidetone-cli {}", call.join(" "));
    match sidetone(&call) {
        Err(Failed { code: NO_SOUND, .. }) => {
            eprintln!("without sound devices a melody speaks instead of you: sidetone-cli {} --melody", call.join(" "));
            sidetone(&[&call[..], &["--melody".to_owned()]].concat())
        }
        ended => ended,
    }
}

fn sidetone(arguments: &[String]) -> Result<(), Failed> {
    run_program(cargo(&["run", "--quiet", "--package", "cli", "--bin", "sidetone-cli", "--"]).args(arguments))
}
