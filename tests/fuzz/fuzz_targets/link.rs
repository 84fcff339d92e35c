//! A link that some program or page hands over: a target, or nothing.
#![no_main]

#[path = "../exercises/link.rs"]
mod exercise;

#[path = "../limits.rs"]
mod limits;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    limits::within(limits::LIMIT, bytes, exercise::exercise);
});
