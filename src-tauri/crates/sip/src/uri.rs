//! SIP, SIPS and telephone URIs (RFC 3261 section 19.1, RFC 3966).

use std::{fmt, net::Ipv6Addr, str::FromStr};

use crate::{
    Params,
    grammar::{self, Outside},
};

/// The scheme of a URI.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// `sip`
    Sip,
    /// `sips`
    Sips,
    /// `tel`
    Tel,
    /// Any other; the URI is kept as text.
    Other(String),
}

/// A URI. `to_string` gives what was read, but for the case of the scheme.
#[derive(Clone, PartialEq, Eq)]
pub struct Uri {
    /// Its scheme.
    pub scheme: Scheme,
    /// User part as it stands on the wire, with its escapes. The number of a `tel` URI; everything after the colon of
    /// an unknown scheme.
    pub user: Option<String>,
    /// Password of the user part. Obsolete, and never to be shown.
    pub password: Option<String>,
    /// Host name or address, IPv6 in brackets; empty where the scheme has none.
    pub host: String,
    /// Port.
    pub port: Option<u16>,
    /// Parameters.
    pub params: Params,
    /// Header fields after the question mark, names and values with their escapes.
    pub headers: Vec<(String, String)>,
}

/// Why a text is not a URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUri {
    /// Nothing before a colon that could be a scheme.
    #[error("there is no scheme")]
    NoScheme,
    /// A blank, a control character, a quote or an angle bracket.
    #[error("there is a character that no address may contain")]
    Character,
    /// An empty user part or more than one `@`.
    #[error("the user part is not valid")]
    User,
    /// The host is missing or neither a name nor an address.
    #[error("the host is not valid")]
    Host,
    /// The port is not a number up to 65535.
    #[error("the port is not valid")]
    Port,
    /// It is longer than [`crate::MAX_ADDRESS`].
    #[error("it is too long")]
    Length,
}

impl Uri {
    /// `sip:user@host`; the user part is escaped where needed, and left out when empty.
    pub fn sip(user: &str, host: &str) -> Self {
        let user = (!user.is_empty()).then(|| grammar::escape(user, "&=+$,;?/"));
        Self {
            scheme: Scheme::Sip,
            user,
            password: None,
            host: host.to_owned(),
            port: None,
            params: Params::default(),
            headers: Vec::new(),
        }
    }

    /// Whether it is a `sip` or `sips` URI.
    pub fn is_sip(&self) -> bool {
        matches!(self.scheme, Scheme::Sip | Scheme::Sips)
    }

    /// The user part with its escapes undone; the empty text when there is none.
    pub fn user_text(&self) -> String {
        self.user.as_deref().map(|user| grammar::unescape(user).into_owned()).unwrap_or_default()
    }

    /// The value of a parameter, the empty text when it has none.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.get(name)
    }

    /// The same URI with a parameter set.
    #[must_use]
    pub fn with_param(mut self, name: &str, value: &str) -> Self {
        self.params.set_escaped(name, value);
        self
    }

    /// Whether both name the same resource (RFC 3261 section 19.1.4; RFC 3966 section 5 for numbers).
    pub fn equivalent(&self, other: &Self) -> bool {
        match (&self.scheme, &other.scheme) {
            (Scheme::Sip, Scheme::Sip) | (Scheme::Sips, Scheme::Sips) => {
                same_text(self.user.as_deref(), other.user.as_deref())
                    && same_text(self.password.as_deref(), other.password.as_deref())
                    && same_host(&self.host, &other.host)
                    && self.port == other.port
                    && same_params(&self.params, &other.params)
                    && same_headers(&self.headers, &other.headers)
            }
            (Scheme::Tel, Scheme::Tel) => {
                let digits = |uri: &Self| -> String {
                    let number = uri.user.as_deref().unwrap_or("");
                    number.chars().filter(|c| !"-.()".contains(*c)).map(|c| c.to_ascii_lowercase()).collect()
                };
                let context = |uri: &Self| uri.param("phone-context").map(str::to_ascii_lowercase);
                digits(self) == digits(other) && context(self) == context(other)
            }
            (Scheme::Other(_), Scheme::Other(_)) => self == other,
            (Scheme::Sip | Scheme::Sips | Scheme::Tel | Scheme::Other(_), _) => false,
        }
    }
}

impl FromStr for Uri {
    type Err = InvalidUri;

    fn from_str(text: &str) -> Result<Self, InvalidUri> {
        let (scheme, rest) = text.split_once(':').ok_or(InvalidUri::NoScheme)?;
        let starts_with_letter = scheme.starts_with(|c: char| c.is_ascii_alphabetic());
        if !starts_with_letter || !scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c)) {
            return Err(InvalidUri::NoScheme);
        }
        if rest.chars().any(|c| c.is_whitespace() || c.is_control() || "<>\"".contains(c)) {
            return Err(InvalidUri::Character);
        }
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "sip" => Scheme::Sip,
            "sips" => Scheme::Sips,
            "tel" => Scheme::Tel,
            _ => Scheme::Other(scheme.to_owned()),
        };
        match scheme {
            Scheme::Sip | Scheme::Sips => parse_sip(scheme, rest),
            Scheme::Tel | Scheme::Other(_) => parse_opaque(scheme, rest),
        }
    }
}

