//! ICE candidates as text (RFC 8839 section 5.1).

use std::{fmt, net::IpAddr, str::FromStr};

use model::CandidateKind;

/// The value of an `a=candidate` line, without extensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Groups candidates of the same kind, base and server; 1 to 32 letters and digits.
    pub foundation: String,
    /// 1 for RTP and for everything under rtcp-mux, 2 for RTCP.
    pub component: u16,
    /// `udp` or `tcp`, lower case.
    pub transport: String,
    /// Priority (RFC 8445 section 5.1.2).
    pub priority: u32,
    /// IP address, or a name that ends in `.local` (mDNS).
    pub address: String,
    /// Port.
    pub port: u16,
    /// Where it comes from.
    pub kind: CandidateKind,
    /// Base of a reflexive, mapped address of a relayed candidate.
    pub related: Option<(String, u16)>,
}

/// A text is no candidate, or one of a kind this phone cannot use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a usable ICE candidate")]
pub struct InvalidCandidate;

impl Candidate {
    /// The address, unless it is a name.
    pub fn ip(&self) -> Option<IpAddr> {
        self.address.parse().ok()
    }

    /// Whether our transport can use it: UDP, first component, the address of one host or an mDNS name.
    ///
    /// No call waits for a name: a browser that hides its address behind one sends checks to ours, and we never hide those; its
    /// address comes with its first check, as a peer-reflexive candidate (RFC 8445 section 7.3.1.3), a round trip later at most.
    pub fn is_usable(&self) -> bool {
        self.transport == "udp"
            && self.component == 1
            && self.port != 0
            && self.ip().map_or_else(|| self.address.ends_with(".local"), is_of_one_host)
    }
}

/// Whether what is sent there reaches one host: a description shall not have us send to a whole network.
fn is_of_one_host(address: IpAddr) -> bool {
    let is_broadcast = matches!(address, IpAddr::V4(address) if address.is_broadcast());
    !address.is_multicast() && !address.is_unspecified() && !is_broadcast
}

impl FromStr for Candidate {
    type Err = InvalidCandidate;

    fn from_str(text: &str) -> Result<Self, InvalidCandidate> {
        let mut words = text.split_ascii_whitespace();
        let mut word = || words.next().ok_or(InvalidCandidate);
        let foundation = word()?;
        let component = word()?.parse().map_err(|_| InvalidCandidate)?;
        let transport = word()?.to_ascii_lowercase();
        let priority = word()?.parse().map_err(|_| InvalidCandidate)?;
        let address = word()?;
        let port = word()?.parse().map_err(|_| InvalidCandidate)?;
        if !word()?.eq_ignore_ascii_case("typ") {
            return Err(InvalidCandidate);
        }
        let kind = match word()?.to_ascii_lowercase().as_str() {
            "host" => CandidateKind::Host,
            "srflx" => CandidateKind::Srflx,
            "prflx" => CandidateKind::Prflx,
            "relay" => CandidateKind::Relay,
            _ => return Err(InvalidCandidate),
        };
        if foundation.len() > 32 || address.len() > 255 {
            return Err(InvalidCandidate);
        }
        let (mut related_address, mut related_port) = (None, None);
        while let (Some(name), Some(value)) = (words.next(), words.next()) {
            match name {
                "raddr" => related_address = Some(value.to_owned()),
                "rport" => related_port = value.parse().ok(),
                _ => {}
            }
        }
        Ok(Self {
            foundation: foundation.to_owned(),
            component,
            transport,
            priority,
            address: address.to_owned(),
            port,
            kind,
            related: related_address.zip(related_port),
        })
    }
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { foundation, component, transport, priority, address, port, kind, related } = self;
        let kind = match kind {
            CandidateKind::Host => "host",
            CandidateKind::Srflx => "srflx",
            CandidateKind::Prflx => "prflx",
            CandidateKind::Relay => "relay",
        };
        write!(f, "{foundation} {component} {transport} {priority} {address} {port} typ {kind}")?;
        match related {
            Some((address, port)) => write!(f, " raddr {address} rport {port}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidates_read_and_write_back() {
        for text in [
            "1 1 udp 2130706431 192.0.2.33 49170 typ host",
            "Hc0a80002 1 udp 2130706431 2001:db8::1 10034 typ host",
            "842163049 1 udp 1677729535 198.51.100.7 46154 typ srflx raddr 192.0.2.2 rport 46154",
            "3 1 udp 41885439 203.0.113.9 49152 typ relay raddr 198.51.100.7 rport 46154",
        ] {
            assert_eq!(text.parse::<Candidate>().expect(text).to_string(), text);
        }
    }

    #[test]
    fn extensions_and_capitals_are_read_over() {
        let chromium =
            "2660908989 1 UDP 2122194687 4bd4b0e6-8a1d-4d0e-9f5e-0c7a4d7e1c11.local 58214 typ host generation 0 network-id 1";
        let candidate: Candidate = chromium.parse().expect("Chromium's candidates are candidates");
        assert!(candidate.is_usable());
        assert_eq!(candidate.ip(), None);
        let tcp = "1613818665 1 tcp 1518214911 192.0.2.2 9 typ host tcptype active generation 0";
        assert!(!tcp.parse::<Candidate>().expect("a TCP candidate is one").is_usable());
        let rtcp = "1 2 udp 2130706430 192.0.2.33 49171 typ host";
        assert!(!rtcp.parse::<Candidate>().expect("an RTCP candidate is one").is_usable());
    }

    #[test]
    fn a_description_has_nobody_send_to_a_whole_network() {
        for (address, usable) in [
            ("192.0.2.33", true),
            ("2001:db8::1", true),
            ("255.255.255.255", false),
            ("224.0.0.251", false),
            ("0.0.0.0", false),
            ("ff02::fb", false),
            ("::", false),
            ("pbx.example.com", false),
        ] {
            let candidate: Candidate = format!("1 1 udp 1 {address} 5353 typ host").parse().expect(address);
            assert_eq!(candidate.is_usable(), usable, "{address}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "1 1 udp",
            "1 x udp 1 a 1 typ host",
            "1 1 udp 1 a 1 typ moon",
            "1 1 udp 1 a 70000 typ host",
            "1 1 udp 1 a 1 kind host",
        ] {
            assert_eq!(text.parse::<Candidate>(), Err(InvalidCandidate), "{text}");
        }
    }
}
