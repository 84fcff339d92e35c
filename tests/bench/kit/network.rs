//! A bad network between two phones of this process: a relay on loopback that loses and delays what passes, by a seed.
//!
//! It takes the place of the far end's address where a phone is told it; both phones then talk to the relay.

use std::{
    collections::{BTreeMap, BinaryHeap},
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use media::{
    Bell, Peer, PeerError, PeerEvent, PeerSettings, PeerStatistics, Roles, RtcRuntime, RtpPacket,
    sdp::{Candidate, TransportDescription},
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use tokio::{
    net::UdpSocket,
    task::JoinSet,
    time::{Instant, sleep_until},
};

/// How losses come.
#[derive(Clone, Copy, Debug, Default)]
pub enum Burst {
    /// Each by itself, by chance.
    #[default]
    Single,
    /// In bursts of this mean length (Gilbert's model): one in thirty is three times as long.
    Mean(f64),
    /// In bursts of exactly so many, evenly spread.
    Exactly(u32),
}

/// What is done to audio packets; everything else is only delayed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Weather {
    /// Share of lost packets.
    pub loss: f64,
    /// Length of a burst of losses, in packets.
    pub burst: Burst,
    /// Each packet takes up to so long, evenly distributed, and may overtake others.
    pub jitter: Duration,
}

/// The network; clones are the same one.
#[derive(Clone)]
pub struct BadNetwork {
    inner: Arc<dyn RtcRuntime>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    weather: Weather,
    /// Where each phone is, by its ICE user fragment.
    addresses: BTreeMap<String, SocketAddr>,
    /// Where somebody finds somebody else: by the fragments of both.
    doors: BTreeMap<(String, String), SocketAddr>,
    relays: JoinSet<()>,
}

impl BadNetwork {
    /// Fair weather over real connections.
    pub fn over(inner: Arc<dyn RtcRuntime>) -> Self {
        Self { inner, state: Arc::default() }
    }

    /// The weather from now on.
    pub fn set(&self, weather: Weather) {
        self.lock().weather = weather;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The address at which `from` reaches `to`.
    fn door(&self, from: &str, to: &str) -> io::Result<SocketAddr> {
        let known = |state: &State| state.doors.get(&(from.to_owned(), to.to_owned())).copied();
        if let Some(door) = known(&self.lock()) {
            return Ok(door);
        }
        let addresses = [from, to].map(|end| self.lock().addresses.get(end).copied());
        let [Some(from_at), Some(to_at)] = addresses else {
            return Err(io::Error::other("only phones of this process are on this network"));
        };
        let [near, far] = [bind()?, bind()?];
        let door = near.local_addr()?;
        let state = Arc::clone(&self.state);
        let mut locked = self.lock();
        locked.doors.insert((from.to_owned(), to.to_owned()), door);
        locked.doors.insert((to.to_owned(), from.to_owned()), far.local_addr()?);
        locked.relays.spawn(pass(state.clone(), Arc::clone(&near), from_at, Arc::clone(&far), to_at, 1));
        locked.relays.spawn(pass(state, far, to_at, near, from_at, 2));
        Ok(door)
    }
}

fn bind() -> io::Result<Arc<UdpSocket>> {
    let socket = std::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.set_nonblocking(true)?;
    Ok(Arc::new(UdpSocket::from_std(socket)?))
}

/// A packet on its way, the earliest first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Flying {
    due: std::cmp::Reverse<Instant>,
    bytes: Vec<u8>,
}

/// Passes what `from` says at `near` on to `to`, as if `far` had said it.
async fn pass(state: Arc<Mutex<State>>, near: Arc<UdpSocket>, from: SocketAddr, far: Arc<UdpSocket>, to: SocketAddr, seed: u64) {
    let mut random = StdRng::seed_from_u64(seed);
    let mut flying: BinaryHeap<Flying> = BinaryHeap::new();
    let mut losses = Losses::default();
    let mut buffer = [0; 2_048];
    loop {
        let landing = flying.peek().map(|first| first.due.0);
        tokio::select! {
            received = near.recv_from(&mut buffer) => {
                // An error is an ICMP message about a phone that has gone.
                let Ok((length, source)) = received else { continue };
                if source != from {
                    continue;
                }
                let weather = state.lock().unwrap_or_else(PoisonError::into_inner).weather;
                // RFC 7983: RTP and RTCP begin with 128 to 191.
                if matches!(buffer[0], 128..=191) && losses.is_lost(weather, &mut random) {
                    continue;
                }
                let due = Instant::now() + weather.jitter.mul_f64(random.random());
                flying.push(Flying { due: std::cmp::Reverse(due), bytes: buffer[..length].to_vec() });
            }
            () = sleep_until(landing.unwrap_or_else(Instant::now)), if landing.is_some() => {
                if let Some(packet) = flying.pop() {
                    // As above.
                    let _sent = far.send_to(&packet.bytes, to).await;
                }
            }
        }
    }
}

/// Decides about one packet after another.
#[derive(Default)]
struct Losses {
    losing: bool,
    /// Packets so far.
    passed: u32,
}

impl Losses {
    fn is_lost(&mut self, weather: Weather, random: &mut StdRng) -> bool {
        self.passed = self.passed.wrapping_add(1);
        self.losing = match weather.burst {
            Burst::Single => random.random_bool(weather.loss),
            Burst::Mean(length) => {
                let leave = 1.0 / length;
                random.random_bool(if self.losing { 1.0 - leave } else { weather.loss * leave / (1.0 - weather.loss) })
            }
            Burst::Exactly(length) => {
                let period = (f64::from(length) / weather.loss.max(1e-3)) as u32;
                self.passed % period.max(1) < length
            }
        };
        self.losing
    }
}

#[async_trait]
impl RtcRuntime for BadNetwork {
    async fn open(&self, settings: PeerSettings) -> Result<Box<dyn Peer>, PeerError> {
        let peer = self.inner.open(settings).await?;
        Ok(Box::new(RelayedPeer { peer, network: self.clone(), fragment: Mutex::default() }))
    }

    fn bell(&self) -> Bell {
        self.inner.bell()
    }
}

/// A peer that is told of the relay instead of the far end.
struct RelayedPeer {
    peer: Box<dyn Peer>,
    network: BadNetwork,
    /// Our user fragment.
    fragment: Mutex<String>,
}

/// The address of a phone on loopback.
fn on_loopback(candidate: &&Candidate) -> bool {
    candidate.ip().is_some_and(|ip| ip == Ipv4Addr::LOCALHOST)
}

#[async_trait]
impl Peer for RelayedPeer {
    async fn local(&self) -> Result<TransportDescription, PeerError> {
        let local = self.peer.local().await?;
        if let Some(candidate) = local.candidates.iter().find(on_loopback) {
            let address = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), candidate.port);
            self.network.lock().addresses.insert(local.ice_ufrag.clone(), address);
        }
        self.fragment.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&local.ice_ufrag);
        Ok(local)
    }

    async fn restart(&self) -> Result<(), PeerError> {
        self.peer.restart().await
    }

    async fn discard_restart(&self) {
        self.peer.discard_restart().await;
    }

    async fn connect(&self, mut remote: TransportDescription, roles: Roles) -> Result<(), PeerError> {
        let own = self.fragment.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let door = self.network.door(&own, &remote.ice_ufrag).map_err(|error| PeerError::System(error.to_string()))?;
        remote.candidates.retain(|candidate| on_loopback(&candidate));
        remote.candidates.truncate(1);
        for candidate in &mut remote.candidates {
            candidate.port = door.port();
        }
        self.peer.connect(remote, roles).await
    }

    async fn send(&self, packet: RtpPacket) -> Result<(), PeerError> {
        self.peer.send(packet).await
    }

    async fn event(&self) -> PeerEvent {
        self.peer.event().await
    }

    async fn statistics(&self) -> PeerStatistics {
        self.peer.statistics().await
    }

    async fn close(&self) {
        self.peer.close().await;
    }
}
