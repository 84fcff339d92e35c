//! Packets of a stranger, decrypted: any payload, number, time and source, through the jitter buffer and the decoders.
#![no_main]

#[path = "../exercises/rtp.rs"]
mod exercise;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| exercise::exercise(bytes));
