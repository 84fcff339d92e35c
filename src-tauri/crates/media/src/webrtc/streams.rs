//! Streams to TURN servers, over TCP or TLS: whole messages go in and come out (RFC 8656 sections 3.1 and 12.5).

use std::{
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use bytes::{Buf as _, BytesMut};
use model::IceServer;
use tokio::io::ReadBuf;

use crate::runtime::{ByteStream, ServerStream, ServerWays};

/// Bytes that wait for a stream that takes none; what comes on top is lost, as on a network, and a call is late by no
/// more than this.
const MOST_WAITING: usize = 16 * 1024;
/// A STUN header (RFC 8489 section 5) and that of ChannelData (RFC 8656 section 12.4).
const STUN_HEADER: usize = 20;
const CHANNEL_HEADER: usize = 4;

/// What a stream has to tell.
pub(super) enum StreamEvent {
    /// A way to a server is open.
    Opened { server: IceServer, local: SocketAddr, remote: SocketAddr },
    /// There is none to it; why.
    NotOpened { server: IceServer, why: String },
    /// A message came.
    Message { local: SocketAddr, remote: SocketAddr, bytes: BytesMut },
    /// The way is gone; why.
    Lost { local: SocketAddr, remote: SocketAddr, why: String },
}

/// Every stream of a connection, those that are being opened too.
#[derive(Default)]
pub(super) struct Streams {
    opening: Vec<(IceServer, Opening)>,
    open: Vec<Stream>,
}

type Opening = Pin<Box<dyn Future<Output = Result<ServerStream, String>> + Send>>;

struct Stream {
    io: Box<dyn ByteStream>,
    local: SocketAddr,
    remote: SocketAddr,
    incoming: BytesMut,
    outgoing: BytesMut,
}

impl Streams {
    /// Begins to open a way to a server.
    pub(super) fn begin(&mut self, ways: &Arc<dyn ServerWays>, server: &IceServer) {
        let (ways, url) = (Arc::clone(ways), server.url.clone());
        self.opening.push((server.clone(), Box::pin(async move { ways.open(&url).await })));
    }

    /// Whether a way is still being opened.
    pub(super) fn are_opening(&self) -> bool {
        !self.opening.is_empty()
    }

    /// Takes a message for the stream bound to `local`; it leaves by `poll`. False when there is none.
    pub(super) fn send(&mut self, local: SocketAddr, message: &[u8]) -> bool {
        let Some(stream) = self.open.iter_mut().find(|stream| stream.local == local) else { return false };
        if stream.outgoing.len() + message.len() <= MOST_WAITING {
            stream.outgoing.extend_from_slice(message);
            // ChannelData is padded to whole words on a stream, and its length does not count that; STUN always is.
            stream.outgoing.resize(stream.outgoing.len().next_multiple_of(4), 0);
        }
        true
    }

    /// Whether something waits to be sent.
    pub(super) fn have_more(&self) -> bool {
        self.open.iter().any(|stream| !stream.outgoing.is_empty())
    }

    /// Closes those that are of no use any more.
    pub(super) fn retain(&mut self, is_used: impl Fn(&SocketAddr) -> bool) {
        self.open.retain_mut(|stream| {
            let used = is_used(&stream.local);
            if !used {
                stream.write_now();
            }
            used
        });
    }

    /// Writes what waits, and tells what came. Pending while there is nothing.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<StreamEvent> {
        for at in 0..self.opening.len() {
            let Poll::Ready(result) = self.opening[at].1.as_mut().poll(context) else { continue };
            let (server, _) = self.opening.swap_remove(at);
            return Poll::Ready(match result {
                Ok(ServerStream { io, local, remote }) => {
                    let (incoming, outgoing) = (BytesMut::new(), BytesMut::new());
                    self.open.push(Stream { io, local, remote, incoming, outgoing });
                    StreamEvent::Opened { server, local, remote }
                }
                Err(why) => StreamEvent::NotOpened { server, why },
            });
        }
        for at in 0..self.open.len() {
            let stream = &mut self.open[at];
            let (local, remote) = (stream.local, stream.remote);
            match stream.poll(context) {
                Poll::Ready(Ok(bytes)) => return Poll::Ready(StreamEvent::Message { local, remote, bytes }),
                Poll::Ready(Err(why)) => {
                    self.open.swap_remove(at);
                    return Poll::Ready(StreamEvent::Lost { local, remote, why });
                }
                Poll::Pending => {}
            }
        }
        Poll::Pending
    }

    /// Writes what can be written at once; for the last words before it is all dropped.
    pub(super) fn write_now(&mut self) {
        self.open.iter_mut().for_each(Stream::write_now);
    }
}

