//! A frame of a stranger, taken apart for whoever looks for a fault.
#![no_main]

#[path = "../exercises/trace.rs"]
mod exercise;

#[path = "../limits.rs"]
mod limits;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    limits::within(limits::LIMIT, bytes, exercise::exercise);
});
