//! STUN and TURN servers (RFC 8489, RFC 8656) as a machine: which addresses they give us, and what passes through them.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::BytesMut;
use rtc::{
    crypto::RTCCryptoProvider,
    sansio::Protocol as _,
    shared::{TaggedBytesMut, TransportContext, TransportProtocol, error::Error},
    stun::{
        error_code::ErrorCodeAttribute,
        message::{CLASS_ERROR_RESPONSE, Getter, Message},
    },
    turn::client::{Client, ClientConfig, Event},
};

/// A server that is asked from one socket, or over one stream.
pub(crate) struct ServerConfig {
    pub local: SocketAddr,
    pub server: SocketAddr,
    /// TURN credentials; none for STUN.
    pub relay: Option<(String, String)>,
    pub way: ServerWay,
}

/// How a server is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ServerWay {
    Datagrams,
    /// Its requests are not lost, and where it sees us from is of no use to anybody else.
    Stream,
}

/// What servers bring.
#[derive(Debug, PartialEq)]
pub(crate) enum ServerEvent {
    /// How a socket of ours (second) looks from outside (first).
    Reflexive(SocketAddr, SocketAddr),
    /// A relay's address, and the socket of ours behind it.
    Relayed(SocketAddr, SocketAddr),
    /// A datagram of `remote` that came through a relay.
    Data { relayed: SocketAddr, remote: SocketAddr, bytes: BytesMut },
    /// A server refused, in words.
    Refused(String),
    /// A relay does not take the user name or password: its address, the error.
    WrongCredential(SocketAddr, u16),
}

/// Every server that is asked.
pub(crate) struct Servers {
    crypto: Arc<dyn RTCCryptoProvider>,
    clients: Vec<ServerClient>,
    events: VecDeque<ServerEvent>,
}

struct ServerClient {
    client: Client,
    local: SocketAddr,
    server: SocketAddr,
    relayed: Option<SocketAddr>,
    /// The error of its latest answer, which the client tells as a text only.
    error: Option<u16>,
    /// Answers that are still missing before gathering here is complete.
    waiting: u8,
    /// Who was asked to be let through, and when.
    asked_for: Vec<(SocketAddr, Instant)>,
}

/// Time between the first repetitions of a request; the server's whole answer must fit into the capped gathering.
const REPEAT: Duration = Duration::from_millis(60);
/// The same over a stream, which repeats by itself (RFC 8489 section 6.2.2): when nothing came by then, nothing will.
const REPEAT_OVER_STREAM: Duration = Duration::from_secs(5);
/// A relay is asked to let somebody through again no sooner than this: the request is repeated by itself, and there is a datagram for
/// that address every few milliseconds.
const ASK_AGAIN: Duration = Duration::from_secs(1);

impl Servers {
    pub(crate) fn new(crypto: Arc<dyn RTCCryptoProvider>) -> Self {
        Self { crypto, clients: Vec::new(), events: VecDeque::new() }
    }

    /// Begins to ask a server.
    pub(crate) fn add(&mut self, now: Instant, config: ServerConfig) -> Result<(), Error> {
        let ServerConfig { local, server, relay, way } = config;
        if self.clients.iter().any(|client| (client.local, client.server) == (local, server)) {
            return Ok(());
        }
        let allocates = relay.is_some();
        let (username, password) = relay.unwrap_or_default();
        let repeat = match way {
            ServerWay::Datagrams => REPEAT,
            ServerWay::Stream => REPEAT_OVER_STREAM,
        };
        let config = ClientConfig {
            stun_serv_addr: server.to_string(),
            turn_serv_addr: if allocates { server.to_string() } else { String::new() },
            local_addr: local,
            transport_protocol: TransportProtocol::UDP,
            username,
            password,
            rto_in_ms: repeat.as_millis() as u64,
            ..ClientConfig::default()
        };
        let mut client = Client::new(config, Arc::clone(&self.crypto))?;
        let mut waiting = 0;
        if way == ServerWay::Datagrams {
            client.send_binding_request(now)?;
            waiting += 1;
        }
        if allocates {
            client.allocate(now)?;
            waiting += 1;
        }
        self.clients.push(ServerClient { client, local, server, relayed: None, error: None, waiting, asked_for: Vec::new() });
        Ok(())
    }

