//! What strangers send: nothing panics, nothing rings for nothing, nothing leaks. And what the machine does to the phone.

#![expect(clippy::print_stderr, reason = "a skipped test says so")]

mod canaries;
mod certificates;
mod diagnosis;
mod digest;
mod downloads;
mod flood;
mod fraud;
mod hostile;
#[cfg(target_os = "linux")]
mod machine;
mod parsers;
#[cfg(target_os = "linux")]
mod program;
#[cfg(target_os = "linux")]
mod sound_server;
mod within_a_call;
