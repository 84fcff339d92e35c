//! A frame of a XiVO's CTI: read, or no CTI.
#![no_main]

#[path = "../exercises/cti.rs"]
mod exercise;

#[path = "../limits.rs"]
mod limits;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    limits::within(limits::LIMIT, bytes, exercise::exercise);
});
