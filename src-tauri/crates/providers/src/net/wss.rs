//! WebSocket connections over real sockets (RFC 6455, RFC 7118).

use std::{
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use model::{Clock, IceTransport, IceUrl, OfflineCause, SetupFault};
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::mpsc,
    task, time,
};
use tokio_rustls::TlsConnector;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        self,
        error::{ProtocolError, SubProtocolError},
        handshake::client::generate_key,
        http::{Request, header::SEC_WEBSOCKET_EXTENSIONS},
        protocol::WebSocketConfig,
    },
};
use tracing::{Instrument, debug};

use super::{
    Connection, Endpoint, HttpAnswer, HttpRequest, IceEndpoint, IcePath, InvalidServerUrl, KeyPin, Located, Network, ServerFacts,
    ServerUrl, changes::Changes, dial, dial::Servers, ice, metered::Metered, pump::Pump, services, tls, words,
};

/// What opening a connection may take in all.
const OPEN_LIMIT: Duration = Duration::from_secs(10);
/// What one address of a server may take for TLS and WebSocket while there are others to try (RFC 3263 section 4.3).
const SERVER_LIMIT: Duration = Duration::from_secs(3);
/// What reading the authorities may take, from a disk of another computer perhaps; milliseconds as a rule.
const AUTHORITIES_LIMIT: Duration = Duration::from_secs(2);
/// Longest message, either way; SIP messages with a large SDP have 4 KiB. One that is longer ends the connection, so that there is
/// room above what SIP takes: whoever sends that is refused (513), and not everybody else with him.
const LONGEST_MESSAGE: usize = 2 * sip::MAX_MESSAGE;
/// Messages that wait for the line.
const INCOMING: usize = 100;
/// Messages that wait to be sent: several answers to each that waits for the line, since both may leave in one go.
const OUTGOING: usize = 1_024;
const USER_AGENT: &str = concat!("Sidetone/", env!("CARGO_PKG_VERSION"));

/// The real network.
pub struct Sockets {
    clock: Arc<dyn Clock>,
    /// The TLS configuration used last: reading the platform's authorities takes milliseconds and a megabyte.
    last_tls: Mutex<Option<(TlsKey, Arc<ClientConfig>)>>,
    /// Held by whoever reads authorities: of those that wait for ever there is one, and not another with each try.
    reading: Arc<tokio::sync::Mutex<()>>,
    changes: tokio::sync::Mutex<Changes>,
}

/// What a TLS configuration was made from.
#[derive(Clone, Debug, PartialEq, Eq)]
struct TlsKey {
    ca_file: Option<PathBuf>,
    pin: Option<KeyPin>,
    changed: Option<SystemTime>,
}

