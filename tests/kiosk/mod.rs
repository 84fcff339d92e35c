//! The phone that serves people who do not know it: answering by itself, and being installed.

#![expect(clippy::print_stderr, reason = "a skipped test says so")]

mod auto_answer;
#[cfg(target_os = "linux")]
mod confined;
mod loop_call;
#[cfg(target_os = "linux")]
mod package;
#[cfg(target_os = "linux")]
mod proof;
#[cfg(target_os = "linux")]
mod restart;
mod rows;
#[cfg(target_os = "linux")]
mod screen;
