//! Links a browser or another program hands over: `sip:`, `sips:`, `tel:`, `callto:`.

use crate::{InvalidTarget, Target};

/// The longest link that is looked at.
const LONGEST: usize = 512;

/// Schemes the phone is registered for.
const SCHEMES: [&str; 4] = ["sip", "sips", "tel", "callto"];

impl Target {
    /// What a link asks to call, and nothing else: whatever a link says of headers, parameters, passwords or accounts is
    /// dropped or makes it invalid. Anybody can write a link.
    ///
    /// # Errors
    /// When it is no link of ours or names nobody who could be called.
    pub fn from_link(link: &str) -> Result<Self, InvalidTarget> {
        let link = link.trim();
        if link.len() > LONGEST {
            return Err(InvalidTarget::TooLong);
        }
        let invalid = || InvalidTarget::NotAnAddress(link.chars().filter(|c| !c.is_control()).take(40).collect());
        let (scheme, rest) = link.split_once(':').ok_or_else(invalid)?;
        let scheme = scheme.to_ascii_lowercase();
        if !SCHEMES.contains(&scheme.as_str()) {
            return Err(invalid());
        }
        let decoded = decode(rest).ok_or_else(invalid)?;
        // Some programs write links as if they led to a web site.
        let rest = decoded.strip_prefix("//").unwrap_or(&decoded).trim_end_matches('/');
        let called = until(rest, "?,");
        // What is encoded twice is encoded to be read by somebody else, and what begins like an option is meant as one.
        let begins_well = called.starts_with(|c: char| c.is_alphanumeric() || "+*#(_".contains(c));
        if !begins_well || called.chars().any(|c| c.is_control() || c == '%') {
            return Err(invalid());
        }
        match called.split_once('@') {
            // A colon in the user part begins a password.
            Some((user, host)) if !user.contains(':') => {
                let scheme = if scheme == "sips" { "sips" } else { "sip" };
                format!("{scheme}:{}@{}", until(user, ";"), until(host, ";/")).parse()
            }
            Some(_) => Err(invalid()),
            None => until(called, ";/").parse(),
        }
    }
}

fn until<'a>(text: &'a str, ends: &str) -> &'a str {
    text.split(|c| ends.contains(c)).next().unwrap_or_default()
}

/// Percent-decoding (RFC 3986 section 2.1); `None` when it is not text afterwards.
fn decode(text: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let mut digit = || bytes.next().and_then(|digit| char::from(digit).to_digit(16));
        let (high, low) = (digit()?, digit()?);
        decoded.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_gives_its_target() {
        for (link, target) in [
            ("sip:bob@example.com", "sip:bob@example.com"),
            ("SIPS:bob@example.com:5061", "sips:bob@example.com:5061"),
            ("sip://bob@example.com/", "sip:bob@example.com"),
            ("tel:+44%2020-7946%200123", "+442079460123"),
            ("tel://600", "600"),
            ("callto:600", "600"),
            ("tel:*80%23", "*80#"),
            ("callto:bob%40example.com", "sip:bob@example.com"),
        ] {
            assert_eq!(Target::from_link(link).expect(link).expose(), target);
        }
    }

    #[test]
    fn a_link_can_ask_for_nothing_but_a_target() {
        for (link, target) in [
            ("sip:bob@example.com?Replaces=x&Subject=y", "sip:bob@example.com"),
            ("sip:bob@example.com;transport=udp;maddr=10.0.0.1", "sip:bob@example.com"),
            ("sip:bob@example.com%3Bmaddr%3D10.0.0.1", "sip:bob@example.com"),
            ("sip:bob?to=mallory@example.com", "bob"),
            ("tel:600;phone-context=evil.example", "600"),
            ("tel:600,,1234", "600"),
        ] {
            assert_eq!(Target::from_link(link).expect(link).expose(), target);
        }
    }

    #[test]
    fn hostile_links_are_refused() {
        let long = format!("tel:{}", "9".repeat(600));
        for link in [
            "",
            "600",
            "http://example.com",
            "file:///etc/passwd",
            "sip:",
            "tel:%0d%0aVia",
            "sip:bob%00@example.com",
            "sip:bob:secret@example.com",
            "sip:bob%2540evil@example.com",
            "sip:bob@exa mple.com",
            "sip:bob@example.com\r\nVia: x",
            "sip:a@b@c",
            "tel:%zz",
            "tel:%ff%fe",
            "tel:/account:work",
            "sip:\"><script>@x",
            "tel:--self-test",
            &long,
        ] {
            assert!(Target::from_link(link).is_err(), "{link}");
        }
    }
}