impl Sockets {
    /// The network of this computer. The clock tells when to ping, and which certificates are valid.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let changes = tokio::sync::Mutex::new(Changes::new(Arc::clone(&clock)));
        Self { clock, last_tls: Mutex::new(None), reading: Arc::default(), changes }
    }

    async fn open_over(&self, endpoint: &Endpoint, step: &mut Step) -> Result<Connection, OfflineCause> {
        let server: ServerUrl = endpoint.url.parse().map_err(configuration)?;
        if !endpoint.allow_plain {
            server.refuse_plain().map_err(configuration)?;
        }
        let place = endpoint.at.clone().unwrap_or_else(|| server.place());
        *step = Step::Reaching;
        if let Some(proxy) = endpoint.proxy.for_server(&server)? {
            let tcp = proxy.dial(&place).await?;
            return self.greet(tcp, &server, endpoint, step).await;
        }
        let mut servers = Servers::of(&place.host, place.port).await?;
        let mut first_cause = None;
        loop {
            *step = Step::Reaching;
            let opened = match servers.next().await {
                Ok(tcp) => {
                    let addresses = servers.behind(&tcp);
                    let greeting = self.greet(tcp, &server, endpoint, step);
                    let opened =
                        if servers.is_empty() { Ok(greeting.await) } else { time::timeout(SERVER_LIMIT, greeting).await };
                    opened
                        .unwrap_or_else(|_| Err(step.took_too_long(SERVER_LIMIT)))
                        .map(|connection| Connection { addresses, ..connection })
                }
                Err(cause) => Err(cause),
            };
            let cause = match opened {
                Ok(connection) => return Ok(connection),
                Err(cause) => cause,
            };
            if servers.is_empty() || !another_may_serve(&cause) {
                return Err(first_cause.unwrap_or(cause));
            }
            debug!(%cause, "the next address of the server is tried");
            first_cause.get_or_insert(cause);
        }
    }

    /// Makes of a bare connection one that carries messages.
    async fn greet(
        &self,
        tcp: TcpStream,
        server: &ServerUrl,
        endpoint: &Endpoint,
        step: &mut Step,
    ) -> Result<Connection, OfflineCause> {
        let from = tcp.local_addr().ok().map(|address| address.ip());
        if !server.is_secure() {
            *step = Step::Upgrading;
            return self.upgrade(tcp, from, server, endpoint).await;
        }
        *step = Step::Securing;
        let tls = self.secure(tcp, server, endpoint).await?;
        *step = Step::Upgrading;
        self.upgrade(tls, from, server, endpoint).await
    }

    async fn secure(
        &self,
        tcp: TcpStream,
        server: &ServerUrl,
        endpoint: &Endpoint,
    ) -> Result<tokio_rustls::client::TlsStream<TcpStream>, OfflineCause> {
        let config = self.tls_config(endpoint.ca_file.clone(), endpoint.pin).await?;
        let name = ServerName::try_from(server.host().to_owned())
            .map_err(|_| OfflineCause::Configuration { fault: SetupFault::NotAServerName { name: server.host().to_owned() } })?;
        TlsConnector::from(config).connect(name, tcp).await.map_err(|error| {
            // The user may add an authority to the platform before the next try.
            *self.last_tls.lock().unwrap_or_else(PoisonError::into_inner) = None;
            tls::handshake_error(&error)
        })
    }

    async fn tls_config(&self, ca_file: Option<PathBuf>, pin: Option<KeyPin>) -> Result<Arc<ClientConfig>, OfflineCause> {
        let reading = time::timeout(AUTHORITIES_LIMIT, self.read_authorities(ca_file, pin)).await;
        // It may go better another time, unlike what the settings say.
        reading.unwrap_or_else(|_| {
            let seconds = AUTHORITIES_LIMIT.as_secs();
            let detail = format!("the certificate authorities to trust could not be read within {seconds} seconds");
            Err(OfflineCause::Unreachable { detail })
        })
    }

    async fn read_authorities(&self, ca_file: Option<PathBuf>, pin: Option<KeyPin>) -> Result<Arc<ClientConfig>, OfflineCause> {
        let alone = Arc::clone(&self.reading).lock_owned().await;
        let clock = self.clock.clone();
        let last = self.last_tls.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let reading = task::spawn_blocking(move || {
            let _alone = alone;
            let changed = ca_file.as_ref().and_then(|file| file.metadata().ok()?.modified().ok());
            let key = TlsKey { ca_file, pin, changed };
            match last {
                Some((last_key, config)) if last_key == key => Ok((key, config)),
                _ => tls::client_config(key.ca_file.as_deref(), key.pin, clock).map(|config| (key, Arc::new(config))),
            }
        });
        let broken = |_| Err(SetupFault::NoTls { detail: "reading the certificate authorities failed".into() });
        let made = reading.await.unwrap_or_else(broken);
        let (key, config) = made.map_err(|fault| OfflineCause::Configuration { fault })?;
        *self.last_tls.lock().unwrap_or_else(PoisonError::into_inner) = Some((key, config.clone()));
        Ok(config)
    }

    async fn upgrade<S>(
        &self,
        stream: S,
        from: Option<IpAddr>,
        server: &ServerUrl,
        endpoint: &Endpoint,
    ) -> Result<Connection, OfflineCause>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let socket = handshake(stream, server, endpoint).await.map_err(|error| not_upgraded(&error))?;
        let (outgoing, from_line) = mpsc::channel(OUTGOING);
        let (to_line, incoming) = mpsc::channel(INCOMING);
        let pump = Pump { socket, from, outgoing: from_line, incoming: to_line, clock: self.clock.clone() };
        #[expect(clippy::disallowed_methods, reason = "the line waits for its end: it is the end of `incoming`")]
        tokio::spawn(pump.run().in_current_span());
        Ok(Connection { outgoing, incoming, addresses: Vec::new() })
    }
}

