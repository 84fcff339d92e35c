//! The phone for a newcomer: a window, or a first call where there is no screen.

use std::{env, path::PathBuf, process::Command};

use crate::{
    page, setup,
    shell::{Failed, cargo, run as run_program},
};

/// The echo of the practice exchange, long enough to hear oneself.
const FIRST_CALL: [&str; 4] = ["call", "600", "--for", "5s"];

/// What `sidetone-cli` exits with when there is no microphone or speaker (README, exit statuses).
const NO_SOUND: u8 = 6;

/// Builds the phone and opens its window. Without a screen, calls the echo; with `arguments`, `sidetone-cli` runs with them.
pub fn run(arguments: &[String]) -> Result<(), Failed> {
    setup::install_missing()?;
    if !arguments.is_empty() {
        build(&["--bin", "sidetone-cli"])?;
        return sidetone_cli(arguments);
    }
    page::build()?;
    build(&["--bin", "sidetone", "--bin", "sidetone-cli"])?;
    if has_screen() {
        eprintln!("opening the window, registered with the practice exchange: call 600 to hear yourself");
        return run_program(&mut Command::new(built("sidetone")?));
    }
    let call = FIRST_CALL.map(str::to_owned);
    eprintln!("there is no screen: calling the practice exchange's echo instead: sidetone-cli {}", call.join(" "));
    match sidetone_cli(&call) {
        Err(Failed { code: NO_SOUND, .. }) => {
            eprintln!("without sound devices a melody speaks instead of you: sidetone-cli {} --melody", call.join(" "));
            sidetone_cli(&[&call[..], &["--melody".to_owned()]].concat())
        }
        ended => ended,
    }
}

fn has_screen() -> bool {
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}

/// Builds programs in the dev profile: it takes half the time, and what keeps real time is optimised there too (Cargo.toml).
/// Always for the whole workspace, so that tests and programs share one build of what they stand on.
pub fn build(programs: &[&str]) -> Result<(), Failed> {
    run_program(cargo(&["build", "--workspace"]).args(programs))
}

/// A program that has been built: beside this one.
pub fn built(name: &str) -> Result<PathBuf, Failed> {
    let here = env::current_exe().map_err(|error| Failed::new(format!("where the programs are is unknown: {error}")))?;
    Ok(here.with_file_name(format!("{name}{}", env::consts::EXE_SUFFIX)))
}

fn sidetone_cli(arguments: &[String]) -> Result<(), Failed> {
    run_program(Command::new(built("sidetone-cli")?).args(arguments))
}
