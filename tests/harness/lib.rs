//! The fake world that scenarios are played in: the real phone, the real exchange, and virtual time, network, peers, sound
//! and randomness.
//!
//! Only the seams of `phone::World` are replaced. A [`Scenario`] is a story: phones are seated, somebody dials, time passes,
//! something is expected. At its end each phone is stopped, its journal replayed, and what must hold of any phone checked.

mod cloud;
mod far;
mod flood;
mod front;
mod ladder;
mod log;
#[cfg(target_os = "linux")]
mod machines;
mod mutations;
mod network;
mod panics;
mod practice;
mod rtc;
mod scenario;
mod seat;
mod sockets;
mod sound;
mod storm;
mod time;
pub mod usage;
mod watch;
mod xuc;

pub use cloud::{
    Binding, Closing, CloudAccount, CloudCall, CloudOptions, CloudRegistering, FakeCloud, IceAnswer, Knobs, SERVICE_TONE_HZ,
    Seen, ServiceCall, TokenTerms, TokenUrl, Way, WireMessage,
};
pub use far::{Far, FarCall, FarMedia, Registering};
pub use flood::{Flood, popups};
pub use front::Front;
pub use ladder::{Ladder, Rung};
pub use log::Log;
#[cfg(target_os = "linux")]
pub use machines::{IpVersion, Machines};
pub use mutations::{Mutations, fixtures};
pub use network::{Cable, Server, Weather};
pub use practice::practice;
pub use rtc::{Air, IceServers, Path};
pub use scenario::{DESK_PHONE, FarTalk, OTHER_PHONE, Scenario, Talk};
pub use seat::{MICROPHONE, SPEAKER, Seat, settings};
pub use sound::{longest_gap, rms_dbfs, tone, tone_dbfs};
pub use storm::Storm;
pub use time::{VirtualClock, ms, seconds};
pub use xuc::{AT_DESK, AmiDoor, CtiFaults, FakeXuc, Greeting, Relay, Upstream, Xuc, turn_credential};
