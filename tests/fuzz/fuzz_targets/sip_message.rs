//! A SIP message as a WebSocket frame: parser, every typed reader, digest, and writing it again.
#![no_main]

#[path = "../../../src-tauri/crates/sip/tests/exercise/mod.rs"]
mod exercise;

#[path = "../limits.rs"]
mod limits;

libfuzzer_sys::fuzz_target!(|frame: &[u8]| {
    limits::within(limits::LIMIT, frame, exercise::exercise);
});
