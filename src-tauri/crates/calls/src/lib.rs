//! Call control: decides what every call does next, and asks the drivers for it.
//!
//! Pure: a machine that is handed inputs and the time. It never reads a clock or a random number, never touches SIP,
//! RTP or a device, and never asks which provider an account belongs to.

mod call;
mod control;
mod dial;
mod elsewhere;
mod exchange;
mod floor;
pub mod io;
mod lamps;
mod lines;
mod notices;
mod outbox;
mod sound;
mod transfer;
mod waiting;

pub use control::CallControl;
pub use dial::remote_of;
