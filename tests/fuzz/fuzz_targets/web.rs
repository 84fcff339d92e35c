//! An answer of a web server: read, or refused.
#![no_main]

#[path = "../exercises/web.rs"]
mod exercise;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| exercise::exercise(bytes));
