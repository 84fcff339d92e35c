//! The network as a seam: connections that carry messages, and HTTP.
//!
//! Who decides (a provider) asks by [`NetRequest`]; who waits (the line) does it over a [`Network`], which is the real one
//! or a test's. [`Sockets`] is the real one: DNS, proxies, TLS and WebSocket, each in its own file.

mod certificate;
mod changes;
mod dial;
mod dns;
mod frames;
mod http;
mod ice;
mod inspect;
mod keep_alive;
mod metered;
mod pin;
mod proxy;
mod pump;
mod server_url;
mod services;
mod tls;
mod words;
mod wss;

use std::{
    fmt,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use bytes::Bytes;
use model::{IceUrl, OfflineCause};
use tokio::sync::mpsc;

pub use http::{HttpAnswer, HttpMethod, HttpRequest};
pub use ice::{IceEndpoint, IcePath, IceStream, OpenStream};
pub use inspect::ServerFacts;
pub use pin::{InvalidPin, KeyPin};
pub use server_url::{AccountServer, InvalidServerUrl, ServerUrl};
pub use services::{Located, NamedServer, Place, in_order};
pub(crate) use words::quoted;
pub use wss::Sockets;

/// A provider's number of a connection; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(pub u32);

/// A provider's number of a question to a web server; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QuestionId(pub u32);

/// What a provider asks of the network. Messages tell who calls whom: `Debug` shows their size only.
pub enum NetRequest {
    /// Find the servers of a domain. `NetEvent::Located` follows, within seconds, or `Closed`.
    Locate {
        /// The number of the connection that is wanted, which is not opened by that.
        connection: ConnectionId,
        /// The domain.
        domain: String,
    },
    /// Open a connection. `NetEvent::Opened` or `Closed` follows.
    Open {
        /// Its number from now on.
        connection: ConnectionId,
        /// Where to.
        endpoint: Box<Endpoint>,
    },
    /// Send one message.
    Send {
        /// Where.
        connection: ConnectionId,
        /// One whole message.
        message: Bytes,
    },
    /// Ask the far end for a sign of life now; `Closed` follows when none comes within three seconds, and at once when
    /// the connection left from an address that this computer no longer has.
    Probe {
        /// Which.
        connection: ConnectionId,
    },
    /// Close in good order. No event follows.
    Close {
        /// Which.
        connection: ConnectionId,
    },
    /// Ask a web server. `NetEvent::Answered` follows.
    Ask {
        /// Its number from now on.
        question: QuestionId,
        /// What.
        request: Box<HttpRequest>,
    },
}

/// What the network tells a provider. `Debug` shows the size of messages only.
pub enum NetEvent {
    /// The servers of a domain are known.
    Located {
        /// For which connection.
        connection: ConnectionId,
        /// They.
        located: Located,
    },
    /// The connection is open.
    Opened {
        /// Which.
        connection: ConnectionId,
        /// See [`Connection::addresses`].
        addresses: Vec<Place>,
    },
    /// One whole message arrived.
    Received {
        /// Where.
        connection: ConnectionId,
        /// The message.
        message: Bytes,
    },
    /// The connection could not be opened, or is gone. Its last event.
    Closed {
        /// Which.
        connection: ConnectionId,
        /// Why, in words for the user.
        cause: OfflineCause,
    },
    /// A web server answered, or could not be asked.
    Answered {
        /// Which question.
        question: QuestionId,
        /// What it said, whatever its status.
        answer: Result<HttpAnswer, OfflineCause>,
    },
}

/// Where a WebSocket connection goes and what it may trust. Its query may hold a token: `Debug` leaves it out.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// `wss://host[:port]/path?query` or `ws://…`.
    pub url: String,
    /// Where that server is, when it is not to be looked for by the URL's own host and port: its certificate is that of the
    /// URL all the same, for DNS can be lied about (RFC 5922 section 4).
    pub at: Option<Place>,
    /// WebSocket sub-protocol, `sip` (RFC 7118 section 4.1); none for the CTI of XiVO.
    pub subprotocol: Option<String>,
    /// What a browser would say of where its page is from (RFC 6454 section 7); none by nature.
    pub origin: Option<String>,
    /// PEM file with further authorities to trust, beside those of the platform.
    pub ca_file: Option<PathBuf>,
    /// The only public key the server may have; any that is vouched for when there is none.
    pub pin: Option<KeyPin>,
    /// Allows `ws://` to other hosts than loopback.
    pub allow_plain: bool,
    /// HTTP proxy to go through.
    pub proxy: Proxy,
}

/// How a proxy is chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Proxy {
    /// What the system says (`HTTPS_PROXY`, `NO_PROXY`).
    #[default]
    System,
    /// None.
    Direct,
    /// This one: `http://[user:password@]host:port`.
    Url(model::Secret),
}

