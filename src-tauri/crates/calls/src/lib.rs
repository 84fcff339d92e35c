//! Call control: decides what every call does next, and asks the drivers for it.
//!
//! Pure: a machine that is handed inputs and the time. It never reads a clock or a random number, never touches SIP,
//! RTP or a device, and never asks which provider an account belongs to.

pub mod io;
