//! The far end's checks (RFC 8445 section 7.3), looked at before the agent hears them: it acts on the role that a request claims
//! before it knows who signed it, and keeps every address that one came from.

use rtc::{
    crypto::RTCCrypto,
    stun::{
        attributes::ATTR_USERNAME,
        integrity::MessageIntegrity,
        message::{CLASS_REQUEST, Message, is_stun_message},
    },
};

/// A request that claims to be a check.
pub(super) struct Check {
    message: Message,
    user: Option<String>,
}

impl Check {
    /// Reads one; none when it is no request, or not even STUN.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        if !is_stun_message(bytes) {
            return None;
        }
        let mut message = Message { raw: bytes.to_vec(), ..Message::default() };
        message.decode().ok()?;
        if message.typ.class != CLASS_REQUEST {
            return None;
        }
        let user = message.get(ATTR_USERNAME).ok().and_then(|user| String::from_utf8(user).ok());
        Some(Self { message, user })
    }

    /// Whose user name it carries (RFC 8445 section 7.2.2): ours, then theirs.
    pub(super) fn user(&self) -> Option<(&str, &str)> {
        self.user.as_deref()?.split_once(':')
    }

    /// Whether it is signed with our password.
    pub(super) fn signed_with(mut self, password: &str, crypto: &dyn RTCCrypto) -> bool {
        MessageIntegrity::check(&mut self.message, password.as_bytes(), crypto).is_ok()
    }
}
