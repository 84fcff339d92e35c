//! The sockets of a connection: one on each address of the machine.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use rtc::{mdns::MulticastSocket, shared::ifaces::ifaces};
use tokio::net::UdpSocket;

use crate::PeerError;

/// Machines with containers have dozens of addresses; each costs a socket and checks against each of the far end's.
const MAX_ADDRESSES: usize = 8;

/// Bound sockets, by their address.
#[derive(Default)]
pub(crate) struct Sockets {
    udp: Vec<(SocketAddr, Arc<UdpSocket>)>,
    /// For names ending in `.local`; bound when the first one comes up.
    multicast: Option<Arc<UdpSocket>>,
}

impl Sockets {
    /// Binds what is not bound yet and drops what the machine no longer has. Those that stay keep their ports.
    pub(crate) fn bind(&mut self, loopback: bool) -> Result<(), PeerError> {
        let addresses = addresses(loopback);
        self.udp.retain(|(bound, _)| addresses.contains(&bound.ip()));
        let mut problem = None;
        for ip in addresses {
            if self.udp.iter().any(|(bound, _)| bound.ip() == ip) {
                continue;
            }
            match bind(ip) {
                Ok(bound) => self.udp.push(bound),
                Err(error) => problem = Some(error),
            }
        }
        match problem {
            Some(error) if self.udp.is_empty() => Err(PeerError::System(format!("no UDP socket can be opened: {error}"))),
            Some(_) | None => Ok(()),
        }
    }

    /// The addresses.
    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        self.udp.iter().map(|(address, _)| *address).collect()
    }

    /// Every socket, for reading.
    pub(crate) fn all(&self) -> Vec<(SocketAddr, Arc<UdpSocket>)> {
        let multicast = self.multicast.iter().filter_map(|socket| Some((socket.local_addr().ok()?, Arc::clone(socket))));
        self.udp.iter().cloned().chain(multicast).collect()
    }

    /// Sends from the socket bound to `local`; what the system does not take at once is lost, as on a network.
    pub(crate) fn send(&mut self, local: SocketAddr, remote: SocketAddr, bytes: &[u8]) {
        let result = if remote.port() == rtc::mdns::MDNS_PORT {
            self.multicast().and_then(|socket| socket.try_send_to(bytes, remote))
        } else {
            match self.udp.iter().find(|(address, _)| *address == local) {
                Some((_, socket)) => socket.try_send_to(bytes, remote),
                None => return,
            }
        };
        if let Err(error) = result {
            tracing::trace!(%error, "a datagram was not sent");
        }
    }

    fn multicast(&mut self) -> io::Result<&UdpSocket> {
        if self.multicast.is_none() {
            let socket = MulticastSocket::new().into_std()?;
            socket.set_nonblocking(true)?;
            self.multicast = Some(Arc::new(UdpSocket::from_std(socket)?));
        }
        self.multicast.as_deref().ok_or_else(|| io::Error::other("no multicast socket"))
    }
}

fn bind(ip: IpAddr) -> io::Result<(SocketAddr, Arc<UdpSocket>)> {
    let socket = std::net::UdpSocket::bind(SocketAddr::new(ip, 0))?;
    socket.set_nonblocking(true)?;
    let address = socket.local_addr()?;
    Ok((address, Arc::new(UdpSocket::from_std(socket)?)))
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
