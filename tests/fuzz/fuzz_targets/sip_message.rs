//! A SIP message as a WebSocket frame: parser, every typed reader, digest, and writing it again.
#![no_main]

#[path = "../../../src-tauri/crates/sip/tests/exercise/mod.rs"]
mod exercise;

libfuzzer_sys::fuzz_target!(|frame: &[u8]| exercise::exercise(frame));
