//! The services an account can belong to, and the network they are reached by.
//!
//! A provider is a machine ([`Provider`]): it decides, and waits for nothing. [`Line`] runs it over a
//! [`net::Network`], one task per account. What a call means to the user, and its audio, are never known here.

pub mod aculab;
mod line;
pub mod net;
mod provider;
pub mod sip;
#[cfg(test)]
mod test_clock;
pub mod xivo;

pub use line::{Line, LineInput};
pub use provider::{Input, Output, Provider};