#[async_trait]
impl Network for Sockets {
    async fn open(&self, endpoint: &Endpoint) -> Result<Connection, OfflineCause> {
        let mut step = Step::Reading;
        let opened = time::timeout(OPEN_LIMIT, self.open_over(endpoint, &mut step)).await;
        opened.unwrap_or_else(|_| Err(step.took_too_long(OPEN_LIMIT))).inspect_err(|cause| debug!(%cause, "not opened"))
    }

    async fn locate(&self, domain: &str) -> Result<Located, OfflineCause> {
        services::sip(domain).await
    }

    async fn find(&self, url: &IceUrl) -> Result<Vec<SocketAddr>, OfflineCause> {
        services::ice(url).await
    }

    async fn reach(&self, endpoint: &IceEndpoint) -> Result<IcePath, OfflineCause> {
        match endpoint.url.transport {
            IceTransport::Udp => ice::datagrams(&endpoint.url).await,
            IceTransport::Tcp => ice::stream(&endpoint.url, None).await,
            IceTransport::Tls => {
                let config = self.tls_config(endpoint.ca_file.clone(), None).await?;
                ice::stream(&endpoint.url, Some(config)).await
            }
        }
    }

    async fn inspect(&self, endpoint: &Endpoint) -> ServerFacts {
        let Ok(server) = endpoint.url.parse::<ServerUrl>() else { return ServerFacts::default() };
        let place = endpoint.at.clone().unwrap_or_else(|| server.place());
        let mut facts = ServerFacts::of(&place.host).await;
        let look = async {
            let tcp = dial::dial(&place.host, place.port).await?;
            facts.reached = tcp.peer_addr().ok();
            if server.is_secure() {
                let tls = self.secure(tcp, &server, endpoint).await?;
                facts.look_at(tls.get_ref().1);
                facts.ask_the_time(tls, &server).await;
            } else {
                facts.ask_the_time(tcp, &server).await;
            }
            Ok(())
        };
        match time::timeout(OPEN_LIMIT, look).await {
            Ok(Ok(())) => {}
            Ok(Err(cause)) => facts.trouble = Some(cause),
            // Who takes the connection and then says nothing has shown what there was to see.
            Err(_) if facts.reached.is_some() => {}
            Err(_) => facts.trouble = Some(Step::Reaching.took_too_long(OPEN_LIMIT)),
        }
        facts
    }

    async fn changed(&self) {
        self.changes.lock().await.next().await;
    }

    async fn ask(&self, request: &HttpRequest) -> Result<HttpAnswer, OfflineCause> {
        let server = request.server()?;
        let tls = self.tls_config(request.ca_file.clone(), request.pin).await?;
        request.ask(&server, ClientConfig::clone(&tls)).await.inspect_err(|cause| debug!(%cause, "not asked"))
    }

    async fn download(&self, request: &HttpRequest, to: &Path, most: u64) -> Result<(), OfflineCause> {
        let server = request.server()?;
        let tls = self.tls_config(request.ca_file.clone(), None).await?;
        request.download(&server, ClientConfig::clone(&tls), to, most).await.inspect_err(|cause| debug!(%cause, "not taken"))
    }
}

/// How far an opening has come, for the words when it takes too long.
enum Step {
    Reading,
    Reaching,
    Securing,
    Upgrading,
}

