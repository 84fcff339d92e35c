//! Digits of the keypad (RFC 4733 section 3.2).

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Serialize};
use specta::Type;

const DIGITS: &str = "0123456789*#ABCD";

/// One of `0-9 * # A-D`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(try_from = "char", into = "char")]
#[specta(type = char)]
pub struct DtmfDigit(u8);

/// A character that is no key of the keypad.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not one of 0-9 * # A-D")]
pub struct InvalidDigit(pub char);

impl DtmfDigit {
    /// `#`, which ends an input.
    pub const POUND: Self = Self(11);

    /// The digit of a telephone-event code; `None` above 15 (RFC 4733 section 3.2).
    pub fn from_event(event: u8) -> Option<Self> {
        (event < 16).then_some(Self(event))
    }

    /// The telephone-event code, 0 to 15.
    pub fn event(self) -> u8 {
        self.0
    }

    /// Reads a string of digits; the error names every character that is none.
    pub fn parse_all(digits: &str) -> Result<Vec<Self>, InvalidDigits> {
        let bad: BTreeSet<char> = digits.chars().filter(|c| Self::try_from(*c).is_err()).collect();
        if bad.is_empty() { Ok(digits.chars().filter_map(|c| Self::try_from(c).ok()).collect()) } else { Err(InvalidDigits(bad)) }
    }
}

/// Characters that are no keys of the keypad. The words are those of Aculab Cloud's libraries, by which its documentation helps.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Invalid DTMF string")]
pub struct InvalidDigits(pub BTreeSet<char>);

impl TryFrom<char> for DtmfDigit {
    type Error = InvalidDigit;

    fn try_from(c: char) -> Result<Self, InvalidDigit> {
        // The position is the event code (RFC 4733, section 3.2).
        let position = DIGITS.find(c.to_ascii_uppercase());
        position.and_then(|event| u8::try_from(event).ok()).map(Self).ok_or(InvalidDigit(c))
    }
}

impl From<DtmfDigit> for char {
    fn from(digit: DtmfDigit) -> char {
        char::from(DIGITS.as_bytes()[usize::from(digit.0)])
    }
}

impl fmt::Display for DtmfDigit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", char::from(*self))
    }
}

/// How digits travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum DtmfMode {
    /// RFC 4733 when the far end takes it, else INFO where the account can, else tones in the audio.
    #[default]
    Automatic,
    /// Telephone-event packets in the audio stream (RFC 4733).
    Rfc4733,
    /// SIP INFO with `application/dtmf-relay`.
    Info,
    /// SIP INFO with `application/dtmf`, the older form that tells no length.
    InfoDtmf,
    /// Tones in the audio itself; the last way, because codecs bend them.
    InBand,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_their_event_codes() {
        let events: Vec<u8> = DtmfDigit::parse_all("09*#aD").expect("all are digits").iter().map(|d| d.event()).collect();
        assert_eq!(events, [0, 9, 10, 11, 12, 15]);
        let refused = DtmfDigit::parse_all("1y2x").expect_err("two are none");
        assert_eq!((refused.to_string().as_str(), refused.0), ("Invalid DTMF string", BTreeSet::from(['x', 'y'])));
        assert_eq!(DtmfDigit::parse_all(""), Ok(Vec::new()));
        let refused = serde_json::from_str::<Vec<DtmfDigit>>(r#"["1","x"]"#).expect_err("one is none").to_string();
        assert!(refused.starts_with("'x' is not one of 0-9 * # A-D"), "{refused}");
        assert_eq!(DtmfDigit::from_event(16), None);
    }
}
