//! The sockets of a connection: one on each address of the machine.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use rtc::{mdns::MulticastSocket, shared::ifaces::ifaces};

use super::reading::Reading;
use crate::PeerError;

/// Machines with containers have dozens of addresses; each costs a socket and checks against each of the far end's.
const MAX_ADDRESSES: usize = 8;

/// Bound sockets, by their address.
#[derive(Default)]
pub(crate) struct Sockets {
    udp: Vec<BoundSocket>,
    /// For names ending in `.local`; bound when the first one comes up.
    multicast: Option<BoundSocket>,
}

struct BoundSocket {
    address: SocketAddr,
    reading: Arc<Reading>,
    /// The same socket for the system's own call, which asks no reactor whether it may send: one that has not seen the socket yet
    /// would lose the first check of every call.
    writing: std::net::UdpSocket,
}

impl Sockets {
    /// Binds a fresh socket on each address the machine has now, and returns their addresses.
    pub(crate) fn bind(&mut self, loopback: bool) -> Result<Vec<SocketAddr>, PeerError> {
        let mut bound = Vec::new();
        let mut problem = None;
        for ip in addresses(loopback) {
            match std::net::UdpSocket::bind(SocketAddr::new(ip, 0)).and_then(BoundSocket::new) {
                Ok(socket) => {
                    bound.push(socket.address);
                    self.udp.push(socket);
                }
                Err(error) => problem = Some(error),
            }
        }
        match problem {
            Some(error) if bound.is_empty() => Err(PeerError::System(format!("no UDP socket can be opened: {error}"))),
            Some(_) | None => Ok(bound),
        }
    }

    /// Closes those that are of no use any more.
    pub(crate) fn retain(&mut self, is_used: impl Fn(&SocketAddr) -> bool) {
        self.udp.retain(|bound| is_used(&bound.address));
    }

    /// Every socket, for reading.
    pub(crate) fn all(&self) -> Vec<(SocketAddr, Arc<Reading>)> {
        self.udp.iter().chain(&self.multicast).map(|bound| (bound.address, Arc::clone(&bound.reading))).collect()
    }

    /// Sends from the socket bound to `local`; what the system does not take at once is lost, as on a network.
    pub(crate) fn send(&mut self, local: SocketAddr, remote: SocketAddr, bytes: &[u8]) {
        let result = if remote.port() == rtc::mdns::MDNS_PORT && remote.ip().is_multicast() {
            self.multicast().and_then(|bound| bound.writing.send_to(bytes, remote))
        } else {
            match self.udp.iter().find(|bound| bound.address == local) {
                Some(bound) => bound.writing.send_to(bytes, remote),
                None => return,
            }
        };
        if let Err(error) = result {
            tracing::trace!(%error, "a datagram was not sent");
        }
    }

    fn multicast(&mut self) -> io::Result<&BoundSocket> {
        let bound = match self.multicast.take() {
            Some(bound) => bound,
            None => BoundSocket::new(MulticastSocket::new().into_std()?)?,
        };
        Ok(self.multicast.insert(bound))
    }
}

impl BoundSocket {
    fn new(writing: std::net::UdpSocket) -> io::Result<Self> {
        writing.set_nonblocking(true)?;
        let reading = Arc::new(Reading::new(writing.try_clone()?)?);
        Ok(Self { address: writing.local_addr()?, reading, writing })
    }
}

/// Whether the machine still has an address, by what no system refuses when it has.
pub(crate) fn is_ours(address: IpAddr) -> bool {
    !matches!(std::net::UdpSocket::bind((address, 0)), Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable)
}

fn addresses(loopback: bool) -> Vec<IpAddr> {
    let mut found: Vec<IpAddr> = Vec::new();
    // Without the list there is still this machine to talk to.
    for ip in ifaces().unwrap_or_default().into_iter().filter_map(|interface| Some(interface.addr?.ip())) {
        let link_local = match ip {
            IpAddr::V4(ip) => ip.is_link_local(),
            IpAddr::V6(ip) => ip.is_unicast_link_local(),
        };
        if !ip.is_unspecified() && !ip.is_multicast() && !link_local && !found.contains(&ip) {
            found.push(ip);
        }
    }
    let (local, mut used): (Vec<IpAddr>, Vec<IpAddr>) = found.into_iter().partition(IpAddr::is_loopback);
    // IPv4 first: where the list is cut short, most far ends still have it.
    used.sort_by_key(IpAddr::is_ipv6);
    used.truncate(MAX_ADDRESSES);
    if loopback || used.is_empty() {
        used.extend(local.iter().take(2));
    }
    if used.is_empty() {
        used.push(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST));
    }
    used
}
