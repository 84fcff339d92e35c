//! A frame of a XiVO's CTI: read, or no CTI.
#![no_main]

#[path = "../exercises/cti.rs"]
mod exercise;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| exercise::exercise(bytes));
