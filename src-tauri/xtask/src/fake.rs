//! Servers of somebody else's, made up and run by hand.

use std::process::Command;

use crate::{
    run, setup,
    shell::{Failed, run as run_program},
};

/// Builds and runs the program `fake` of the crate `tests`, which says the rest itself.
pub fn run(arguments: &[String]) -> Result<(), Failed> {
    setup::install_missing()?;
    run::build(&["--bin", "fake"])?;
    run_program(Command::new(run::built("fake")?).args(arguments))
}
