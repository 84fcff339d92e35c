//! What a person dials.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::Personal;

/// How targets begin that say what they name.
const SERVICE: &str = "service:";
const CLIENT: &str = "client:";

/// The longest text taken as a target; longer ones are mistakes or attacks.
const LONGEST: usize = 256;

/// Something that can be dialled: a number (`600`, `+44 20…`), a name at the account's domain (`bob`), or an address
/// (`sip:bob@example.com`). Provider rooms turn it into their own form.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(try_from = "Personal", into = "Personal")]
#[specta(type = String)]
pub struct Target(Personal);

/// What kind of name follows, in targets that say it: `service:echo`, `client:bob`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// A service of Aculab Cloud.
    Service,
    /// A client of Aculab Cloud.
    Client,
}

/// Why a text cannot be dialled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTarget {
    /// Nothing was typed.
    #[error("there is no number or address to call")]
    Empty,
    /// It is too long.
    #[error("the number or address is too long")]
    TooLong,
    /// It is neither.
    #[error("{0:?} is not a number or SIP address")]
    NotAnAddress(String),
}

impl Target {
    /// The target as it goes on the wire: an address with its scheme, or the bare user part or number.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// The name, of a target that says what it names.
    pub fn named(&self) -> Option<(Named, &str)> {
        let named = |prefix| self.expose().strip_prefix(prefix);
        named(SERVICE).map(|name| (Named::Service, name)).or_else(|| named(CLIENT).map(|name| (Named::Client, name)))
    }

    /// Whether it names its own domain (`sip:…@…`).
    pub fn is_address(&self) -> bool {
        self.0.expose().contains('@')
    }
}

impl FromStr for Target {
    type Err = InvalidTarget;

    fn from_str(text: &str) -> Result<Self, InvalidTarget> {
        let text = text.trim();
        if text.is_empty() {
            return Err(InvalidTarget::Empty);
        }
        if text.len() > LONGEST {
            return Err(InvalidTarget::TooLong);
        }
        let invalid = || InvalidTarget::NotAnAddress(text.chars().take(40).collect());
        let (scheme, rest) = match text.split_once(':') {
            Some((scheme, rest)) if ["sip", "sips"].contains(&scheme.to_ascii_lowercase().as_str()) => {
                (Some(scheme.to_ascii_lowercase()), rest)
            }
            Some((scheme, rest)) if ["tel", "callto"].contains(&scheme.to_ascii_lowercase().as_str()) => (None, rest),
            Some((scheme, rest)) if !text.contains('@') => {
                let kind = match scheme.to_ascii_lowercase().as_str() {
                    "service" => SERVICE,
                    "client" | "webrtc" => CLIENT,
                    _ => return Err(invalid()),
                };
                if rest.is_empty() || !rest.chars().all(is_user_char) {
                    return Err(invalid());
                }
                return Ok(Self(Personal::new(format!("{kind}{rest}"))));
            }
            _ => (None, text),
        };
        if rest.contains('@') {
            let (user, host) = rest.split_once('@').ok_or_else(invalid)?;
            let host_is_fine = !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || ".-_:[];=".contains(c));
            if user.is_empty() || !user.chars().all(is_user_char) || !host_is_fine {
                return Err(invalid());
            }
            return Ok(Self(Personal::new(format!("{}:{user}@{host}", scheme.as_deref().unwrap_or("sip")))));
        }
        // Visual separators of RFC 3966, and the blanks people paste, carry no meaning in a number.
        let looks_like_number = rest.chars().all(|c| c.is_ascii_digit() || "+*#-.() \u{a0}".contains(c));
        let user: String = if looks_like_number {
            rest.chars().filter(|c| c.is_ascii_digit() || "+*#".contains(*c)).collect()
        } else {
            rest.to_owned()
        };
        if user.is_empty() || !user.chars().all(is_user_char) {
            return Err(invalid());
        }
        Ok(Self(Personal::new(user)))
    }
}

/// What may stand in a user part unescaped (RFC 3261 section 25.1), and `#`, which people dial and rooms below escape.
fn is_user_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_.!~*'()&=+$,;?/#%".contains(c)
}

impl TryFrom<Personal> for Target {
    type Error = InvalidTarget;

    fn try_from(text: Personal) -> Result<Self, InvalidTarget> {
        text.expose().parse()
    }
}

impl From<Target> for Personal {
    fn from(target: Target) -> Personal {
        target.0
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        crate::Private(self.expose()).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_becomes_a_target() {
        for (typed, target) in [
            (" 600 ", "600"),
            ("+44 (0)20-7946.0123", "+4402079460123"),
            ("tel:+442079460123", "+442079460123"),
            ("*80#", "*80#"),
            ("bob", "bob"),
            ("bob@example.com", "sip:bob@example.com"),
            ("SIP:bob@example.com:5070;transport=ws", "sip:bob@example.com:5070;transport=ws"),
            ("sips:bob@[2001:db8::1]", "sips:bob@[2001:db8::1]"),
            ("Service:echo", "service:echo"),
            ("client:bob", "client:bob"),
            ("webrtc:bob", "client:bob"),
        ] {
            assert_eq!(typed.parse::<Target>().expect(typed).expose(), target);
        }
    }

    #[test]
    fn targets_that_say_what_they_name_are_told_from_others() {
        let named = |text: &str| text.parse::<Target>().expect(text).named().map(|(kind, name)| (kind, name.to_owned()));
        assert_eq!(named("service:echo"), Some((Named::Service, "echo".into())));
        assert_eq!(named("webrtc:bob"), Some((Named::Client, "bob".into())));
        assert_eq!((named("bob"), named("sip:service@x")), (None, None));
    }

    #[test]
    fn nonsense_is_refused() {
        assert_eq!("  ".parse::<Target>(), Err(InvalidTarget::Empty));
        assert_eq!("9".repeat(300).parse::<Target>(), Err(InvalidTarget::TooLong));
        for typed in [
            "http://x",
            "sip:",
            "sip:@x",
            "sip:a@",
            "a b",
            "bob@ex ample",
            "x\r\nVia: y",
            "sip:a@b\"",
            "sip:a@b?X=1",
            "() -",
            "service:",
            "client:a b",
        ] {
            assert!(matches!(typed.parse::<Target>(), Err(InvalidTarget::NotAnAddress(_))), "{typed}");
        }
    }
}
