//! The machine's own devices: between their callbacks and the hub's 10 ms.

mod cpal;
mod drift;
mod intake;
mod meter;
mod outlet;
#[cfg(target_os = "linux")]
mod pulse;
mod streams;
#[cfg(test)]
mod tests;
mod worker;

pub use cpal::CpalHost;
pub(crate) use cpal::in_words;
