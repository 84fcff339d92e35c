//! A file of contacts, as vCard and as a table: read, or refused.
#![no_main]

#[path = "../exercises/contacts.rs"]
mod exercise;
#[path = "../limits.rs"]
mod limits;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    limits::within(limits::LIMIT_OF_MUCH, bytes, exercise::exercise);
});
