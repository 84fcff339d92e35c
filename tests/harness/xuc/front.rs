//! A fake XUC with a port on this computer, for programs: TLS, the web requests, the CTI, and the way of SIP to an exchange
//! whose numbers have real media, or to a real server.

use std::{
    io,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use audio::HubThread;
use bytes::Bytes;
use exchange::{Door, Exchange, ExchangeWorld};
use futures_util::{SinkExt, StreamExt};
use media::WebrtcRuntime;
use model::{Clock, Secret};
use phone::{Randomness, SystemClock, SystemRandomness};
use providers::net::{Endpoint, HttpMethod, HttpRequest, Proxy};
use tempfile::NamedTempFile;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    runtime::Runtime,
    sync::mpsc,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};
use tracing::info_span;

use super::{Switchboard, Upstream, Way, Xuc, sip_faults::Passes, upstream, web::PASSWORD};
use crate::cloud::{
    certificate,
    http::{HttpQuestion, HttpReply},
};

/// Who signs in, and the user of the line.
const USER: &str = "alice";
/// Which of the exchange's numbers is a conference room of the server, too.
const ROOM: &str = "607";
/// Longer messages end a connection.
const LONGEST: usize = 256 * 1024;
/// Who does not get on with the handshake in this time is no client.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// The running fake; dropping it ends it.
pub struct FakeXuc {
    xuc: Xuc,
    port: u16,
    ca: PathBuf,
    _temporary: Option<NamedTempFile>,
    _exchange: Option<(Exchange, HubThread)>,
    _runtime: Runtime,
}

/// Where SIP goes.
#[derive(Clone)]
enum Behind {
    Exchange(Door),
    /// To this WebSocket of a real server.
    Server(String),
}

impl FakeXuc {
    /// Starts it on a port of loopback, a free one when 0, in front of an exchange of its own. The authority to trust is written
    /// to `ca`, a PEM file, or to a temporary one.
    ///
    /// # Errors
    /// When the port is taken, or no thread or certificate can be had.
    pub fn start(port: u16, ca: Option<PathBuf>) -> io::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
        let (hub_thread, hub) = audio::start(Arc::clone(&clock))?;
        let rtc = Arc::new(WebrtcRuntime::new().map_err(io::Error::other)?);
        let runtime = workers()?;
        let inside = runtime.enter();
        let world = ExchangeWorld { clock, rtc, hub, seed: SystemRandomness.seed() };
        let (exchange, door) = Exchange::behind_a_door(world, &[USER]);
        let secret = exchange.password(USER).cloned().unwrap_or_default();
        let switchboard = Switchboard::Exchange(exchange.operator());
        let xuc = Xuc::new(USER, secret.expose(), exchange.domain(), switchboard);
        xuc.opens_room(ROOM, "team", true);
        drop(inside);
        let (behind, exchange) = (Behind::Exchange(door), Some((exchange, hub_thread)));
        House { xuc, behind, exchange, runtime }.open(port, ca)
    }

    /// The same in front of a real server: what passes between it and the phones becomes phone events.
    ///
    /// # Errors
    /// When the port is taken, or no thread or certificate can be had.
    pub fn in_front_of(upstream: Upstream, port: u16, ca: Option<PathBuf>) -> io::Result<Self> {
        let runtime = workers()?;
        let inside = runtime.enter();
        let switchboard = upstream.manager.map_or(Switchboard::Nobody, Switchboard::asterisk);
        let xuc = Xuc::new(&upstream.user, &upstream.secret, &upstream.media_server, switchboard);
        xuc.has_number(&upstream.user);
        drop(inside);
        House { xuc, behind: Behind::Server(upstream.socket), exchange: None, runtime }.open(port, ca)
    }

    /// The fake itself: what it was asked, and what it does wrong.
    pub fn xuc(&self) -> &Xuc {
        &self.xuc
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    /// The authority to trust, a PEM file.
    pub fn ca(&self) -> &Path {
        &self.ca
    }

    /// Who signs in.
    pub fn login(&self) -> &'static str {
        USER
    }

    /// With which password.
    pub fn password(&self) -> &'static str {
        PASSWORD
    }
}

/// A fake before its port is open.
struct House {
    xuc: Xuc,
    behind: Behind,
    exchange: Option<(Exchange, HubThread)>,
    runtime: Runtime,
}

impl House {
    fn open(self, port: u16, ca: Option<PathBuf>) -> io::Result<FakeXuc> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let (tls, authority) = certificate::door()?;
        let temporary = if ca.is_none() { Some(NamedTempFile::with_suffix(".pem")?) } else { None };
        let ca = ca.or_else(|| Some(temporary.as_ref()?.path().to_owned())).unwrap_or_default();
        std::fs::write(&ca, authority)?;
        let reception = Reception { tls, xuc: self.xuc.clone(), behind: self.behind };
        let inside = self.runtime.enter();
        self.runtime.spawn(reception.run(tokio::net::TcpListener::from_std(listener)?));
        drop(inside);
        let (exchange, runtime) = (self.exchange, self.runtime);
        Ok(FakeXuc { xuc: self.xuc, port, ca, _temporary: temporary, _exchange: exchange, _runtime: runtime })
    }
}