fn parse_sip(scheme: Scheme, rest: &str) -> Result<Uri, InvalidUri> {
    let (user, password, rest) = match rest.split_once('@') {
        Some((_, rest)) if rest.contains('@') => return Err(InvalidUri::User),
        Some((userinfo, rest)) => match userinfo.split_once(':') {
            Some(("", _)) => return Err(InvalidUri::User),
            Some((user, password)) => (Some(user), Some(password), rest),
            None if userinfo.is_empty() => return Err(InvalidUri::User),
            None => (Some(userinfo), None, rest),
        },
        None => (None, None, rest),
    };
    let (rest, headers) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, params) = rest.split_once(';').unwrap_or((rest, ""));
    let (host, port) = parse_host_port(authority)?;
    let headers = headers.split('&').filter(|header| !header.is_empty());
    Ok(Uri {
        scheme,
        user: user.map(str::to_owned),
        password: password.map(str::to_owned),
        host: host.to_owned(),
        port,
        params: Params::parse(params),
        headers: headers
            .map(|header| header.split_once('=').unwrap_or((header, "")))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
    })
}

fn parse_opaque(scheme: Scheme, rest: &str) -> Result<Uri, InvalidUri> {
    let (text, params) = match scheme {
        Scheme::Tel => rest.split_once(';').unwrap_or((rest, "")),
        Scheme::Sip | Scheme::Sips | Scheme::Other(_) => (rest, ""),
    };
    if text.is_empty() {
        return Err(InvalidUri::User);
    }
    Ok(Uri {
        scheme,
        user: Some(text.to_owned()),
        password: None,
        host: String::new(),
        port: None,
        params: Params::parse(params),
        headers: Vec::new(),
    })
}

/// Reads `host[:port]` without blanks; an IPv6 address stands in brackets and keeps them.
pub(crate) fn parse_host_port(text: &str) -> Result<(&str, Option<u16>), InvalidUri> {
    let end = if text.starts_with('[') { text.find(']').map(|at| at + 1) } else { text.find(':') };
    let (host, rest) = text.split_at(end.unwrap_or(text.len()));
    if !is_host(host) {
        return Err(InvalidUri::Host);
    }
    let port = match rest.strip_prefix(':') {
        Some(port) => {
            let port = grammar::number(port).and_then(|port| u16::try_from(port).ok());
            Some(port.ok_or(InvalidUri::Port)?)
        }
        None if rest.is_empty() => None,
        None => return Err(InvalidUri::Host),
    };
    Ok((host, port))
}

/// A name, an IPv4 address, or an IPv6 address in brackets. Underscores are not allowed in names, and common.
fn is_host(text: &str) -> bool {
    match ipv6(text) {
        Some(address) => address.is_ok(),
        None => !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c)),
    }
}

fn ipv6(host: &str) -> Option<Result<Ipv6Addr, std::net::AddrParseError>> {
    let inner = host.strip_prefix('[')?.strip_suffix(']')?;
    Some(match inner.rsplit_once(":::") {
        // RFC 3261's grammar let senders write three colons before an IPv4 part (RFC 5118 section 4.10).
        Some((start, end)) if end.parse::<std::net::Ipv4Addr>().is_ok() => format!("{start}::{end}").parse(),
        Some(_) | None => inner.parse(),
    })
}

fn same_host(one: &str, other: &str) -> bool {
    match (ipv6(one), ipv6(other)) {
        (Some(Ok(one)), Some(Ok(other))) => one == other,
        _ => one.eq_ignore_ascii_case(other),
    }
}

fn same_text(one: Option<&str>, other: Option<&str>) -> bool {
    one.map(grammar::unescape) == other.map(grammar::unescape)
}

fn same_value(one: Option<&str>, other: Option<&str>) -> bool {
    let meaning = |value: Option<&str>| value.map(|value| grammar::unescape(value).to_lowercase());
    meaning(one) == meaning(other)
}

/// A parameter both have must be the same; of those only one has, these never match (RFC 3261 section 19.1.4).
fn same_params(one: &Params, other: &Params) -> bool {
    const NEVER_MISSING: [&str; 5] = ["user", "ttl", "method", "maddr", "transport"];
    let matches = |one: &Params, other: &Params| {
        one.iter().all(|(name, _)| match other.get(name) {
            Some(value) => same_value(one.get(name), Some(value)),
            None => !NEVER_MISSING.iter().any(|important| important.eq_ignore_ascii_case(name)),
        })
    };
    matches(one, other) && matches(other, one)
}

