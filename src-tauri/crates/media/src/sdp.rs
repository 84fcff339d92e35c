//! Session descriptions (RFC 8866) for one audio call: reading the far end's, writing ours, and what both agree on.
//!
//! Pure functions on text. Nothing here knows ICE or DTLS beyond the lines that describe them, and no text of the far
//! end reaches another room: what leaves is parsed.

mod agree;
mod candidate;
mod local;
mod remote;
mod syntax;
#[cfg(test)]
mod tests;

pub use agree::negotiate;
pub use candidate::{Candidate, InvalidCandidate};
pub use local::{Answer, AudioTerms, LocalSession, Offer};
pub use remote::{Format, FormatKind, Refusal, RemoteAudio, RemoteDescription};

/// What a description says about the transport of its audio section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransportDescription {
    /// `a=ice-ufrag`.
    pub ice_ufrag: String,
    /// `a=ice-pwd`.
    pub ice_pwd: String,
    /// `a=ice-lite`.
    pub ice_lite: bool,
    /// `a=fingerprint` lines.
    pub fingerprints: Vec<Fingerprint>,
    /// `a=setup`.
    pub setup: Setup,
    /// Candidates our transport can use.
    pub candidates: Vec<Candidate>,
}

/// Digest of a certificate (RFC 8122 section 5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// Hash function, lower case: `sha-256`.
    pub algorithm: String,
    /// Bytes of the digest.
    pub digest: Vec<u8>,
}

/// Who sends the DTLS ClientHello (RFC 4145 section 4, RFC 5763 section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setup {
    /// Either; only in offers.
    Actpass,
    /// This side does.
    Active,
    /// The other side does.
    Passive,
}
