//! What was dialled, as a request URI.

use model::Target;
use sip::{InvalidUri, Scheme, Uri};

/// The URI of a target: an address as it is, anything else as a user at the account's domain.
pub(super) fn request_uri(target: &Target, domain: &str) -> Result<Uri, InvalidUri> {
    let text = target.expose();
    match text.split_once(':').zip(text.rsplit_once('@')) {
        Some(((scheme, _), (_, host))) if target.is_address() => {
            let user = text.get(scheme.len() + 1..text.len() - host.len() - 1).unwrap_or_default();
            format!("{scheme}:{}@{host}", escaped(user)).parse()
        }
        _ => format!("sip:{}@{domain}", escaped(text)).parse(),
    }
}

/// What a person may read of an address: the number or name where it is at the account's own domain, the address elsewhere.
pub(super) fn shown(uri: &Uri, domain: &str) -> String {
    let user = uri.user.as_deref().unwrap_or_default();
    match uri.scheme {
        Scheme::Sip | Scheme::Sips if uri.host.eq_ignore_ascii_case(domain) => user.to_owned(),
        Scheme::Sip | Scheme::Sips => match uri.port {
            Some(port) => format!("sip:{user}@{}:{port}", uri.host),
            None => format!("sip:{user}@{}", uri.host),
        },
        _ => user.to_owned(),
    }
}

/// Escapes the two characters that people dial and a user part must not have as they are: `#`, and a `%` that begins no
/// escape. Everything else a [`Target`] lets through may stand in a user part (RFC 3261 section 25.1).
fn escaped(user: &str) -> String {
    let mut out = String::with_capacity(user.len());
    for (at, character) in user.char_indices() {
        let begins_escape = || {
            let digits = user.as_bytes().get(at + 1..at + 3);
            digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
        };
        match character {
            '#' => out.push_str("%23"),
            '%' if !begins_escape() => out.push_str("%25"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_become_uris() {
        for (typed, uri) in [
            ("600", "sip:600@pbx.example.com"),
            ("*80#", "sip:*80%23@pbx.example.com"),
            ("+44 20 7946", "sip:+44207946@pbx.example.com"),
            ("bob", "sip:bob@pbx.example.com"),
            ("a%20b%zz%", "sip:a%20b%25zz%25@pbx.example.com"),
            ("bob@example.org", "sip:bob@example.org"),
            ("sip:*80#@example.org:5070;transport=ws", "sip:*80%23@example.org:5070;transport=ws"),
            ("sips:bob@[2001:db8::1]", "sips:bob@[2001:db8::1]"),
            ("bob;x=y/z?", "sip:bob;x=y/z?@pbx.example.com"),
        ] {
            let target: Target = typed.parse().expect(typed);
            assert_eq!(request_uri(&target, "pbx.example.com").expect(typed).to_string(), uri);
        }
    }

    #[test]
    fn the_domain_may_have_a_port_or_be_an_address() {
        let target: Target = "600".parse().expect("a number");
        for domain in ["pbx:5070", "[::1]", "10.0.0.1"] {
            assert_eq!(request_uri(&target, domain).expect(domain).to_string(), format!("sip:600@{domain}"));
        }
    }

    #[test]
    fn an_address_with_a_broken_host_is_refused() {
        let target: Target = "bob@[::zz]".parse().expect("looks like an address");
        assert_eq!(request_uri(&target, "pbx"), Err(InvalidUri::Host));
    }
}
