//! Digest authentication (RFC 3261 section 22, RFC 7616, RFC 8760): ours towards servers, and that of phones towards the
//! practice exchange.
//!
//! A password never leaves: what goes out is a digest, to the account's own realm only. Basic is never answered.

mod algorithm;
mod answer;
mod challenge;
mod credentials;

pub use algorithm::Algorithm;
pub use answer::Answer;
pub use challenge::{Challenge, Qop};
pub(crate) use credentials::BEARER;
pub use credentials::{Attempts, Credentials, Refusal};