impl Stream {
    fn write_now(&mut self) {
        // Who closes does not wait for a server that takes nothing: it forgets the relay by itself.
        let _written = self.poll_write(&mut Context::from_waker(Waker::noop()));
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<BytesMut, String>> {
        if let Poll::Ready(Err(error)) = self.poll_write(context) {
            return Poll::Ready(Err(error.to_string()));
        }
        loop {
            match next_message(&mut self.incoming) {
                Ok(Some(message)) => return Poll::Ready(Ok(message)),
                Ok(None) => {}
                Err(why) => return Poll::Ready(Err(why.into())),
            }
            let mut chunk = [0; 2_048];
            let mut read = ReadBuf::new(&mut chunk);
            match Pin::new(&mut *self.io).poll_read(context, &mut read) {
                Poll::Ready(Ok(())) if read.filled().is_empty() => return Poll::Ready(Err("it closed the connection".into())),
                Poll::Ready(Ok(())) => self.incoming.extend_from_slice(read.filled()),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error.to_string())),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        while !self.outgoing.is_empty() {
            match Pin::new(&mut *self.io).poll_write(context, &self.outgoing) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(std::io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(written)) => self.outgoing.advance(written),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return Poll::Pending,
            }
        }
        Pin::new(&mut *self.io).poll_flush(context)
    }
}

/// Cuts the next whole message off; its padding goes with it.
fn next_message(stream: &mut BytesMut) -> Result<Option<BytesMut>, &'static str> {
    let Some(head) = stream.first_chunk::<4>() else { return Ok(None) };
    let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
    let whole = match head[0] {
        0..=0x3f if length.is_multiple_of(4) => STUN_HEADER + length,
        0x40..=0x4f => CHANNEL_HEADER + length,
        _ => return Err("what answers there speaks no TURN"),
    };
    if stream.len() < whole.next_multiple_of(4) {
        return Ok(None);
    }
    let message = stream.split_to(whole);
    stream.advance(whole.next_multiple_of(4) - whole);
    Ok(Some(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_whole_and_without_their_padding() {
        let stun = [&[0, 1, 0, 4], &[7; 16][..], &[1, 2, 3, 4]].concat();
        let data = [0x40, 1, 0, 3, 9, 9, 9, 0];
        let sent = [&stun[..], &data, &stun].concat();
        for size in 1..sent.len() {
            let (mut stream, mut got) = (BytesMut::new(), Vec::new());
            for piece in sent.chunks(size) {
                stream.extend_from_slice(piece);
                while let Some(message) = next_message(&mut stream).expect("it is TURN") {
                    got.push(message.to_vec());
                }
            }
            assert_eq!(got, [stun.clone(), data[..7].to_vec(), stun.clone()], "in pieces of {size}");
            assert!(stream.is_empty());
        }
    }

    #[test]
    fn what_is_no_turn_is_noticed_at_once() {
        for wrong in [&b"SSH-2.0"[..], &[0x16, 3, 3, 2], &[0, 1, 0, 3, 0]] {
            let wrong = next_message(&mut BytesMut::from(wrong));
            assert_eq!(wrong, Err("what answers there speaks no TURN"));
        }
        assert_eq!(next_message(&mut BytesMut::from(&[0x40, 0, 0xff][..])), Ok(None));
    }
}
