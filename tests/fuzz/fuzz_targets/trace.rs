//! A frame of a stranger, taken apart for whoever looks for a fault.
#![no_main]

#[path = "../exercises/trace.rs"]
mod exercise;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| exercise::exercise(bytes));
