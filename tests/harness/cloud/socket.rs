//! One connection to the cloud: with TLS or plain, then a WebSocket for SIP or one question to a web service.

use std::{io, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::mpsc,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

use super::{
    control,
    http::{HttpQuestion, HttpReply},
    mint::Mint,
    seen::Shared,
    server::Order,
    web::WebServer,
};

/// Where the cloud speaks SIP.
const PATH: &str = "/sipproxy";

/// Messages that may wait for a slow reader.
const WAITING: usize = 1_024;
/// Longer messages end the connection.
const LONGEST: usize = 64 * 1024;
/// Who does not get on with the handshake in this time is no client.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// What a connection tells.
#[derive(Debug)]
pub(super) enum LinkEvent {
    /// A WebSocket is open; messages go into the queue.
    Opened(mpsc::Sender<Message>),
    /// A message came.
    Received(Bytes),
    /// The WebSocket is gone.
    Closed,
}

/// What all connections are given.
#[derive(Clone)]
pub(super) struct Reception {
    pub tls: TlsAcceptor,
    pub web: Arc<WebServer>,
    pub mint: Arc<Mint>,
    pub shared: Arc<Shared>,
    pub events: mpsc::Sender<(u32, LinkEvent)>,
    /// For what is ordered by HTTP; the cloud ends when its owner lets go all the same.
    pub orders: mpsc::WeakSender<Order>,
}

/// What is spoken over.
trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Duplex for S {}

/// With this byte TLS begins (RFC 8446 section 5.1), and no request of HTTP.
const TLS_HANDSHAKE: u8 = 0x16;

impl Reception {
    /// Serves one connection until it ends.
    pub async fn serve(self, number: u32, stream: TcpStream) {
        let Ok(Ok(Some(socket))) = timeout(HANDSHAKE, self.accept(stream)).await else { return };
        let (outgoing, queue) = mpsc::channel(WAITING);
        if self.tell(number, LinkEvent::Opened(outgoing)).await {
            self.carry(number, socket, queue).await;
            self.tell(number, LinkEvent::Closed).await;
        }
    }

    /// Whether the cloud has heard it.
    async fn tell(&self, number: u32, event: LinkEvent) -> bool {
        self.events.send((number, event)).await.is_ok()
    }

    /// The WebSocket; `None` when it was a web service that was asked, or a WebSocket that was refused.
    async fn accept(&self, stream: TcpStream) -> io::Result<Option<WebSocketStream<Box<dyn Duplex>>>> {
        stream.set_nodelay(true)?;
        let mut first = [0];
        stream.peek(&mut first).await?;
        let mut stream: Box<dyn Duplex> = match first {
            [TLS_HANDSHAKE] => Box::new(self.tls.accept(stream).await?),
            _ => Box::new(stream),
        };
        let question = HttpQuestion::read(&mut stream).await?;
        if !question.lists("upgrade", "websocket") {
            let reply = match question.path.as_str() {
                "/call" => control::place(&question, self.web.first_key(), &self.orders).await,
                "/calls" => control::calls(&self.shared),
                _ => self.web.answer(&question, &self.mint, &self.shared),
            };
            reply.send(&mut stream).await?;
            return Ok(None);
        }
        if let Some(refusal) = self.refusal(&question) {
            self.shared.change(|state| state.seen.refused += 1);
            refusal.send(&mut stream).await?;
            return Ok(None);
        }
        let origin = question.header("origin").map(str::to_owned);
        self.shared.change(|state| state.seen.origins.push(origin));
        question.upgrade(stream, Some("sip"), LONGEST).await.map(Some)
    }

    fn refusal(&self, question: &HttpQuestion) -> Option<HttpReply> {
        if !self.shared.lock().upgrades.are_taken(self.shared.clock.now()) {
            return Some(HttpReply::text(503, "come back later"));
        }
        let is_sip = question.method == "GET" && question.path == PATH && question.lists("sec-websocket-protocol", "sip");
        (!is_sip).then(|| HttpReply::text(400, "SIP is spoken at /sipproxy, by the sub-protocol sip"))
    }

    async fn carry(&self, number: u32, mut socket: WebSocketStream<Box<dyn Duplex>>, mut queue: mpsc::Receiver<Message>) {
        loop {
            tokio::select! {
                message = socket.next() => {
                    let received = match message {
                        Some(Ok(Message::Text(text))) => Bytes::from(text),
                        Some(Ok(Message::Binary(bytes))) => bytes,
                        Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
                        Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                    };
                    if !self.tell(number, LinkEvent::Received(received)).await {
                        return;
                    }
                }
                Some(message) = queue.recv() => {
                    let is_last = message.is_close();
                    if socket.send(message).await.is_err() || is_last {
                        return;
                    }
                }
            }
        }
    }
}
