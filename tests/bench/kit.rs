//! What the benchmarks share.

pub mod chirps;
pub mod desk;
pub mod figures;
pub mod front;
pub mod network;
pub mod phones;
pub mod program;
pub mod scorer;
pub mod usage;
