//! Packets of a stranger, decrypted: any payload, number, time and source, through the jitter buffer and the decoders.
#![no_main]

#[path = "../exercises/rtp.rs"]
mod exercise;

#[path = "../limits.rs"]
mod limits;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    limits::within(limits::LIMIT_OF_MUCH, bytes, exercise::exercise);
});
