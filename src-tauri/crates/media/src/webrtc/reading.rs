//! The end of a UDP socket that is read.

use std::{
    io,
    net::{SocketAddr, UdpSocket},
    task::{Context, Poll},
};

#[cfg(unix)]
use tokio::io::{Interest, unix::AsyncFd};

/// A socket that is read by this program's reactor. On Unix it wakes for what comes only: the reactor's own sockets also do, for
/// nothing, after each datagram that is sent.
pub(crate) struct Reading {
    #[cfg(unix)]
    socket: AsyncFd<UdpSocket>,
    #[cfg(not(unix))]
    socket: tokio::net::UdpSocket,
}

#[cfg(unix)]
impl Reading {
    /// Of a socket that does not block.
    pub(crate) fn new(socket: UdpSocket) -> io::Result<Self> {
        // SAFETY: a socket of the standard library owns its descriptor, keeps it open and never changes it until it is dropped, and
        // here it stays inside.
        let socket = unsafe { AsyncFd::register_with_interest(socket, Interest::READABLE) }?;
        Ok(Self { socket })
    }

    /// The next datagram: its length in `buffer`, and who sent it. An error is an ICMP message about something sent earlier.
    pub(crate) fn poll_receive(&self, context: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<(usize, SocketAddr)>> {
        loop {
            let mut ready = std::task::ready!(self.socket.poll_read_ready(context))?;
            if let Ok(received) = ready.try_io(|socket| socket.get_ref().recv_from(buffer)) {
                return Poll::Ready(received);
            }
        }
    }

    /// The same where it has come already.
    pub(crate) fn try_receive(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.socket.try_io(Interest::READABLE, |socket| socket.recv_from(buffer))
    }
}

#[cfg(not(unix))]
impl Reading {
    pub(crate) fn new(socket: UdpSocket) -> io::Result<Self> {
        Ok(Self { socket: tokio::net::UdpSocket::from_std(socket)? })
    }

    pub(crate) fn poll_receive(&self, context: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<(usize, SocketAddr)>> {
        let mut read = tokio::io::ReadBuf::new(buffer);
        let remote = std::task::ready!(self.socket.poll_recv_from(context, &mut read));
        Poll::Ready(remote.map(|remote| (read.filled().len(), remote)))
    }

    pub(crate) fn try_receive(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.socket.try_recv_from(buffer)
    }
}
