//! The PIN that leads out of a kiosk, kept so that who reads the profile does not know it.

use std::fmt;

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use model::Secret;

/// Fewer digits are tried out in an afternoon, even slowly.
const SHORTEST: usize = 4;
const LONGEST: usize = 32;

/// A hash in the form of the password hashing competition (`$argon2id$…`), with its salt.
#[derive(Clone, PartialEq, Eq)]
pub struct KioskPin(String);

/// Why a PIN cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PinRefused {
    /// It cannot be typed on the screen.
    #[error("a PIN is {SHORTEST} to {LONGEST} digits")]
    NoPin,
    /// The profile does not hold what it should.
    #[error("the PIN is not a hash; `sidetone-cli kiosk-pin` makes one")]
    NoHash,
}

impl KioskPin {
    /// Hashes a PIN, for the profile. Takes a noticeable time, as it should.
    ///
    /// # Errors
    /// When it is too short, or no number.
    pub fn hash(pin: &Secret) -> Result<String, PinRefused> {
        let text = pin.expose();
        if !(SHORTEST..=LONGEST).contains(&text.len()) || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(PinRefused::NoPin);
        }
        let hash: PasswordHash = Argon2::default().hash_password(text.as_bytes()).map_err(|_| PinRefused::NoPin)?;
        Ok(hash.to_string())
    }

    /// What the profile keeps.
    ///
    /// # Errors
    /// When that is no hash of ours.
    pub fn of_hash(hash: &str) -> Result<Self, PinRefused> {
        let parsed = PasswordHash::new(hash).map_err(|_| PinRefused::NoHash)?;
        (parsed.algorithm.as_str() == "argon2id").then(|| Self(hash.to_owned())).ok_or(PinRefused::NoHash)
    }

    /// Whether it is this one. Takes a noticeable time.
    pub fn is(&self, pin: &Secret) -> bool {
        let text = pin.expose();
        text.len() <= LONGEST && Argon2::default().verify_password(text.as_bytes(), self.0.as_str()).is_ok()
    }
}

impl fmt::Debug for KioskPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KioskPin(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_digits_and_kept_with_a_salt_of_its_own() {
        for wrong in ["", "123", "12a4", "123456789012345678901234567890123"] {
            assert_eq!(KioskPin::hash(&Secret::new(wrong)), Err(PinRefused::NoPin), "{wrong:?}");
        }
        let (one, other) = (KioskPin::hash(&Secret::new("4711")), KioskPin::hash(&Secret::new("4711")));
        assert_ne!(one, other);
        assert!(!one.expect("a hash").contains("4711"));
    }

    #[test]
    fn what_is_no_hash_is_refused() {
        assert_eq!(KioskPin::of_hash("4711"), Err(PinRefused::NoHash));
        assert_eq!(KioskPin::of_hash(""), Err(PinRefused::NoHash));
    }
}