    /// Our end of the way to the relay that has `relayed`.
    pub(crate) fn base_of(&self, relayed: SocketAddr) -> Option<SocketAddr> {
        self.clients.iter().find(|client| client.relayed == Some(relayed)).map(|client| client.local)
    }

    /// Whether every server has answered or was given up.
    pub(crate) fn is_complete(&self) -> bool {
        self.clients.iter().all(|client| client.waiting == 0)
    }

    /// Takes a datagram when it comes from a server that was asked from `local`.
    pub(crate) fn handle_datagram(&mut self, now: Instant, local: SocketAddr, remote: SocketAddr, bytes: &[u8]) -> bool {
        let Some(client) = self.clients.iter_mut().find(|client| (client.local, client.server) == (local, remote)) else {
            return false;
        };
        client.error = error_of(bytes);
        let message = TaggedBytesMut { now, transport: context(local, remote), message: BytesMut::from(bytes) };
        if let Err(error) = client.client.handle_read(message) {
            tracing::debug!(%error, "a server's message was not understood");
        }
        self.collect();
        true
    }

    /// Sends through the relay that has `relayed`; the first datagram to a new address only asks for permission, and is
    /// lost as on a network (checks are repeated). False when there is no such relay.
    pub(crate) fn send(&mut self, now: Instant, relayed: SocketAddr, remote: SocketAddr, bytes: &[u8]) -> bool {
        let Some(client) = self.clients.iter_mut().find(|client| client.relayed == Some(relayed)) else { return false };
        let asked_for = &mut client.asked_for;
        let sent = client.client.relay(relayed).and_then(|mut relay| match relay.send_to(now, bytes, remote) {
            Err(Error::ErrNoPermission) => {
                asked_for.retain(|(_, at)| now.saturating_duration_since(*at) < ASK_AGAIN);
                if asked_for.iter().any(|(address, _)| *address == remote) {
                    return Ok(());
                }
                asked_for.push((remote, now));
                relay.create_permission(now, remote).map(drop)
            }
            result => result,
        });
        if let Err(error) = sent {
            tracing::debug!(%error, "a datagram did not pass the relay");
        }
        true
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        for client in &mut self.clients {
            if client.client.poll_timeout().is_some_and(|at| at <= now)
                && let Err(error) = client.client.handle_timeout(now)
            {
                tracing::debug!(%error, "a server's timer failed");
            }
        }
        self.collect();
    }

    pub(crate) fn poll_timeout(&mut self) -> Option<Instant> {
        self.clients.iter_mut().filter_map(|client| client.client.poll_timeout()).min()
    }

    pub(crate) fn poll_datagram(&mut self) -> Option<(SocketAddr, SocketAddr, BytesMut)> {
        let sent = self.clients.iter_mut().find_map(|client| client.client.poll_write())?;
        Some((sent.transport.local_addr, sent.transport.peer_addr, sent.message))
    }

    pub(crate) fn poll_event(&mut self) -> Option<ServerEvent> {
        self.events.pop_front()
    }

    /// Gives the relays behind some sockets back. What is to be sent for it must be sent before the next call.
    pub(crate) fn close(&mut self, now: Instant, sockets: &[SocketAddr]) {
        for client in self.clients.iter_mut().filter(|client| sockets.contains(&client.local)) {
            client.waiting = 0;
            if let Some(relayed) = client.relayed.take()
                && let Err(error) = client.client.relay(relayed).and_then(|mut relay| relay.close(now))
            {
                tracing::debug!(%error, "a relay was not given back");
            }
        }
    }

