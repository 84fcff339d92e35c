//! The way to a STUN or TURN server: datagrams, TCP or TLS, carrying whole STUN messages.

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc};

use model::{IceUrl, OfflineCause, SetupFault};
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpStream, UdpSocket},
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{dial::Servers, services, tls, words};

/// A STUN header with the length of what follows (RFC 8489 section 5).
const HEADER: usize = 20;

/// Longest message taken from a server; theirs have a few hundred bytes.
const LONGEST: usize = 4096;

/// An open way to a server.
#[derive(Debug)]
pub enum IcePath {
    /// A socket that hears only the server.
    Udp(UdpSocket),
    /// A stream.
    Tcp(TcpStream),
    /// A secured stream.
    Tls(Box<TlsStream<TcpStream>>),
}

/// Bytes to a server and back.
pub trait IceStream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<Any: AsyncRead + AsyncWrite + Send + Unpin> IceStream for Any {}

/// A stream with both its ends.
pub struct OpenStream {
    /// TCP, or what TLS makes of it.
    pub io: Box<dyn IceStream>,
    /// Our end.
    pub local: SocketAddr,
    /// The server's.
    pub remote: SocketAddr,
}

/// Where a server is, and what it may be trusted by.
#[derive(Clone, Debug)]
pub struct IceEndpoint {
    /// The server.
    pub url: IceUrl,
    /// PEM file with further authorities to trust, beside those of the platform.
    pub ca_file: Option<PathBuf>,
}

impl IcePath {
    /// Turns a way of datagrams to another server, from the same port.
    ///
    /// # Errors
    /// When there is no way to it, or this one is a stream.
    pub async fn turn_to(&mut self, url: &IceUrl) -> Result<(), OfflineCause> {
        let Self::Udp(socket) = self else {
            return Err(OfflineCause::Unreachable { detail: "a stream leads to one server".into() });
        };
        let is_ipv6 = socket.local_addr().is_ok_and(|local| local.is_ipv6());
        let address = services::ice(url).await?.into_iter().find(|address| address.is_ipv6() == is_ipv6);
        let address = address.ok_or_else(|| OfflineCause::NameNotFound { host: words::quoted(&url.host) })?;
        let turned = socket.connect(address).await;
        turned.map_err(|error| OfflineCause::Unreachable { detail: words::io_error(&error) })
    }

    /// Our end of a way of datagrams; none where it is a stream.
    pub fn local(&self) -> Option<SocketAddr> {
        match self {
            Self::Udp(socket) => socket.local_addr().ok(),
            Self::Tcp(_) | Self::Tls(_) => None,
        }
    }

    /// Sends one message.
    ///
    /// # Errors
    /// In words, when the way is gone.
    pub async fn send(&mut self, message: &[u8]) -> Result<(), String> {
        let sent = match self {
            Self::Udp(socket) => socket.send(message).await.map(drop),
            Self::Tcp(stream) => stream.write_all(message).await,
            Self::Tls(stream) => write(&mut **stream, message).await,
        };
        sent.map_err(|error| words::io_error(&error))
    }

    /// The stream itself, for whoever takes messages apart by himself; none where there are datagrams.
    ///
    /// # Errors
    /// In words, when it is closed already.
    pub fn into_stream(self) -> Result<Option<OpenStream>, String> {
        let ends = |tcp: &TcpStream| Ok((tcp.local_addr()?, tcp.peer_addr()?));
        let in_words = |error: io::Error| words::io_error(&error);
        match self {
            Self::Udp(_) => Ok(None),
            Self::Tcp(stream) => {
                let (local, remote) = ends(&stream).map_err(in_words)?;
                Ok(Some(OpenStream { io: Box::new(stream), local, remote }))
            }
            Self::Tls(stream) => {
                let (local, remote) = ends(stream.get_ref().0).map_err(in_words)?;
                Ok(Some(OpenStream { io: stream, local, remote }))
            }
        }
    }

