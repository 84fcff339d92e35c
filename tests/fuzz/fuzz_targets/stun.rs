//! A message of a STUN or TURN server: read, or passed over.
#![no_main]

#[path = "../exercises/stun.rs"]
mod exercise;
#[path = "../limits.rs"]
mod limits;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    limits::within(limits::LIMIT, bytes, exercise::exercise);
});
