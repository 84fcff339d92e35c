//! A line on the control socket: read as a request, and done.
#![no_main]

#[path = "../exercises/control.rs"]
mod exercise;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| exercise::exercise(bytes));
