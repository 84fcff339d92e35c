//! Our certificate for DTLS, and comparing the far end's with its fingerprint (RFC 8122).

use std::sync::Arc;

use rtc::{crypto::RTCCryptoProvider, dtls::crypto::Certificate};
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use crate::{PeerError, sdp::Fingerprint};

/// A self-signed certificate (ECDSA P-256), made once in the life of a runtime because making one costs time.
#[derive(Clone)]
pub(crate) struct Identity {
    pub crypto: Arc<dyn RTCCryptoProvider>,
    pub certificate: Certificate,
    pub fingerprint: Fingerprint,
}

impl Identity {
    pub(crate) fn generate() -> Result<Self, PeerError> {
        let system = |error: &dyn std::fmt::Display| PeerError::System(format!("no certificate for DTLS: {error}"));
        let crypto = rtc::crypto::default_provider().map_err(|error| system(&error))?;
        // The name is read by nobody; browsers write "WebRTC".
        let certificate =
            Certificate::generate_self_signed(vec!["WebRTC".to_owned()], crypto.crypto()).map_err(|error| system(&error))?;
        let der = certificate.certificate.first().ok_or_else(|| system(&"it is empty"))?;
        let fingerprint = Fingerprint { algorithm: "sha-256".into(), digest: Sha256::digest(der).to_vec() };
        Ok(Self { crypto, certificate, fingerprint })
    }
}

impl Fingerprint {
    /// Whether it is the digest of `certificate` (DER).
    pub(crate) fn is_of(&self, certificate: &[u8]) -> bool {
        match self.algorithm.as_str() {
            "sha-1" => self.digest == <Sha1 as sha1::Digest>::digest(certificate)[..],
            "sha-256" => self.digest == Sha256::digest(certificate)[..],
            "sha-384" => self.digest == Sha384::digest(certificate)[..],
            "sha-512" => self.digest == Sha512::digest(certificate)[..],
            _ => false,
        }
    }
}