    /// Forgets servers that were asked from some sockets.
    pub(crate) fn forget(&mut self, sockets: &[SocketAddr]) {
        self.clients.retain(|client| !sockets.contains(&client.local));
    }

    fn collect(&mut self) {
        for client in &mut self.clients {
            let ServerClient { local, server, error: code, .. } = *client;
            while let Some(event) = client.client.poll_event() {
                let done = match event {
                    Event::BindingResponse(_, address) => Some(ServerEvent::Reflexive(address, local)),
                    Event::AllocateResponse(_, relayed) => {
                        client.relayed = Some(relayed);
                        Some(ServerEvent::Relayed(relayed, local))
                    }
                    Event::AllocateError(_, error) => Some(match code {
                        // Unauthenticated, or another user's (RFC 8656 section 5).
                        Some(wrong @ (401 | 441)) => ServerEvent::WrongCredential(server, wrong),
                        _ => ServerEvent::Refused(format!("the relay {server} refused: {error}")),
                    }),
                    Event::BindingError(_, error) => {
                        Some(ServerEvent::Refused(format!("the STUN server {server} refused: {error}")))
                    }
                    Event::TransactionTimeout(_) => Some(ServerEvent::Refused(format!("the server {server} did not answer"))),
                    Event::DataIndicationOrChannelData(_, remote, bytes) => {
                        if let Some(relayed) = client.relayed {
                            self.events.push_back(ServerEvent::Data { relayed, remote, bytes });
                        }
                        None
                    }
                    _ => None,
                };
                if let Some(event) = done {
                    client.waiting = client.waiting.saturating_sub(1);
                    self.events.push_back(event);
                }
            }
        }
    }
}

/// The error that a message of STUN tells (RFC 8489 section 14.8).
fn error_of(bytes: &[u8]) -> Option<u16> {
    let mut message = Message { raw: bytes.to_vec(), ..Message::default() };
    let mut error = ErrorCodeAttribute::default();
    message.decode().ok()?;
    (message.typ.class == CLASS_ERROR_RESPONSE && error.get_from(&message).is_ok()).then_some(error.code.0)
}

fn context(local_addr: SocketAddr, peer_addr: SocketAddr) -> TransportContext {
    TransportContext { local_addr, peer_addr, transport_protocol: TransportProtocol::UDP, ecn: None }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "an Instant of the RTC crates can be had in no other way")]
mod tests {
    use rtc::stun::{
        attributes::{ATTR_ERROR_CODE, ATTR_LIFETIME, ATTR_NONCE, ATTR_REALM, ATTR_USERNAME, ATTR_XOR_RELAYED_ADDRESS},
        message::{CLASS_SUCCESS_RESPONSE, METHOD_ALLOCATE, MessageType},
        xoraddr::XorMappedAddress,
    };

    use super::*;

    /// The server's refusal of what was asked last.
    fn refusal(asked: &[u8], code: u16) -> Vec<u8> {
        let mut request = Message { raw: asked.to_vec(), ..Message::default() };
        request.decode().expect("our own message");
        assert_eq!(request.typ.method, METHOD_ALLOCATE);
        let mut message = Message::new();
        message.transaction_id = request.transaction_id;
        message.typ = MessageType::new(METHOD_ALLOCATE, CLASS_ERROR_RESPONSE);
        message.write_header();
        let (class, number) = ((code / 100) as u8, (code % 100) as u8);
        message.add(ATTR_ERROR_CODE, &[&[0, 0, class, number], &b"no"[..]].concat());
        message.add(ATTR_REALM, b"realm");
        message.add(ATTR_NONCE, b"nonce");
        message.raw
    }

