//! The whole phone without a window: one queue in, one snapshot out.
//!
//! Owns the run loop, the drivers (lines, media sessions, sound, the book), the world's seams and the journal. It decides nothing
//! about calls: `calls` does.

mod assistants;
mod book;
mod desk;
pub mod desktop;
mod diagnosis;
mod diagnostics;
mod event_programs;
mod fetched_tokens;
mod follower;
mod footprint;
mod interruptions;
mod journal;
mod lines;
mod loop_call;
mod meter;
mod office;
mod phone;
mod process;
mod recordings;
mod remote;
mod run_loop;
mod server_ways;
mod sessions;
mod shelf;
mod spawn;
mod updates;
mod world;

pub use assistants::AssistantLists;
pub use book::{Book, BookError};
pub use diagnosis::{Ladder, WireTrace, stories};
pub use diagnostics::{InvalidFilter, LogLevel, follow_log};
pub use event_programs::EventPrograms;
pub use follower::Follower;
pub use footprint::{hand_back_at_rest, hand_back_window};
pub use interruptions::Interruptions;
pub use journal::{Journal, ReplayError, replay};
pub use loop_call::LoopNumber;
pub use office::{Office, pin_key};
pub use phone::{DevicesOpen, Phone, PhoneOptions, PhoneStopped};
pub use process::settle_process;
pub use remote::{RemoteAnswer, RemoteControl, RemoteError, RemoteRequest, Show, ask_remote, serve_remote};
pub use spawn::spawn;
pub use updates::{NotUpdated, UpdateSource};
pub use world::{NoWorld, Randomness, RealWorld, SystemClock, SystemRandomness, World};
