//! Keys of servers, as people compare them.

use std::{fmt, str::FromStr};

use model::SetupFault;
use sha2::{Digest, Sha256};

/// SHA-256 of a server's public key: of its SubjectPublicKeyInfo in DER (RFC 7469 section 2.4). It stays when a certificate
/// is renewed with the same key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyPin([u8; 32]);

/// A text that is no fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key is pinned by its SHA-256, 64 hexadecimal digits")]
pub struct InvalidPin;

/// As what is wrong with the account it stands in.
impl From<InvalidPin> for SetupFault {
    fn from(_: InvalidPin) -> Self {
        Self::NotAFingerprint
    }
}

impl KeyPin {
    /// As settings write it: none when empty.
    pub(crate) fn named(text: &str) -> Result<Option<Self>, InvalidPin> {
        match text.trim() {
            "" => Ok(None),
            pin => pin.parse().map(Some),
        }
    }

    /// Of a SubjectPublicKeyInfo in DER.
    pub(super) fn of(key: &[u8]) -> Self {
        Self(Sha256::digest(key).into())
    }
}

/// Digits of either case, with or without colons and blanks.
impl FromStr for KeyPin {
    type Err = InvalidPin;

    fn from_str(text: &str) -> Result<Self, InvalidPin> {
        let digits: Vec<u8> = text
            .chars()
            .filter(|c| *c != ':' && !c.is_whitespace())
            .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()).ok_or(InvalidPin))
            .collect::<Result<_, _>>()?;
        let bytes: Vec<u8> = digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect();
        if digits.len() == 64 { bytes.try_into().map(Self).map_err(|_| InvalidPin) } else { Err(InvalidPin) }
    }
}

/// Pairs of digits with colons, as browsers show them.
impl fmt::Display for KeyPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, byte) in self.0.iter().enumerate() {
            if nth > 0 {
                f.write_str(":")?;
            }
            write!(f, "{byte:02X}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_read_as_it_is_written_and_as_people_write_it() {
        let pin = KeyPin::of(b"abc");
        let text = pin.to_string();
        assert!(text.starts_with("BA:78:16:BF") && text.len() == 95, "{text}");
        for text in [text.clone(), text.replace(':', ""), text.to_lowercase()] {
            assert_eq!(text.parse(), Ok(pin));
        }
        for text in ["", "ba7816", "zz".repeat(32).as_str(), &text[1..]] {
            assert_eq!(text.parse::<KeyPin>(), Err(InvalidPin), "{text}");
        }
    }
}
