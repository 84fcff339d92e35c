//! A session description of a stranger: as an offer, answered; as an answer to ours, applied.
#![no_main]

#[path = "../exercises/sdp.rs"]
mod exercise;

#[path = "../limits.rs"]
mod limits;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    limits::within(limits::LIMIT, bytes, exercise::exercise);
});
