//! What becomes of a registration.

/// How registration is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistrationEvent {
    /// The server took it; said again at each refresh.
    Registered {
        /// Seconds it lasts.
        expires: u32,
    },
    /// The server refused. Nothing is tried again before the next `Command::Register`.
    Refused {
        /// SIP status.
        code: u16,
        /// Its words.
        text: String,
        /// Retry-After, seconds.
        retry_after: Option<u32>,
    },
    /// The server refused the token (`invalid_token`, RFC 6750 section 3.1). Nothing is tried again before the next
    /// `Command::Register`.
    InvalidToken {
        /// SIP status.
        code: u16,
    },
    /// The server refused user name or password.
    WrongPassword {
        /// 401 or 407.
        code: u16,
    },
    /// The server did not answer. Nothing is tried again before the next `Command::Register`.
    NoAnswer,
    /// It is over, and its refresh has no answer yet. That is waited for; `Registered` or another event follows.
    Expired {
        /// Seconds until that is given up, too.
        waits_for: u32,
    },
    /// The server no longer lists us: another phone has taken our place. We register anew.
    Replaced,
    /// The registration was taken back, or two seconds passed.
    Unregistered,
}
