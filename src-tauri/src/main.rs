//! `sidetone`: the phone on the desktop. It forwards; what decides is in `phone` and below.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::process::ExitCode;

use clap::Parser;

mod arguments;
mod awake;
mod bridge;
mod commands;
mod consent;
mod engine;
mod failure;
mod kiosk;
mod language;
mod notify;
mod popup;
mod program;
mod save_as;
mod self_test;
mod session;
mod shortcuts;
mod start;
mod supervise;
mod terminal;
mod tray;
mod tray_host;
mod updates;
mod web_view;
mod windows;
mod wishes;

fn main() -> ExitCode {
    terminal::borrow();
    start::run(arguments::Arguments::parse())
}
