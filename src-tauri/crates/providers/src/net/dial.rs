//! TCP connections to a host with several addresses.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use model::OfflineCause;
use tokio::{net::TcpStream, time};

use super::{Place, dns, words};

/// How long an address may be silent before the next is tried beside it (RFC 8305 section 8).
const NEXT_ATTEMPT: Duration = Duration::from_millis(250);
/// A name with more addresses than this is not tried further.
const MOST_ADDRESSES: usize = 8;

/// The addresses of a host that were not tried yet.
pub(crate) struct Servers {
    left: Vec<SocketAddr>,
}

impl Servers {
    /// Those of `host`, IPv6 preferred.
    pub(crate) async fn of(host: &str, port: u16) -> Result<Self, OfflineCause> {
        let left = interleaved(dns::resolve(host).await);
        if left.is_empty() {
            return Err(OfflineCause::NameNotFound { host: words::quoted(host) });
        }
        Ok(Self::at(left.into_iter().map(|address| SocketAddr::new(address, port)).collect()))
    }

    /// Those at these addresses, in this order.
    pub(crate) fn at(left: Vec<SocketAddr>) -> Self {
        Self { left }
    }

    /// Whether there is nobody else to try.
    pub(crate) fn is_empty(&self) -> bool {
        self.left.is_empty()
    }

    /// Where a connection of these goes, and then those that are left to try.
    pub(crate) fn behind(&self, tcp: &TcpStream) -> Vec<Place> {
        let place = |address: &SocketAddr| Place { host: address.ip().to_string(), port: address.port() };
        tcp.peer_addr().iter().chain(&self.left).map(place).collect()
    }

    /// Connects to whichever answers first (RFC 8305); neither that one nor who refused is left to try.
    pub(crate) async fn next(&mut self) -> Result<TcpStream, OfflineCause> {
        let unreachable = |error: io::Error| OfflineCause::Unreachable { detail: words::io_error(&error) };
        let stream = race(&mut self.left).await.map_err(unreachable)?;
        // Signalling is small and wants to leave at once.
        stream.set_nodelay(true).map_err(unreachable)?;
        Ok(stream)
    }
}

/// Connects to whichever address of `host` answers first, IPv6 preferred.
pub(crate) async fn dial(host: &str, port: u16) -> Result<TcpStream, OfflineCause> {
    Servers::of(host, port).await?.next().await
}

async fn race(left: &mut Vec<SocketAddr>) -> Result<TcpStream, io::Error> {
    let mut waiting = left.clone().into_iter();
    let mut attempts = FuturesUnordered::new();
    let mut first_error = None;
    loop {
        if let Some(address) = waiting.next() {
            attempts.push(async move { (address, TcpStream::connect(address).await) });
        }
        let next_attempt = async {
            match waiting.len() {
                0 => std::future::pending().await,
                _ => time::sleep(NEXT_ATTEMPT).await,
            }
        };
        tokio::select! {
            attempt = attempts.next() => {
                let Some((address, attempt)) = attempt else {
                    return Err(first_error.unwrap_or_else(|| io::ErrorKind::HostUnreachable.into()));
                };
                left.retain(|other| *other != address);
                match attempt {
                    Ok(stream) => return Ok(stream),
                    Err(error) => { first_error.get_or_insert(error); }
                }
            },
            () = next_attempt => {}
        }
    }
}

/// The families in turn, each in the order the resolver gave it (RFC 8305 section 4).
fn interleaved(addresses: Vec<IpAddr>) -> Vec<IpAddr> {
    let (mut v6, mut v4): (Vec<_>, Vec<_>) = addresses.into_iter().partition(IpAddr::is_ipv6);
    v6.reverse();
    v4.reverse();
    let mut in_turn = Vec::new();
    while in_turn.len() < MOST_ADDRESSES && !(v6.is_empty() && v4.is_empty()) {
        in_turn.extend(v6.pop());
        in_turn.extend(v4.pop());
    }
    in_turn
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns_and_six_comes_first() {
        let addresses = ["10.0.0.1", "10.0.0.2", "::1", "10.0.0.3"].map(|text| text.parse().expect(text));
        let order: Vec<String> = interleaved(addresses.to_vec()).iter().map(ToString::to_string).collect();
        assert_eq!(order, ["::1", "10.0.0.1", "10.0.0.2", "10.0.0.3"]);
    }
}