fn same_headers(one: &[(String, String)], other: &[(String, String)]) -> bool {
    let key = |headers: &[(String, String)]| {
        let mut headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| (grammar::unescape(name).to_lowercase(), grammar::unescape(value).into_owned()))
            .collect();
        headers.sort();
        headers
    };
    key(one) == key(other)
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sip => "sip",
            Self::Sips => "sips",
            Self::Tel => "tel",
            Self::Other(scheme) => scheme,
        })
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.scheme)?;
        if let Some(user) = &self.user {
            f.write_str(user)?;
            if let Some(password) = &self.password {
                write!(f, ":{password}")?;
            }
            if !self.host.is_empty() {
                f.write_str("@")?;
            }
        }
        f.write_str(&self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        write!(f, "{}", self.params)?;
        self.headers.iter().enumerate().try_for_each(|(at, (name, value))| {
            let separator = if at == 0 { '?' } else { '&' };
            write!(f, "{separator}{name}={value}")
        })
    }
}

/// Shows where, not who.
impl fmt::Debug for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.user {
            Some(user) => write!(f, "{}:{:?}@{}", self.scheme, model::Private(user), self.host),
            None => write!(f, "{}:{}", self.scheme, self.host),
        }
    }
}

/// Reads an addr-spec that may have blanks around it, as `name_addr` finds it.
pub(crate) fn parse_trimmed(text: &str) -> Result<Uri, InvalidUri> {
    text.trim().parse()
}

/// The part of an addr-spec without angle brackets that belongs to the URI: parameters after it are the header's
/// (RFC 3261 section 20). The user part may contain semicolons.
pub(crate) fn end_of_bare(text: &str) -> usize {
    let from = text.find('@').unwrap_or(0);
    let tail = text.get(from..).unwrap_or("");
    grammar::find(tail, b';', Outside::Quotes).map_or(text.len(), |at| from + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> Uri {
        text.parse().expect(text)
    }

    #[test]
    fn uris_come_back_as_they_were() {
        for text in [
            "sip:bob@example.com",
            "sip:+442079460123@example.com:5070;user=phone;transport=ws",
            "sips:alice:secret@[2001:db8::1]:5061;lr?Subject=a%20b&Route=%3Csip:x%3E",
            "sip:user;par=u%40example.net@example.com",
            "sip:1-2-0.example.com",
            "tel:+1-201-555-0123;phone-context=+1",
            "urn:service:sos",
            "nobodyKnowsThisScheme:totallyopaquecontent",
            "http://example.com/a?b;c@d",
        ] {
            assert_eq!(uri(text).to_string(), text);
        }
        assert_eq!(uri("SIP:a@b").to_string(), "sip:a@b");
        assert_eq!(uri("sip:sips%3Auser%40example.com@example.net").user_text(), "sips:user@example.com");
    }

    #[test]
    fn what_is_no_uri_is_refused() {
        for (text, why) in [
            ("bob", InvalidUri::NoScheme),
            ("1sip:bob@x", InvalidUri::NoScheme),
            ("sip:", InvalidUri::Host),
            ("sip:@x", InvalidUri::User),
            ("sip::pw@x", InvalidUri::User),
            ("sip:a@b@c", InvalidUri::User),
            ("sip:a b@c", InvalidUri::Character),
            ("sip:a@b\r\n", InvalidUri::Character),
            ("sip:a@b<", InvalidUri::Character),
            ("sip:a@b:99999", InvalidUri::Port),
            ("sip:a@b:", InvalidUri::Port),
            ("sip:a@2001:db8::10", InvalidUri::Port),
            ("sip:a@[2001:db8::10", InvalidUri::Host),
            ("sip:a@[fe80::zz]", InvalidUri::Host),
            ("sip:a@[::1]x", InvalidUri::Host),
            ("tel:", InvalidUri::User),
        ] {
            assert_eq!(text.parse::<Uri>(), Err(why), "{text}");
        }
    }

    #[test]
    fn equivalence_follows_the_examples_of_the_standard() {
        for (one, other) in [
            ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"),
            ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
            ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;newparam=5"),
            (
                "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
                "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
            ),
            (
                "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
                "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
            ),
            ("sip:a@[2001:db8::0:1]", "sip:a@[2001:DB8::1]"),
            ("sip:a@[2001:db8:::192.0.2.1]", "sip:a@[2001:db8::192.0.2.1]"),
            ("tel:+44-20-7946-0123", "tel:+442079460123"),
        ] {
            assert!(uri(one).equivalent(&uri(other)), "{one} {other}");
        }
        for (one, other) in [
            ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"),
            ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
            ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
            ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"),
            ("sip:a@b", "sips:a@b"),
        ] {
            assert!(!uri(one).equivalent(&uri(other)), "{one} {other}");
        }
    }

    #[test]
    fn users_are_escaped_and_never_printed() {
        let built = Uri::sip("a b@#", "example.com").with_param("x", "1;y");
        assert_eq!(built.to_string(), "sip:a%20b%40%23@example.com;x=1%3By");
        assert_eq!(uri(&built.to_string()), built);
        assert_eq!(format!("{built:?}"), "sip:Private(11 chars)@example.com");
    }
}
