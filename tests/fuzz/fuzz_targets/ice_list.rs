//! A list of STUN and TURN servers: read, or none.
#![no_main]

#[path = "../exercises/ice_list.rs"]
mod exercise;

#[path = "../limits.rs"]
mod limits;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    limits::within(limits::LIMIT, bytes, exercise::exercise);
});
