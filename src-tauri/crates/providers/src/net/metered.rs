//! A stream of a server that counts what was read from it, and takes text as it is.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::frames::Frames;

/// What a peer may send without one whole message coming out: a message of 64 KiB in fragments of one byte.
/// Empty fragments would else keep us reading for ever, and the limit of tungstenite does not see them.
const LONGEST_SILENCE: usize = 256 * 1024;

/// Reads fail once too much came without [`Metered::whole_message`] being called.
#[derive(Debug)]
pub(crate) struct Metered<S> {
    stream: S,
    read: usize,
    frames: Frames,
}

/// The peer sent much and said nothing.
#[derive(Debug, thiserror::Error)]
#[error("the server sends a message in too many pieces")]
pub(crate) struct TooManyPieces;

impl<S> Metered<S> {
    /// Of a server that has yet to agree to a WebSocket.
    pub(crate) fn new(stream: S) -> Self {
        Self { stream, read: 0, frames: Frames::ANSWER }
    }

    /// Of one that has.
    #[cfg(test)]
    pub(crate) fn agreed(stream: S) -> Self {
        Self { stream, read: 0, frames: Frames::Kind }
    }

    /// A whole message came out; the count begins anew.
    pub(crate) fn whole_message(&mut self) {
        self.read = 0;
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.read > LONGEST_SILENCE {
            return Poll::Ready(Err(io::Error::other(TooManyPieces)));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        self.read += buffer.filled().len() - before;
        self.frames.pass(&mut buffer.filled_mut()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
