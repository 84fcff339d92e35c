//! How an arriving call is declined.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use specta::Type;

/// The SIP status by which a ringing call is declined: 400 to 699 (RFC 3261 sections 21.4 to 21.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(try_from = "u16", into = "u16")]
#[specta(type = u16)]
pub struct DeclineCode(u16);

/// A status that declines nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} declines no call: only 400 to 699 do, such as 486 (busy), 480 (not now), 404 (nobody here), 603 (nowhere)")]
pub struct InvalidDeclineCode(pub String);

impl DeclineCode {
    /// 486 Busy Here: another phone of the same user, or his mailbox, may still take the call.
    pub const BUSY: Self = Self(486);

    /// The status, 400 to 699.
    pub fn status(self) -> u16 {
        self.0
    }
}

impl Default for DeclineCode {
    fn default() -> Self {
        Self::BUSY
    }
}

impl TryFrom<u16> for DeclineCode {
    type Error = InvalidDeclineCode;

    fn try_from(status: u16) -> Result<Self, InvalidDeclineCode> {
        if (400..=699).contains(&status) { Ok(Self(status)) } else { Err(InvalidDeclineCode(status.to_string())) }
    }
}

impl From<DeclineCode> for u16 {
    fn from(code: DeclineCode) -> u16 {
        code.0
    }
}

impl FromStr for DeclineCode {
    type Err = InvalidDeclineCode;

    fn from_str(text: &str) -> Result<Self, InvalidDeclineCode> {
        // Digits only: "+486" is a number to Rust, and no status.
        let status = text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
        status.and_then(|status: u16| Self::try_from(status).ok()).ok_or_else(|| InvalidDeclineCode(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_refusals_of_rfc_3261_decline() {
        for status in [400, 404, 480, 486, 500, 603, 699] {
            assert_eq!(status.to_string().parse::<DeclineCode>().map(DeclineCode::status), Ok(status));
        }
        for text in ["0", "200", "302", "399", "700", "65536", "-486", "+486", "486 ", "busy", ""] {
            let refused = text.parse::<DeclineCode>().expect_err("declines nothing").to_string();
            assert!(refused.starts_with(&format!("{text:?} declines no call: only 400 to 699 do")), "{refused}");
        }
        assert!(serde_json::from_str::<DeclineCode>("302").is_err());
        assert_eq!(serde_json::to_string(&DeclineCode::default()).ok().as_deref(), Some("486"));
    }
}
