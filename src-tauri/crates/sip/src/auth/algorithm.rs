//! Hashes of digest authentication.

use std::fmt::{self, Write as _};

use md5::Md5;
use sha2::{Digest, Sha256, Sha512_256};

/// A digest algorithm (RFC 8760 section 2.2). The order is that of preference: later ones are stronger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Algorithm {
    hash: Hash,
    session: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Hash {
    Md5,
    Sha256,
    Sha512_256,
}

impl Algorithm {
    /// `MD5`: what servers mean that name none.
    pub const MD5: Self = Self { hash: Hash::Md5, session: false };

    /// `SHA-256`
    pub const SHA_256: Self = Self { hash: Hash::Sha256, session: false };

    /// `SHA-512-256`
    pub const SHA_512_256: Self = Self { hash: Hash::Sha512_256, session: false };

    /// Reads a name in any case; `None` for those nobody here knows.
    pub fn parse(name: &str) -> Option<Self> {
        let name = name.trim().to_ascii_uppercase();
        let (hash, session) = match name.strip_suffix("-SESS") {
            Some(hash) => (hash, true),
            None => (name.as_str(), false),
        };
        let hash = match hash {
            "MD5" => Hash::Md5,
            "SHA-256" => Hash::Sha256,
            "SHA-512-256" => Hash::Sha512_256,
            _ => return None,
        };
        Some(Self { hash, session })
    }

    /// Whether the password's hash is bound to the first nonces (`…-sess`, RFC 7616 section 3.4.2).
    pub fn is_session(self) -> bool {
        self.session
    }

    /// The hash of the parts with colons between them, in hexadecimal.
    pub(super) fn hash(self, parts: &[&str]) -> String {
        self.hash_bytes(parts.join(":").as_bytes())
    }

    pub(super) fn hash_bytes(self, bytes: &[u8]) -> String {
        match self.hash {
            Hash::Md5 => hex(&Md5::digest(bytes)),
            Hash::Sha256 => hex(&Sha256::digest(bytes)),
            Hash::Sha512_256 => hex(&Sha512_256::digest(bytes)),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hash = match self.hash {
            Hash::Md5 => "MD5",
            Hash::Sha256 => "SHA-256",
            Hash::Sha512_256 => "SHA-512-256",
        };
        write!(f, "{hash}{}", if self.session { "-sess" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_any_case_and_stronger_ones_are_larger() {
        for name in ["MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess"] {
            assert_eq!(Algorithm::parse(&name.to_lowercase()).expect(name).to_string(), name);
        }
        assert_eq!(Algorithm::parse("SHA-1"), None);
        assert!(Algorithm::MD5 < Algorithm::SHA_256 && Algorithm::SHA_256 < Algorithm::SHA_512_256);
        let sess = Algorithm::parse("md5-sess").expect("known");
        assert!(sess < Algorithm::SHA_256 && sess.is_session());
    }

    #[test]
    fn hashes_are_those_of_the_standards() {
        assert_eq!(Algorithm::MD5.hash(&["abc"]), "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(Algorithm::SHA_256.hash(&["abc"]), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(Algorithm::SHA_512_256.hash(&["abc"]), "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23");
    }
}
