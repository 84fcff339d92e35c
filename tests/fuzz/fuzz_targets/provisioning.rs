//! A provisioning file: settings that make sense, or refused.
#![no_main]

#[path = "../exercises/provisioning.rs"]
mod exercise;

#[path = "../limits.rs"]
mod limits;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    limits::within(limits::LIMIT, bytes, exercise::exercise);
});
