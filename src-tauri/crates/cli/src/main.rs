//! `sidetone-cli`: the phone without a window, and the remote control of a running one.

use std::process::ExitCode;

mod account;
mod accounts;
mod aculab;
mod args;
mod book;
mod call;
mod checks;
#[cfg(test)]
mod contract;
mod devices;
mod diagnosis;
mod exit;
mod input;
mod print;
mod printing;
mod provision;
mod remote;
mod serve;
mod setting;
mod several;
mod sound;
mod start;
mod transfer;
mod xivo;

fn main() -> ExitCode {
    start::run()
}
