//! Via: where a request came by, and where its response goes (RFC 3261 section 20.42, RFC 3581).

use std::{fmt, str::FromStr};

use crate::{
    InvalidUri, Params,
    grammar::{self, Outside},
    uri,
};

/// One hop.
#[derive(Clone, PartialEq, Eq)]
pub struct Via {
    /// `UDP`, `TCP`, `TLS`, `WS`, `WSS` or another, as written.
    pub transport: String,
    /// Host of the sender, IPv6 in brackets.
    pub host: String,
    /// Port of the sender.
    pub port: Option<u16>,
    /// Parameters.
    pub params: Params,
}

impl Via {
    /// The hop of a request of ours.
    pub fn new(transport: &str, host: &str, branch: &str) -> Self {
        let mut params = Params::default();
        params.set("branch", branch);
        Self { transport: transport.to_owned(), host: host.to_owned(), port: None, params }
    }

    /// The branch, which names the transaction.
    pub fn branch(&self) -> Option<&str> {
        self.params.get("branch").filter(|branch| !branch.is_empty())
    }

    /// Where the request really came from, as the next hop saw it.
    pub fn received(&self) -> Option<&str> {
        self.params.get("received").filter(|address| !address.is_empty())
    }

    /// The port the request really came from (RFC 3581).
    pub fn rport(&self) -> Option<u16> {
        self.params.get("rport").and_then(grammar::number).and_then(|port| u16::try_from(port).ok())
    }
}

impl FromStr for Via {
    type Err = InvalidUri;

    fn from_str(text: &str) -> Result<Self, InvalidUri> {
        let text = text.trim();
        let end = grammar::find(text, b';', Outside::Quotes).unwrap_or(text.len());
        let (hop, params) = text.split_at(end);
        let (name, rest) = hop.split_once('/').ok_or(InvalidUri::NoScheme)?;
        let (version, rest) = rest.split_once('/').ok_or(InvalidUri::NoScheme)?;
        if !name.trim().eq_ignore_ascii_case("SIP") || version.trim() != "2.0" {
            return Err(InvalidUri::NoScheme);
        }
        let (transport, sent_by) = rest.trim_start().split_once([' ', '\t']).ok_or(InvalidUri::Host)?;
        if !grammar::is_token(transport) {
            return Err(InvalidUri::NoScheme);
        }
        // Blanks may surround the colon before the port.
        let sent_by: String = sent_by.split_ascii_whitespace().collect();
        let (host, port) = uri::parse_host_port(&sent_by)?;
        Ok(Self { transport: transport.to_owned(), host: host.to_owned(), port, params: Params::parse(params) })
    }
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SIP/2.0/{} {}", self.transport, self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        write!(f, "{}", self.params)
    }
}

impl fmt::Debug for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hops_are_read_with_blanks_anywhere() {
        let via: Via = " SIP  / 2.0\t/  WSS   host.example.com : 5060 ;received=2001:db8::9:1; rport ;branch = z9hG4bKx "
            .parse()
            .expect("valid");
        assert_eq!(via.to_string(), "SIP/2.0/WSS host.example.com:5060;received=2001:db8::9:1;rport;branch=z9hG4bKx");
        assert_eq!((via.branch(), via.received(), via.rport()), (Some("z9hG4bKx"), Some("2001:db8::9:1"), None));
        assert_eq!("SIP/2.0/UDP [::1]:1;rport=4711".parse::<Via>().expect("valid").rport(), Some(4711));
    }

    #[test]
    fn broken_hops_are_refused() {
        for text in
            ["", "SIP/2.0/UDP", "SIP/7.0/UDP a", "HTTP/2.0/UDP a", "SIP/2.0/UDP ;branch=x", "SIP/2.0/UDP a:x", "SIP/2.0/ a"]
        {
            assert!(text.parse::<Via>().is_err(), "{text}");
        }
    }
}
