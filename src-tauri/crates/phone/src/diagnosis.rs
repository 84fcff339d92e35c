//! Looking for a fault: what was sent, who said what when, what went wrong in a call, and a bundle for whoever helps.
//!
//! Ladder, story and bundle are drawn from the journal, in which nobody is named; only the trace shows people, to the user.

mod bundle;
mod facts;
mod findings;
mod ladder;
mod pcapng;
mod story;
mod thread;
mod trace;

pub use ladder::Ladder;
pub use story::stories;
pub(crate) use trace::Trace;
pub use trace::WireTrace;

pub(crate) use bundle::{Parts, bundle};
