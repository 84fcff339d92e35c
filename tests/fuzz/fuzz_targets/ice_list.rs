//! A list of STUN and TURN servers: read, or none.
#![no_main]

#[path = "../exercises/ice_list.rs"]
mod exercise;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| exercise::exercise(bytes));
