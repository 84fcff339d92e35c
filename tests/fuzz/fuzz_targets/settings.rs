//! A settings file, whatever is in it: there are always settings to run with, and those can be saved and read again.
#![no_main]

#[path = "../exercises/settings.rs"]
mod exercise;

#[path = "../limits.rs"]
mod limits;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    limits::within(limits::LIMIT_OF_MUCH, bytes, exercise::exercise);
});
