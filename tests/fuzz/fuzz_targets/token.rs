//! A token of Aculab Cloud: read, or refused.
#![no_main]

#[path = "../exercises/token.rs"]
mod exercise;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| exercise::exercise(bytes));
