//! Drives a [`Transport`] over UDP sockets, and over streams to relays that have no other.

use std::{
    future::poll_fn,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
    time::Duration,
};

use async_trait::async_trait;
use model::{IcePolicy, IceServer, IceTransport};
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until, timeout_at},
};

use super::{
    identity::Identity,
    lookups::Lookups,
    reading::Reading,
    servers::{ServerConfig, ServerWay},
    sockets::{self, Sockets},
    streams::{StreamEvent, Streams},
    transport::Transport,
};
use crate::{Peer, PeerError, PeerEvent, PeerSettings, PeerStatistics, Roles, RtpPacket, ServerWays, sdp::TransportDescription};

/// Largest datagram that is read; RTP and DTLS keep to an Ethernet frame.
const MAX_DATAGRAM: usize = 2_048;
/// Datagrams read in one go before events are handed on.
const BURST: usize = 16;
/// How much longer a description waits that has no candidate yet, because nothing but relays may be used.
const RELAY_PATIENCE: Duration = Duration::from_secs(2);
/// How often it looks meanwhile.
const LOOK: Duration = Duration::from_millis(20);
/// Sockets from which one server is asked.
const SOCKETS_PER_SERVER: usize = 2;

/// A connection. Everything happens inside its methods; waiting, inside `event`.
pub(crate) struct UdpPeer {
    state: Mutex<State>,
    settings: PeerSettings,
    /// Something changed that `event` waits on: a timer, a socket.
    changed: Notify,
    /// Something was gathered.
    gathered: Notify,
}

struct State {
    transport: Transport,
    sockets: Sockets,
    streams: Streams,
    /// When the running gathering must be enough.
    gather_until: Instant,
    /// Names that are still being looked up.
    lookups: Lookups,
    closed: bool,
}

impl UdpPeer {
    pub(crate) fn open(identity: Arc<Identity>, settings: PeerSettings) -> Result<Self, PeerError> {
        let at = now();
        let state = State {
            transport: Transport::new(at.into_std(), identity, settings.ice_policy)?,
            sockets: Sockets::default(),
            streams: Streams::default(),
            gather_until: at,
            lookups: Lookups::default(),
            closed: false,
        };
        let peer = Self { state: Mutex::new(state), settings, changed: Notify::new(), gathered: Notify::new() };
        peer.gather(&mut peer.state())?;
        Ok(peer)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic while it was held would be a bug of ours; the state itself is a machine's and stays usable.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes whether the machine still has the address that the path in use leaves from.
    pub(super) fn look_at_base(&self, is_ours: impl Fn(IpAddr) -> bool) {
        let mut state = self.state();
        if let Some(base) = state.transport.base_in_use() {
            state.transport.base_is_there(is_ours(base.ip()));
            self.changed.notify_one();
        }
    }

    /// Waits for names that are looked up, and asks the servers that are found.
    async fn lookups(&self) {
        poll_fn(|context| {
            let mut state = self.state();
            let (server, found) = std::task::ready!(state.lookups.poll(context));
            state.on_found(now(), &server, found);
            Poll::Ready(())
        })
        .await;
    }

    /// Waits for the streams, and takes what they have.
    async fn streams(&self) {
        poll_fn(|context| {
            let mut state = self.state();
            let mut heard = Poll::Pending;
            for _ in 0..BURST {
                let Poll::Ready(event) = state.streams.poll(context) else { break };
                state.on_stream(now(), event);
                heard = Poll::Ready(());
            }
            heard
        })
        .await;
    }

    /// Binds sockets and begins to ask the servers.
    fn gather(&self, state: &mut State) -> Result<(), PeerError> {
        let at = now();
        state.gather_until = at + self.settings.gather_for;
        for address in state.sockets.bind(self.settings.loopback)? {
            state.transport.add_socket(address);
        }
        if self.settings.ice_policy != IcePolicy::HostOnly {
            for server in &self.settings.ice_servers {
                state.ask(at, server, &self.settings.server_ways);
            }
        }
        Ok(())
    }
}

impl State {
    fn ask(&mut self, now: Instant, server: &IceServer, ways: &Arc<dyn ServerWays>) {
        let url = &server.url;
        if url.transport != IceTransport::Udp {
            return self.streams.begin(ways, server);
        }
        match url.host.parse::<IpAddr>() {
            Ok(ip) => self.ask_at(now, server, SocketAddr::new(ip, url.port())),
            Err(_) => self.lookups.begin(ways, server),
        }
    }

    fn on_found(&mut self, now: Instant, server: &IceServer, found: Result<Vec<SocketAddr>, String>) {
        match found {
            Ok(addresses) => addresses.into_iter().for_each(|address| self.ask_at(now, server, address)),
            Err(why) => self.transport.note(format!("{}: {why}", server.url)),
        }
    }

    fn ask_at(&mut self, now: Instant, server: &IceServer, address: SocketAddr) {
        let reaches =
            |local: &SocketAddr| local.is_ipv4() == address.is_ipv4() && local.ip().is_loopback() == address.ip().is_loopback();
        let locals: Vec<SocketAddr> = self.transport.sockets().iter().copied().filter(reaches).take(SOCKETS_PER_SERVER).collect();
        for local in locals {
            let (relay, way) = (server.url.relays.then(|| credentials(server)), ServerWay::Datagrams);
            self.transport.add_server(now.into_std(), ServerConfig { local, server: address, relay, way });
        }
    }

    fn flush(&mut self) {
        while let Some(datagram) = self.transport.poll_datagram() {
            if !self.streams.send(datagram.local, &datagram.bytes) {
                self.sockets.send(datagram.local, datagram.remote, &datagram.bytes);
            }
        }
        self.sockets.retain(|socket| self.transport.uses(socket));
        self.streams.retain(|local| self.transport.uses(local));
    }

