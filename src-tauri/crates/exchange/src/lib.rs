//! The practice exchange: a small SIP exchange with real media, on loopback.
//!
//! It is what a newcomer calls first and what tests talk to. It speaks SIP over WebSocket and WebRTC with the very
//! machines of the phone (`sip::UserAgent` on the server's side, `media` sessions, a hub), knows a few numbers
//! ([`Number`]) and connects its registered users with one another. It never listens on anything but loopback.

mod attendant;
mod booths;
mod bridge;
mod core;
mod door;
mod link;
mod number;
mod operator;
mod practice;
mod registrar;
mod roaming;
mod server;
mod transfer;

pub use booths::{Booths, Heard};
pub use bridge::{Bridges, passed_on};
pub use door::{Door, DoorLink};
pub use number::Number;
pub use operator::{Operator, Order};
pub use practice::{NoPractice, Practice, PracticeWorld};
pub use registrar::Users;
pub use server::{Exchange, ExchangeWorld};
