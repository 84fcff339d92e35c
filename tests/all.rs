//! Every test of the whole phone, one binary: `scenarios` in virtual time, `trust` over real sockets, `window` on a screen.
#![expect(clippy::print_stdout, reason = "what a test prints is shown when it fails: the seed, the figure, the input")]

mod aculab;
mod interop;
mod kiosk;
mod scenarios;
#[path = "scenarios/several_calls/mod.rs"]
mod several_calls;
mod trust;
#[cfg(target_os = "linux")]
mod window;
mod xivo;
