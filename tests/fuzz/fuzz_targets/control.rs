//! A line on the control socket: read as a request, and done.
#![no_main]

#[path = "../exercises/control.rs"]
mod exercise;

#[path = "../limits.rs"]
mod limits;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    limits::within(limits::LIMIT, bytes, exercise::exercise);
});