impl Step {
    fn took_too_long(&self, limit: Duration) -> OfflineCause {
        let seconds = limit.as_secs();
        match self {
            Self::Reading | Self::Reaching => OfflineCause::Unreachable { detail: format!("no answer for {seconds} seconds") },
            Self::Securing => OfflineCause::Unreachable { detail: format!("no secure connection within {seconds} seconds") },
            Self::Upgrading => OfflineCause::NotSipOverWebSocket {
                detail: format!("no answer to the request for a WebSocket for {seconds} seconds"),
            },
        }
    }
}

/// Whether another address of the same name may do better: not where the user has to look at a certificate or a setting.
fn another_may_serve(cause: &OfflineCause) -> bool {
    matches!(cause, OfflineCause::Unreachable { .. } | OfflineCause::NotSipOverWebSocket { .. })
}

async fn handshake<S>(
    stream: S,
    server: &ServerUrl,
    endpoint: &Endpoint,
) -> Result<WebSocketStream<Metered<S>>, tungstenite::Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut request = Request::get(server.to_string())
        .header("Host", server.authority())
        .header("Connection", "Upgrade")
        .header("Upgrade", "websocket")
        .header("Sec-WebSocket-Version", "13")
        .header("Sec-WebSocket-Key", generate_key())
        .header("User-Agent", USER_AGENT);
    if let Some(subprotocol) = &endpoint.subprotocol {
        request = request.header("Sec-WebSocket-Protocol", subprotocol);
    }
    if let Some(origin) = &endpoint.origin {
        request = request.header("Origin", origin);
    }
    let mut limits = WebSocketConfig::default();
    // Allocated for as long as the connection lives; SIP messages are around 1 KiB.
    limits.read_buffer_size = 4 * 1024;
    limits.write_buffer_size = 0;
    limits.max_write_buffer_size = 4 * LONGEST_MESSAGE;
    limits.max_message_size = Some(LONGEST_MESSAGE);
    limits.max_frame_size = Some(LONGEST_MESSAGE);
    let request = request.body(())?;
    let (mut socket, answer) = tokio_tungstenite::client_async_with_config(request, Metered::new(stream), Some(limits)).await?;
    // RFC 6455 section 4.1: none was asked for, and what it would do to messages nobody here undoes.
    if answer.headers().contains_key(SEC_WEBSOCKET_EXTENSIONS) {
        return Err(ProtocolError::InvalidHeader(Box::new(SEC_WEBSOCKET_EXTENSIONS)).into());
    }
    socket.get_mut().whole_message();
    Ok(socket)
}

fn configuration(error: InvalidServerUrl) -> OfflineCause {
    OfflineCause::Configuration { fault: error.into() }
}

fn not_upgraded(error: &tungstenite::Error) -> OfflineCause {
    let detail = match error {
        tungstenite::Error::Http(response) => {
            let status = response.status().as_u16();
            format!("{status}, {}", words::http_status(status))
        }
        tungstenite::Error::Io(error) => match tls::inner_error(error) {
            // TLS 1.3 servers refuse our side of the handshake only now.
            Some(fault) => return OfflineCause::Tls { fault },
            None => words::io_error(error),
        },
        tungstenite::Error::Protocol(ProtocolError::SecWebSocketSubProtocolError(error)) => match error {
            SubProtocolError::NoSubProtocol => "a WebSocket is there, but it does not agree to the sub-protocol for SIP".into(),
            SubProtocolError::InvalidSubProtocol | SubProtocolError::ServerSentSubProtocolNoneRequested => {
                "a WebSocket is there, but it speaks another sub-protocol".into()
            }
        },
        tungstenite::Error::Protocol(ProtocolError::HandshakeIncomplete) => {
            "the server closed the connection without a word".into()
        }
        tungstenite::Error::HttpFormat(_) => "it does not answer like a web server".into(),
        other => words::quoted(&other.to_string()),
    };
    OfflineCause::NotSipOverWebSocket { detail }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "each test has a server beside it")]
mod tests;