    /// The server's grant of what was asked last.
    fn allocation(asked: &[u8], relayed: SocketAddr) -> Vec<u8> {
        let mut request = Message { raw: asked.to_vec(), ..Message::default() };
        request.decode().expect("our own message");
        let mut message = Message::new();
        message.transaction_id = request.transaction_id;
        message.typ = MessageType::new(METHOD_ALLOCATE, CLASS_SUCCESS_RESPONSE);
        message.write_header();
        let address = XorMappedAddress { ip: relayed.ip(), port: relayed.port() };
        address.add_to_as(&mut message, ATTR_XOR_RELAYED_ADDRESS).expect("there is room");
        message.add(ATTR_LIFETIME, &600_u32.to_be_bytes());
        message.raw
    }

    /// What comes of a relay that refuses first without, then with the password.
    fn refused_with(code: u16) -> Option<ServerEvent> {
        let crypto = rtc::crypto::default_provider().expect("cryptography");
        let (local, server) = (SocketAddr::from(([192, 0, 2, 1], 4000)), SocketAddr::from(([192, 0, 2, 9], 3478)));
        let now = Instant::now();
        let mut servers = Servers::new(crypto);
        let relay = Some(("phone".to_owned(), "wrong".to_owned()));
        servers.add(now, ServerConfig { local, server, relay, way: ServerWay::Stream }).expect("it can be asked");
        let (_, _, plain) = servers.poll_datagram().expect("it is asked");
        assert!(servers.handle_datagram(now, local, server, &refusal(&plain, 401)));
        assert_eq!(servers.poll_event(), None, "it wants the password, no more");
        let (_, _, signed) = servers.poll_datagram().expect("it is asked with the password");
        let mut request = Message { raw: signed.to_vec(), ..Message::default() };
        request.decode().expect("our own message");
        assert!(request.contains(ATTR_USERNAME));
        servers.handle_datagram(now, local, server, &refusal(&signed, code));
        assert!(servers.is_complete());
        servers.poll_event()
    }

    #[test]
    fn a_relay_that_does_not_take_the_password_is_told_from_one_that_has_no_room() {
        let server = SocketAddr::from(([192, 0, 2, 9], 3478));
        for code in [401, 441] {
            assert_eq!(refused_with(code), Some(ServerEvent::WrongCredential(server, code)));
        }
        assert!(matches!(refused_with(486), Some(ServerEvent::Refused(words)) if words.contains("486")));
    }

    #[test]
    fn a_relay_that_is_silent_is_not_stormed_for_its_permission() {
        let crypto = rtc::crypto::default_provider().expect("cryptography");
        let (local, server) = (SocketAddr::from(([192, 0, 2, 1], 4000)), SocketAddr::from(([192, 0, 2, 9], 3478)));
        let relayed = SocketAddr::from(([192, 0, 2, 9], 50_000));
        let mut now = Instant::now();
        let mut servers = Servers::new(crypto);
        let relay = Some(("phone".to_owned(), "secret".to_owned()));
        servers.add(now, ServerConfig { local, server, relay, way: ServerWay::Stream }).expect("it can be asked");
        let (_, _, plain) = servers.poll_datagram().expect("it is asked");
        servers.handle_datagram(now, local, server, &refusal(&plain, 401));
        let (_, _, signed) = servers.poll_datagram().expect("it is asked with the password");
        servers.handle_datagram(now, local, server, &allocation(&signed, relayed));
        assert_eq!(servers.poll_event(), Some(ServerEvent::Relayed(relayed, local)));
        let remotes = [SocketAddr::from(([198, 51, 100, 1], 1)), SocketAddr::from(([198, 51, 100, 1], 2))];
        for _ in 0..90 {
            for remote in remotes {
                assert!(servers.send(now, relayed, remote, b"a check"));
            }
            now += Duration::from_millis(10);
        }
        let asked = std::iter::from_fn(|| servers.poll_datagram()).count();
        assert_eq!(asked, 2, "once for each");
        now += ASK_AGAIN;
        assert!(servers.send(now, relayed, remotes[0], b"a check") && servers.poll_datagram().is_some(), "and again in a while");
    }
}
