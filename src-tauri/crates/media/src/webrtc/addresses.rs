//! Where a connection can be reached, and how that is described (RFC 8445 section 5.1).

use std::net::SocketAddr;

use model::CandidateKind;

use crate::sdp::Candidate;

/// Where we can be reached.
#[derive(Default)]
pub(crate) struct Addresses {
    pub(crate) sockets: Vec<SocketAddr>,
    /// Our ends of streams to servers; nobody else is heard there.
    pub(crate) streams: Vec<SocketAddr>,
    pub(crate) candidates: Vec<Candidate>,
}

impl Addresses {
    pub(crate) fn has(&self, local: &SocketAddr) -> bool {
        self.sockets.contains(local) || self.streams.contains(local)
    }

    pub(crate) fn all(&self) -> Vec<SocketAddr> {
        [&self.sockets[..], &self.streams].concat()
    }

    /// Describes an address, of the socket `base` where it is another.
    pub(crate) fn add_candidate(&mut self, kind: CandidateKind, address: SocketAddr, base: Option<SocketAddr>) {
        let known = |candidate: &Candidate| candidate.ip() == Some(address.ip()) && candidate.port == address.port();
        if self.candidates.iter().any(known) {
            return;
        }
        let preference: u32 = match kind {
            CandidateKind::Host => 126,
            CandidateKind::Prflx => 110,
            CandidateKind::Srflx => 100,
            CandidateKind::Relay => 0,
        };
        // RFC 8445 section 5.1.2.1; IPv6 before IPv4 (RFC 8421), loopback last, then in the order of finding.
        let ip = address.ip();
        let family = if ip.is_loopback() { 0 } else { 2 } + u32::from(ip.is_ipv6());
        let local_preference = family * 16_000 + 1_000 - u32::try_from(self.candidates.len()).unwrap_or(0).min(999);
        // Candidates of one kind, base address and server share a foundation; one server of a kind is asked per base.
        let base_ip = base.unwrap_or(address).ip();
        let foundation = fold(&format!("{kind:?} {base_ip}"));
        self.candidates.push(Candidate {
            foundation: foundation.to_string(),
            component: 1,
            transport: "udp".into(),
            priority: preference << 24 | local_preference << 8 | 255,
            address: ip.to_string(),
            port: address.port(),
            kind,
            related: base.map(|base| (base.ip().to_string(), base.port())),
        });
    }
}

/// FNV-1a; a foundation must only be equal or different.
fn fold(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
