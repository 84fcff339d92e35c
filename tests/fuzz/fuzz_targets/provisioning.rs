//! A provisioning file: settings that make sense, or refused.
#![no_main]

#[path = "../exercises/provisioning.rs"]
mod exercise;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| exercise::exercise(bytes));
