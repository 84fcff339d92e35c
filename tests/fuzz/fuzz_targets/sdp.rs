//! A session description of a stranger: as an offer, answered; as an answer to ours, applied.
#![no_main]

#[path = "../exercises/sdp.rs"]
mod exercise;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| exercise::exercise(bytes));