/// What all connections are given.
#[derive(Clone)]
struct Reception {
    tls: TlsAcceptor,
    xuc: Xuc,
    behind: Behind,
}

fn workers() -> io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()
}

impl Reception {
    async fn run(self, listener: tokio::net::TcpListener) {
        while let Ok((stream, _)) = listener.accept().await {
            phone::spawn("xuc", info_span!("xuc"), self.clone().serve(stream));
        }
    }

    /// Serves one connection. Who breaks it off is told nothing, and need not be.
    async fn serve(self, stream: TcpStream) {
        let _broken_off = self.receive(stream).await;
    }

    async fn receive(self, stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let greeting = async {
            let mut tls = self.tls.accept(stream).await?;
            let question = HttpQuestion::read(&mut tls).await?;
            Ok::<_, io::Error>((tls, question))
        };
        let (mut tls, question) = timeout(HANDSHAKE, greeting).await??;
        let url = format!("https://localhost{}?{}", question.path, question.query);
        if !question.lists("upgrade", "websocket") {
            return self.answer(&question, url).send(&mut tls).await;
        }
        let is_sip = question.path.starts_with("/wssip") || question.path.starts_with("/ws");
        let is_cti = question.path == "/xuc/api/2.0/cti";
        if !(is_cti || is_sip && question.lists("sec-websocket-protocol", "sip")) {
            return HttpReply::text(404, "there is no WebSocket").send(&mut tls).await;
        }
        let subprotocol = is_sip.then_some("sip");
        let endpoint = Endpoint {
            at: None,
            url,
            subprotocol: subprotocol.map(str::to_owned),
            origin: None,
            ca_file: None,
            pin: None,
            allow_plain: false,
            proxy: Proxy::default(),
        };
        let Ok(login) = self.xuc.admits(&endpoint) else {
            return HttpReply::text(403, "that token is not known").send(&mut tls).await;
        };
        let socket = question.upgrade(tls, subprotocol, LONGEST).await?;
        if is_cti {
            let (to_xuc, from_xuc) = self.xuc.connected(&login);
            let from_xuc = self.xuc.as_late_as_it_is(from_xuc);
            return carry(socket, to_xuc, from_xuc, |_, message| Passes::On(message)).await;
        }
        let mut cut = self.xuc.sip_is_cut();
        tokio::select! {
            ended = self.carry_sip(socket) => ended,
            _cut = cut.changed() => Ok(()),
        }
    }

    async fn carry_sip<S: AsyncRead + AsyncWrite + Unpin>(&self, socket: WebSocketStream<S>) -> io::Result<()> {
        let pass = |way: Way, message: Bytes| self.xuc.pass(way, message);
        let door = match &self.behind {
            Behind::Server(server) => return upstream::carry(socket, server, pass).await,
            Behind::Exchange(door) => door,
        };
        let link = door.enter().await.ok_or_else(|| io::Error::other("the exchange has ended"))?;
        carry(socket, link.outgoing, link.incoming, pass).await
    }

    fn answer(&self, question: &HttpQuestion, url: String) -> HttpReply {
        let method = if question.method == "POST" { HttpMethod::Post } else { HttpMethod::Get };
        let headers = question.headers.iter().map(|(name, value)| (name.clone(), Secret::new(value.clone()))).collect();
        let body = Secret::new(question.body.clone());
        match self.xuc.answer(&HttpRequest { method, headers, body, ..HttpRequest::get(url.trim_end_matches('?')) }) {
            Ok(answer) => HttpReply::whole(answer.status, answer.body.expose()),
            Err(_) => HttpReply::text(503, "it is switched off"),
        }
    }
}

/// Carries messages both ways until either end lets go; `pass` says what becomes of each.
async fn carry<S: AsyncRead + AsyncWrite + Unpin>(
    mut socket: WebSocketStream<S>,
    to_server: mpsc::Sender<Bytes>,
    mut from_server: mpsc::Receiver<Bytes>,
    pass: impl Fn(Way, Bytes) -> Passes,
) -> io::Result<()> {
    loop {
        tokio::select! {
            message = socket.next() => {
                let received = match message {
                    Some(Ok(Message::Text(text))) => Bytes::from(text),
                    Some(Ok(Message::Binary(bytes))) => bytes,
                    Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return Ok(()),
                };
                match pass(Way::Up, received) {
                    Passes::On(message) => {
                        if to_server.send(message).await.is_err() {
                            return Ok(());
                        }
                    }
                    Passes::Back(answer) => socket.send(text(&answer)).await.map_err(io::Error::other)?,
                    Passes::Lost => {}
                }
            }
            message = from_server.recv() => {
                let Some(message) = message else {
                    return socket.close(None).await.map_err(io::Error::other);
                };
                if let Passes::On(message) = pass(Way::Down, message) {
                    socket.send(text(&message)).await.map_err(io::Error::other)?;
                }
            }
        }
    }
}

/// As a frame of text.
pub(super) fn text(message: &[u8]) -> Message {
    Message::text(String::from_utf8_lossy(message).into_owned())
}
