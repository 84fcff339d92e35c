//! A datagram of anybody in the network while a name is asked for: an answer, or passed over.
#![no_main]

#[path = "../exercises/mdns.rs"]
mod exercise;
#[path = "../limits.rs"]
mod limits;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    limits::within(limits::LIMIT, bytes, exercise::exercise);
});