    fn is_gathered(&self) -> bool {
        self.lookups.is_empty() && !self.streams.are_opening() && self.transport.is_gathered()
    }

    fn on_stream(&mut self, now: Instant, event: StreamEvent) {
        match event {
            StreamEvent::Opened { server, local, remote } => {
                let (relay, way) = (Some(credentials(&server)), ServerWay::Stream);
                self.transport.add_server(now.into_std(), ServerConfig { local, server: remote, relay, way });
            }
            StreamEvent::NotOpened { server, why } => self.transport.note(format!("{}: {why}", server.url)),
            StreamEvent::Message { local, remote, bytes } => {
                self.transport.handle_datagram(now.into_std(), local, remote, &bytes);
            }
            StreamEvent::Lost { local, remote, why } => self.transport.lose_stream(local, format!("the relay {remote}: {why}")),
        }
    }
}

#[async_trait]
impl Peer for UdpPeer {
    async fn local(&self) -> Result<TransportDescription, PeerError> {
        loop {
            let gathered = self.gathered.notified();
            let until = {
                let state = self.state();
                if state.closed {
                    return Err(PeerError::System("the connection is closed".into()));
                }
                let local = state.transport.local();
                let until = state.gather_until + if local.candidates.is_empty() { RELAY_PATIENCE } else { Duration::ZERO };
                if state.is_gathered() || until <= now() {
                    return if local.candidates.is_empty() { Err(state.transport.unreachable()) } else { Ok(local) };
                }
                // The first candidate may come while there is patience, and then the wait is over.
                if state.gather_until > now() { state.gather_until } else { until.min(now() + LOOK) }
            };
            // Whichever it is, the loop looks again.
            let _ = timeout_at(until, gathered).await;
        }
    }

    async fn restart(&self) -> Result<(), PeerError> {
        let mut state = self.state();
        state.transport.restart(now().into_std())?;
        self.gather(&mut state)?;
        state.flush();
        self.changed.notify_one();
        Ok(())
    }

    async fn discard_restart(&self) {
        let mut state = self.state();
        state.transport.roll_back(now().into_std());
        state.flush();
    }

    async fn connect(&self, remote: TransportDescription, roles: Roles) -> Result<(), PeerError> {
        let mut state = self.state();
        state.transport.connect(now().into_std(), remote, roles)?;
        state.flush();
        self.changed.notify_one();
        Ok(())
    }

    async fn send(&self, packet: RtpPacket) -> Result<(), PeerError> {
        let mut state = self.state();
        let result = state.transport.send(now().into_std(), &packet);
        state.flush();
        if state.streams.have_more() {
            self.changed.notify_one();
        }
        result
    }

    async fn network_changed(&self) {
        self.look_at_base(sockets::is_ours);
    }

    async fn event(&self) -> PeerEvent {
        let mut buffer = [0_u8; MAX_DATAGRAM];
        loop {
            let changed = self.changed.notified();
            let (sockets, timer) = {
                let mut state = self.state();
                let at = now();
                if state.transport.poll_timeout().is_some_and(|due| due <= at.into_std()) {
                    state.transport.handle_timeout(at.into_std());
                }
                state.flush();
                if state.is_gathered() {
                    self.gathered.notify_waiters();
                }
                if let Some(event) = state.transport.poll_event() {
                    return event;
                }
                (state.sockets.all(), state.transport.poll_timeout())
            };
            let timer = timer.map_or_else(|| now() + Duration::from_secs(60), Instant::from_std);
            tokio::select! {
                (local, remote, length) = receive(&sockets, &mut buffer) => {
                    let mut state = self.state();
                    let at = now().into_std();
                    state.transport.handle_datagram(at, local, remote, &buffer[..length]);
                    for _ in 0..BURST {
                        let Some((local, remote, length)) = receive_now(&sockets, &mut buffer) else { break };
                        state.transport.handle_datagram(at, local, remote, &buffer[..length]);
                    }
                }
                () = self.streams() => {}
                () = self.lookups() => {}
                () = sleep_until(timer) => {}
                () = changed => {}
            }
        }
    }

    async fn statistics(&self) -> PeerStatistics {
        self.state().transport.statistics()
    }

    async fn close(&self) {
        let mut state = self.state();
        if !std::mem::replace(&mut state.closed, true) {
            state.transport.close(now().into_std());
            state.flush();
            state.streams.write_now();
        }
        self.gathered.notify_waiters();
    }
}

#[expect(clippy::disallowed_methods, reason = "the driver of the transport is where its time comes from")]
fn now() -> Instant {
    Instant::now()
}

/// User name and password for TURN.
fn credentials(server: &IceServer) -> (String, String) {
    (server.username.expose().to_owned(), server.credential.expose().to_owned())
}

/// Waits for a datagram on any of the sockets.
async fn receive(sockets: &[(SocketAddr, Arc<Reading>)], buffer: &mut [u8]) -> (SocketAddr, SocketAddr, usize) {
    poll_fn(|context| {
        for (local, socket) in sockets {
            // An error is an ICMP message about something sent earlier; ICE notices by itself whom it cannot reach.
            while let Poll::Ready(result) = socket.poll_receive(context, buffer) {
                if let Ok((length, remote)) = result {
                    return Poll::Ready((*local, remote, length));
                }
            }
        }
        Poll::Pending
    })
    .await
}

fn receive_now(sockets: &[(SocketAddr, Arc<Reading>)], buffer: &mut [u8]) -> Option<(SocketAddr, SocketAddr, usize)> {
    sockets.iter().find_map(|(local, socket)| socket.try_receive(buffer).ok().map(|(length, remote)| (*local, remote, length)))
}
