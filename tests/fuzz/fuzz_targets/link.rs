//! A link that some program or page hands over: a target, or nothing.
#![no_main]

#[path = "../exercises/link.rs"]
mod exercise;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| exercise::exercise(bytes));
