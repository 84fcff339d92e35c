//! A sound file of the user: rung with, or refused.
#![no_main]

#[path = "../exercises/ringtone.rs"]
mod exercise;
#[path = "../limits.rs"]
mod limits;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    limits::within(limits::LIMIT, bytes, exercise::exercise);
});
