//! What the benchmarks share.

pub mod chirps;
pub mod desk;
#[cfg(target_os = "linux")]
pub mod desktop;
pub mod figures;
pub mod network;
pub mod phones;
pub mod program;
pub mod scorer;

pub use tests::usage;
