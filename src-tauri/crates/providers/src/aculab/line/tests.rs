//! The line in virtual time; the test is the cloud.

mod bench;
mod calls;
mod registering;
mod switching;
mod tokens;
mod wire;
