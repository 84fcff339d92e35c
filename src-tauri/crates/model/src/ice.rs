//! ICE servers as the user writes them (RFC 7064, RFC 7065).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{Personal, Secret};

/// How a relay is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum IceTransport {
    /// `stun:`, or `turn:` over UDP.
    Udp,
    /// `turn:` over TCP.
    Tcp,
    /// `turns:`.
    Tls,
}

/// `stun:host[:port]`, `turn:host[:port][?transport=udp|tcp]` or `turns:host[:port]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(try_from = "String", into = "String")]
#[specta(type = String)]
pub struct IceUrl {
    /// Whether it relays (TURN) or only tells our address (STUN).
    pub relays: bool,
    /// Name or address, IPv6 without brackets.
    pub host: String,
    /// Port, where one was written; without one, the domain may name its servers itself (RFC 5928, RFC 8489 section 8).
    pub port: Option<u16>,
    /// How it is reached.
    pub transport: IceTransport,
}

/// Why a text is no ICE server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidIceUrl {
    /// The scheme is none of the three.
    #[error("an ICE server begins with stun:, turn: or turns:")]
    Scheme,
    /// There is no host.
    #[error("the ICE server has no host name")]
    Host,
    /// The port is no number from 1 to 65535.
    #[error("the port of the ICE server is not a number from 1 to 65535")]
    Port,
    /// The transport is unknown or does not fit the scheme.
    #[error("the transport of an ICE server is udp or tcp, and only turn: may name one")]
    Transport,
}

impl FromStr for IceUrl {
    type Err = InvalidIceUrl;

    fn from_str(text: &str) -> Result<Self, InvalidIceUrl> {
        let (scheme, rest) = text.trim().split_once(':').ok_or(InvalidIceUrl::Scheme)?;
        let (relays, secure) = match scheme.to_ascii_lowercase().as_str() {
            "stun" => (false, false),
            "turn" => (true, false),
            "turns" => (true, true),
            _ => return Err(InvalidIceUrl::Scheme),
        };
        let (authority, query) = rest.split_once('?').map_or((rest, None), |(authority, query)| (authority, Some(query)));
        let transport = match (query, relays, secure) {
            (None, _, false) | (Some("transport=udp"), true, false) => IceTransport::Udp,
            (Some("transport=tcp"), true, false) => IceTransport::Tcp,
            (None | Some("transport=tcp"), true, true) => IceTransport::Tls,
            _ => return Err(InvalidIceUrl::Transport),
        };
        let (host, port) = split_port(authority)?;
        if host.is_empty() || !host.chars().all(|c| c.is_ascii_alphanumeric() || ".-_:%".contains(c)) {
            return Err(InvalidIceUrl::Host);
        }
        let port = match port {
            Some(port) => Some(port.parse().ok().filter(|port| *port != 0).ok_or(InvalidIceUrl::Port)?),
            None => None,
        };
        Ok(Self { relays, host: host.to_owned(), port, transport })
    }
}

impl IceUrl {
    /// The port that was written, or else the one such servers have: 3478, and 5349 over TLS.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.transport {
            IceTransport::Udp | IceTransport::Tcp => 3478,
            IceTransport::Tls => 5349,
        })
    }
}

fn split_port(authority: &str) -> Result<(&str, Option<&str>), InvalidIceUrl> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (host, rest) = rest.split_once(']').ok_or(InvalidIceUrl::Host)?;
        return match rest.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if rest.is_empty() => Ok((host, None)),
            None => Err(InvalidIceUrl::Host),
        };
    }
    match authority.split_once(':') {
        Some((_, port)) if port.contains(':') => Err(InvalidIceUrl::Host),
        Some((host, port)) => Ok((host, Some(port))),
        None => Ok((authority, None)),
    }
}

impl fmt::Display for IceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match (self.relays, self.transport) {
            (false, _) => "stun",
            (true, IceTransport::Tls) => "turns",
            (true, IceTransport::Udp | IceTransport::Tcp) => "turn",
        };
        let (open, close) = if self.host.contains(':') { ("[", "]") } else { ("", "") };
        write!(f, "{scheme}:{open}{}{close}", self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        match self.transport {
            IceTransport::Tcp => f.write_str("?transport=tcp"),
            IceTransport::Udp | IceTransport::Tls => Ok(()),
        }
    }
}

impl TryFrom<String> for IceUrl {
    type Error = InvalidIceUrl;

    fn try_from(text: String) -> Result<Self, InvalidIceUrl> {
        text.parse()
    }
}

impl From<IceUrl> for String {
    fn from(url: IceUrl) -> String {
        url.to_string()
    }
}

/// One STUN or TURN server with what it asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct IceServer {
    /// Where it is.
    pub url: IceUrl,
    /// TURN user name.
    #[serde(default, skip_serializing_if = "Personal::is_empty")]
    pub username: Personal,
    /// TURN credential. Kept in the key store, never in the settings file.
    #[serde(skip)]
    #[specta(skip)]
    pub credential: Secret,
}

/// Which candidates may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "kebab-case")]
pub enum IcePolicy {
    /// Every kind.
    #[default]
    All,
    /// Relayed ones only.
    RelayOnly,
    /// Addresses of this machine only; no server is asked.
    HostOnly,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_read_and_write_back() {
        for (text, written, port) in [
            ("stun:stun.example.com", "stun:stun.example.com", 3478),
            ("stun:stun.example.com:3478", "stun:stun.example.com:3478", 3478),
            ("TURN:10.0.0.1:99?transport=tcp", "turn:10.0.0.1:99?transport=tcp", 99),
            ("turns:[2001:db8::1]", "turns:[2001:db8::1]", 5349),
        ] {
            let url: IceUrl = text.parse().expect(text);
            assert_eq!((url.to_string().as_str(), url.port()), (written, port));
            assert_eq!(written.parse::<IceUrl>(), Ok(url));
        }
    }

    #[test]
    fn bad_urls_are_refused_with_their_reason() {
        for (text, error) in [
            ("stun", InvalidIceUrl::Scheme),
            ("http:x", InvalidIceUrl::Scheme),
            ("turn:", InvalidIceUrl::Host),
            ("turn:a b", InvalidIceUrl::Host),
            ("turn:::1", InvalidIceUrl::Host),
            ("stun:x:0", InvalidIceUrl::Port),
            ("stun:x:70000", InvalidIceUrl::Port),
            ("stun:x?transport=tcp", InvalidIceUrl::Transport),
            ("turn:x?transport=sctp", InvalidIceUrl::Transport),
        ] {
            assert_eq!(text.parse::<IceUrl>(), Err(error), "{text}");
        }
    }
}
