//! The task of one open WebSocket: moves messages, keeps the connection alive, and says why it ended.

use std::{net::IpAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use model::{Clock, OfflineCause};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::mpsc,
    task, time,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        self, Message, Utf8Bytes,
        error::{CapacityError, ProtocolError},
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};
use tracing::debug;

use super::{
    Outgoing, changes,
    keep_alive::{Due, KeepAlive},
    metered::{Metered, TooManyPieces},
    tls, words,
};

/// A peer that takes nothing for so long is gone, or wants to see our memory fill.
const WRITE_LIMIT: Duration = Duration::from_secs(10);
/// What the closing handshake may take.
const CLOSE_LIMIT: Duration = Duration::from_secs(1);

/// One open WebSocket and the queues at our side of it.
pub(crate) struct Pump<S> {
    pub(crate) socket: WebSocketStream<Metered<S>>,
    /// The address of this computer that it left from.
    pub(crate) from: Option<IpAddr>,
    pub(crate) outgoing: mpsc::Receiver<Outgoing>,
    pub(crate) incoming: mpsc::Sender<Result<Bytes, OfflineCause>>,
    pub(crate) clock: Arc<dyn Clock>,
}

/// How a connection ended.
enum End {
    /// Our side let go of it.
    LetGo,
    /// It is gone, for this reason.
    Lost(String),
}

impl<S: AsyncRead + AsyncWrite + Unpin> Pump<S> {
    /// Runs until either side lets go.
    pub(crate) async fn run(mut self) {
        let mut keep_alive = KeepAlive::new(self.clock.now());
        let end = loop {
            let step = tokio::select! {
                // What waits to be sent goes before what is read: in a flood, the answers would else pile up here.
                biased;
                outgoing = self.outgoing.recv() => match outgoing {
                    Some(Outgoing::Message(message)) => self.write(frame(message)).await,
                    Some(Outgoing::Probe) if self.from.is_some_and(|from| !changes::is_ours(from)) => {
                        Err(End::Lost("this computer has come to another network".into()))
                    }
                    Some(Outgoing::Probe) => {
                        keep_alive.probe(self.clock.now());
                        self.write(Message::Ping(Bytes::new())).await
                    }
                    None => Err(End::LetGo),
                },
                arrived = self.socket.next() => {
                    keep_alive.alive(self.clock.now());
                    self.socket.get_mut().whole_message();
                    let taken = self.take(arrived).await;
                    // Who has a storm of them to send gets no more turns than anybody else: the sound of a call is not late for it.
                    task::yield_now().await;
                    taken
                }
                () = time::sleep(keep_alive.poll_timeout().since(self.clock.now())) => {
                    match keep_alive.handle_timeout(self.clock.now()) {
                        Due::Nothing => Ok(()),
                        Due::Ping => self.write(Message::Ping(Bytes::new())).await,
                        Due::Dead => Err(End::Lost("the server no longer answers".into())),
                    }
                }
            };
            if let Err(end) = step {
                break end;
            }
        };
        self.end(end).await;
    }

    async fn take(&mut self, arrived: Option<Result<Message, tungstenite::Error>>) -> Result<(), End> {
        let message = match arrived {
            // Text arrives as binary, see `frames`.
            Some(Ok(Message::Binary(bytes))) => bytes,
            Some(Ok(Message::Text(text))) => Bytes::from(text),
            // The pong to a ping is tungstenite's; it leaves with the next write or flush.
            Some(Ok(Message::Ping(_))) => return self.flush().await,
            Some(Ok(Message::Pong(_) | Message::Frame(_))) => return Ok(()),
            Some(Ok(Message::Close(frame))) => return Err(End::Lost(closed_by_server(frame.as_ref()))),
            Some(Err(error)) => return Err(End::Lost(lost(&error))),
            None => return Err(End::Lost("the server closed it".into())),
        };
        // A line that is slow to read slows the server, by TCP.
        self.incoming.send(Ok(message)).await.map_err(|_| End::LetGo)
    }

    async fn write(&mut self, message: Message) -> Result<(), End> {
        in_time(self.socket.send(message)).await
    }

    async fn flush(&mut self) -> Result<(), End> {
        in_time(self.socket.flush()).await
    }

    async fn end(mut self, end: End) {
        if let End::Lost(detail) = end {
            debug!(detail, "connection lost");
            // Nobody listens only when our side let go at the same moment.
            let _ = self.incoming.send(Err(OfflineCause::ConnectionLost { detail })).await;
        }
        // Free the queues now; only the good manners remain.
        drop((self.incoming, self.outgoing));
        let socket = &mut self.socket;
        let goodbye = async {
            socket.close(Some(CloseFrame { code: CloseCode::Normal, reason: "".into() })).await?;
            while let Some(message) = socket.next().await {
                message?;
                socket.get_mut().whole_message();
            }
            Ok::<(), tungstenite::Error>(())
        };
        match time::timeout(CLOSE_LIMIT, goodbye).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => debug!(%error, "the connection was not closed in good order"),
            Err(_) => debug!("the server does not close its side"),
        }
    }
}

async fn in_time(writing: impl Future<Output = Result<(), tungstenite::Error>>) -> Result<(), End> {
    match time::timeout(WRITE_LIMIT, writing).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(End::Lost(lost(&error))),
        Err(_) => Err(End::Lost("the server does not take what is sent".into())),
    }
}

/// Text is what every server takes; binary where the message is none (RFC 7118 section 5.1 allows both).
fn frame(message: Bytes) -> Message {
    match Utf8Bytes::try_from(message.clone()) {
        Ok(text) => Message::Text(text),
        Err(_) => Message::Binary(message),
    }
}

fn closed_by_server(frame: Option<&CloseFrame>) -> String {
    match frame {
        None => "the server closed it".into(),
        Some(frame) if frame.reason.is_empty() => format!("the server closed it ({})", u16::from(frame.code)),
        Some(frame) => format!("the server closed it ({}: {})", u16::from(frame.code), words::quoted(&frame.reason)),
    }
}

fn lost(error: &tungstenite::Error) -> String {
    match error {
        tungstenite::Error::Io(error) => {
            if error.get_ref().is_some_and(|inner| inner.is::<TooManyPieces>()) {
                return TooManyPieces.to_string();
            }
            tls::inner_error(error).map_or_else(|| words::io_error(error), |fault| fault.to_string())
        }
        tungstenite::Error::Capacity(CapacityError::MessageTooLong { size, .. }) => {
            format!("the server sent a message that is too long ({size} bytes)")
        }
        tungstenite::Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => "the server cut the connection".into(),
        tungstenite::Error::Utf8(_) => "the server sent text that is not UTF-8".into(),
        tungstenite::Error::ConnectionClosed | tungstenite::Error::AlreadyClosed => "the server closed it".into(),
        other => format!("the server broke the rules of WebSocket: {}", words::quoted(&other.to_string())),
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "each test has a far end beside it, in virtual time")]
mod tests;