impl Proxy {
    /// As settings write it: the system's when empty, none when `direct`.
    pub fn named(text: &str) -> Self {
        match text.trim() {
            "" => Self::System,
            "direct" => Self::Direct,
            url => Self::Url(model::Secret::new(url)),
        }
    }
}

/// What goes into an open connection. `Debug` shows the size of messages only.
#[derive(Clone, PartialEq, Eq)]
pub enum Outgoing {
    /// One whole message.
    Message(Bytes),
    /// A sign of life is wanted within three seconds, see [`NetRequest::Probe`].
    Probe,
}

/// An open connection: two queues, and closing is dropping `outgoing`.
#[derive(Debug)]
pub struct Connection {
    /// What to send. Bounded: a peer that does not read costs the connection, it does not fill our memory.
    pub outgoing: mpsc::Sender<Outgoing>,
    /// Messages as they arrive. An `Err` is the last item and says why the connection is gone.
    pub incoming: mpsc::Receiver<Result<Bytes, OfflineCause>>,
    /// The address it goes to, and then the other ones of the same host that were not tried, in the order to try them. None
    /// where a proxy alone knows them.
    pub addresses: Vec<Place>,
}

/// The network; one of the seams of the world.
#[async_trait]
pub trait Network: Send + Sync {
    /// Finds the servers of a domain for SIP over secure WebSocket; within three seconds. None leaves the domain itself; an
    /// error says that the domain has decidedly none. A network without DNS knows no others.
    async fn locate(&self, _domain: &str) -> Result<Located, OfflineCause> {
        Ok(Located::default())
    }

    /// Finds the addresses of a STUN or TURN server, in the order to ask them; within seconds. A network that carries messages
    /// only has none.
    async fn find(&self, _url: &IceUrl) -> Result<Vec<SocketAddr>, OfflineCause> {
        Err(OfflineCause::Unreachable { detail: "this network leads to no such servers".into() })
    }

    /// Opens a connection; within ten seconds, or the cause why not.
    async fn open(&self, endpoint: &Endpoint) -> Result<Connection, OfflineCause>;

    /// Opens a way to a STUN or TURN server, for a trial or a call; whoever asks has the patience. A network that carries messages
    /// only has none.
    async fn reach(&self, _endpoint: &IceEndpoint) -> Result<IcePath, OfflineCause> {
        Err(OfflineCause::Unreachable { detail: "this network leads to no such servers".into() })
    }

    /// Looks at the server of a connection without opening one: its addresses, its certificate, its clock. A network that
    /// carries messages only sees nothing.
    async fn inspect(&self, _endpoint: &Endpoint) -> ServerFacts {
        ServerFacts::default()
    }

    /// Waits until this computer came to another network, or woke from sleep. One task asks, and goes on asking:
    /// what happens while nobody does is told late, or not at all. A network that never changes waits for ever.
    async fn changed(&self) {
        std::future::pending().await
    }

    /// Asks a web server; within ten seconds, or the cause why it cannot be asked. Redirections are not followed: who is
    /// asked is given secrets.
    async fn ask(&self, request: &HttpRequest) -> Result<HttpAnswer, OfflineCause>;

    /// Takes a large answer of a web server into a file, `most` bytes of it; whoever asks has the patience. Redirections are
    /// followed to other `https://` addresses: nothing secret is sent, and what comes is looked at by its signature.
    async fn download(&self, _request: &HttpRequest, _to: &Path, _most: u64) -> Result<(), OfflineCause> {
        Err(OfflineCause::Unreachable { detail: "this network leads to no such servers".into() })
    }
}

impl fmt::Debug for NetRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Locate { connection, domain: _ } => write!(f, "Locate({})", connection.0),
            Self::Open { connection, endpoint: _ } => write!(f, "Open({})", connection.0),
            Self::Send { connection, message } => write!(f, "Send({}, {} bytes)", connection.0, message.len()),
            Self::Probe { connection } => write!(f, "Probe({})", connection.0),
            Self::Close { connection } => write!(f, "Close({})", connection.0),
            Self::Ask { question, request: _ } => write!(f, "Ask({})", question.0),
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint").field("url", &self.url.split('?').next()).finish_non_exhaustive()
    }
}

impl fmt::Debug for NetEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Located { connection, located } => write!(f, "Located({}, {})", connection.0, located.servers.len()),
            Self::Opened { connection, addresses: _ } => write!(f, "Opened({})", connection.0),
            Self::Received { connection, message } => write!(f, "Received({}, {} bytes)", connection.0, message.len()),
            Self::Closed { connection, cause } => write!(f, "Closed({}, {cause})", connection.0),
            Self::Answered { question, answer: Ok(answer) } => write!(f, "Answered({}, {})", question.0, answer.status),
            Self::Answered { question, answer: Err(cause) } => write!(f, "Answered({}, {cause})", question.0),
        }
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(message) => write!(f, "Message({} bytes)", message.len()),
            Self::Probe => f.write_str("Probe"),
        }
    }
}
