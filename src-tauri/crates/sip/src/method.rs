//! Request methods.

use std::fmt;

use crate::grammar;

/// The method of a request. Compared with case, as RFC 3261 section 7.1 says; unknown ones keep their name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// Starts or changes a session (RFC 3261 section 13).
    Invite,
    /// Confirms the final response to an INVITE.
    Ack,
    /// Ends a session.
    Bye,
    /// Withdraws a pending INVITE.
    Cancel,
    /// Binds an address to a contact (RFC 3261 section 10).
    Register,
    /// Asks for capabilities.
    Options,
    /// Confirms a reliable provisional response (RFC 3262).
    Prack,
    /// Changes a session without the states of INVITE (RFC 3311).
    Update,
    /// Carries application information in a dialog (RFC 6086).
    Info,
    /// Asks the far end to send a request (RFC 3515).
    Refer,
    /// Reports an event (RFC 6665).
    Notify,
    /// Asks for events (RFC 6665).
    Subscribe,
    /// Carries an instant message (RFC 3428).
    Message,
    /// Publishes event state (RFC 3903).
    Publish,
    /// Any other.
    Other(String),
}

impl Method {
    /// Reads a method; `None` when the text is not a token.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "INVITE" => Self::Invite,
            "ACK" => Self::Ack,
            "BYE" => Self::Bye,
            "CANCEL" => Self::Cancel,
            "REGISTER" => Self::Register,
            "OPTIONS" => Self::Options,
            "PRACK" => Self::Prack,
            "UPDATE" => Self::Update,
            "INFO" => Self::Info,
            "REFER" => Self::Refer,
            "NOTIFY" => Self::Notify,
            "SUBSCRIBE" => Self::Subscribe,
            "MESSAGE" => Self::Message,
            "PUBLISH" => Self::Publish,
            _ if grammar::is_token(text) => Self::Other(text.to_owned()),
            _ => return None,
        })
    }

    /// The method as it stands on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Invite => "INVITE",
            Self::Ack => "ACK",
            Self::Bye => "BYE",
            Self::Cancel => "CANCEL",
            Self::Register => "REGISTER",
            Self::Options => "OPTIONS",
            Self::Prack => "PRACK",
            Self::Update => "UPDATE",
            Self::Info => "INFO",
            Self::Refer => "REFER",
            Self::Notify => "NOTIFY",
            Self::Subscribe => "SUBSCRIBE",
            Self::Message => "MESSAGE",
            Self::Publish => "PUBLISH",
            Self::Other(name) => name,
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_compared_with_case_and_unknown_ones_are_kept() {
        assert_eq!(Method::parse("INVITE"), Some(Method::Invite));
        assert_eq!(Method::parse("Invite"), Some(Method::Other("Invite".into())));
        let odd = "!interesting-Method0123456789_*+`.%indeed'~";
        assert_eq!(Method::parse(odd).map(|method| method.to_string()).as_deref(), Some(odd));
        assert_eq!(Method::parse("NO WAY"), None);
        assert_eq!(Method::parse(""), None);
    }
}