    /// The next message. Over a stream not cancel-safe: the message that was begun is lost, and the way with it.
    ///
    /// # Errors
    /// In words, when the way is gone or carries something else than STUN.
    pub async fn receive(&mut self) -> Result<Vec<u8>, String> {
        match self {
            Self::Udp(socket) => {
                let mut message = vec![0; LONGEST];
                let length = socket.recv(&mut message).await.map_err(|error| words::io_error(&error))?;
                message.truncate(length);
                Ok(message)
            }
            Self::Tcp(stream) => read(stream).await,
            Self::Tls(stream) => read(&mut **stream).await,
        }
    }
}

/// Opens datagrams to the first address of the server that this computer has a way to.
pub(super) async fn datagrams(url: &IceUrl) -> Result<IcePath, OfflineCause> {
    let mut first_error = None;
    for address in services::ice(url).await? {
        match connected(address).await {
            Ok(socket) => return Ok(IcePath::Udp(socket)),
            Err(error) => {
                first_error.get_or_insert(error);
            }
        }
    }
    let error = first_error.unwrap_or_else(|| io::ErrorKind::HostUnreachable.into());
    Err(OfflineCause::Unreachable { detail: words::io_error(&error) })
}

async fn connected(server: SocketAddr) -> io::Result<UdpSocket> {
    let any = if server.is_ipv6() { "[::]:0" } else { "0.0.0.0:0" };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(server).await?;
    Ok(socket)
}

/// Opens a stream, secured when there is a configuration for that.
pub(super) async fn stream(url: &IceUrl, config: Option<Arc<ClientConfig>>) -> Result<IcePath, OfflineCause> {
    let tcp = Servers::at(services::ice(url).await?).next().await?;
    let Some(config) = config else { return Ok(IcePath::Tcp(tcp)) };
    let name = ServerName::try_from(url.host.clone())
        .map_err(|_| OfflineCause::Configuration { fault: SetupFault::NotAServerName { name: url.host.clone() } })?;
    // What is spoken inside is no HTTP (RFC 7443 names it, and few servers ask).
    let mut config = ClientConfig::clone(&config);
    config.alpn_protocols = vec![b"stun.turn".to_vec()];
    let connected = TlsConnector::from(Arc::new(config)).connect(name, tcp).await;
    Ok(IcePath::Tls(Box::new(connected.map_err(|error| tls::handshake_error(&error))?)))
}

async fn write(stream: &mut (impl AsyncWrite + Unpin), message: &[u8]) -> io::Result<()> {
    stream.write_all(message).await?;
    stream.flush().await
}

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Result<Vec<u8>, String> {
    let mut message = vec![0; HEADER];
    stream.read_exact(&mut message).await.map_err(|error| words::io_error(&error))?;
    let length = usize::from(u16::from_be_bytes([message[2], message[3]]));
    // The first two bits of STUN are zero, and its lengths are whole words.
    if message[0] & 0xc0 != 0 || length % 4 != 0 || HEADER + length > LONGEST {
        return Err("what answers there speaks no STUN".into());
    }
    message.resize(HEADER + length, 0);
    stream.read_exact(&mut message[HEADER..]).await.map_err(|error| words::io_error(&error))?;
    Ok(message)
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the test has a server beside it")]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn streams_carry_whole_messages_and_nothing_else() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let message = [&[0, 1, 0, 4], &[7; 16][..], &[1, 2, 3, 4]].concat();
        let sent = [message.clone(), message.clone(), b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()].concat();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("somebody calls");
            for piece in sent.chunks(7) {
                stream.write_all(piece).await.expect("it is read");
            }
        });
        let url: IceUrl = format!("turn:127.0.0.1:{port}?transport=tcp").parse().expect("a url");
        let mut path = stream(&url, None).await.expect("it listens");
        assert_eq!(path.receive().await, Ok(message.clone()));
        assert_eq!(path.receive().await, Ok(message));
        assert_eq!(path.receive().await, Err("what answers there speaks no STUN".into()));
        server.await.expect("it ends");
    }

    #[tokio::test]
    async fn a_name_without_an_address_is_told() {
        let url: IceUrl = "stun:nowhere.invalid".parse().expect("a url");
        let refused = datagrams(&url).await.expect_err("there is no such name");
        assert_eq!(refused, OfflineCause::NameNotFound { host: "nowhere.invalid".into() });
    }
}
