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
        let text = readable(text);
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
        let user = number(rest).unwrap_or_else(|| rest.to_owned());
        if user.is_empty() || !user.chars().all(is_user_char) {
            return Err(invalid());
        }
        Ok(Self(Personal::new(user)))
    }
}

/// The text without what is not seen: copied text carries marks of direction and soft hyphens. Digits of other scripts become ours.
fn readable(text: &str) -> String {
    let is_mark = |c: char| matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    text.chars().filter(|c| !is_mark(*c)).map(digit_of).collect()
}

/// The ASCII digit of one in a script that writes numbers with its own; anything else as it is.
fn digit_of(c: char) -> char {
    let zero = match c {
        '\u{660}'..='\u{669}' => '\u{660}',
        '\u{6f0}'..='\u{6f9}' => '\u{6f0}',
        '\u{966}'..='\u{96f}' => '\u{966}',
        '\u{ff10}'..='\u{ff19}' => '\u{ff10}',
        _ => return c,
    };
    char::from_digit(u32::from(c) - u32::from(zero), 10).unwrap_or(c)
}

/// What is dialled of a text that is a number; `None` where it is none.
fn number(text: &str) -> Option<String> {
    let is_dialled = |c: char| c.is_ascii_digit() || "+*#".contains(c);
    if !text.chars().all(|c| is_dialled(c) || is_separator(c)) {
        return None;
    }
    let is_abroad = text.starts_with('+') || text.starts_with("00");
    // `+44 (0)20 …` is written for two kinds of callers: who dials the country code leaves this out.
    let text = if is_abroad { text.replacen("(0)", "", 1) } else { text.to_owned() };
    Some(text.chars().filter(|c| is_dialled(*c)).collect())
}

/// Visual separators of RFC 3966, and the blanks, dashes and strokes that people put between digits.
fn is_separator(c: char) -> bool {
    matches!(
        c,
        ' ' | '\t' | '-' | '.' | '/' | '(' | ')'
            | '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{2010}'..='\u{2015}' | '\u{202f}' | '\u{2212}' | '\u{3000}'
    )
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
            ("+44 (0)20-7946.0123", "+442079460123"),
            ("0044 (0) 20 7946 0123", "00442079460123"),
            ("(0)20 7946 0123", "02079460123"),
            ("030/123 45-67", "0301234567"),
            ("+33\u{202f}1\u{2009}23\u{2011}45\u{2013}67", "+331234567"),
            ("\u{2068}+442079460123\u{2069}", "+442079460123"),
            ("\u{202d}+44 20 7946\u{200b} 0123\u{202c}", "+442079460123"),
            ("\u{661}\u{662}\u{663} \u{ff14}", "1234"),
            ("a/b", "a/b"),
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
