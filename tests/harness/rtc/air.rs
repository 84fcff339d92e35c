//! What lies between the peers.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use media::{PeerError, PeerEvent, RtpPacket, sdp::TransportDescription};
use model::{CandidateKind, CandidatePair, Clock, IceServer, Instant, MediaFault};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use tokio::sync::Notify;

use super::{FAILED_AFTER, INTERRUPTED_AFTER, IceServers, PATIENCE};

/// How packets fare between any two peers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Path {
    /// One way.
    pub delay: Duration,
    /// Up to this much more, evenly spread: packets overtake one another.
    pub jitter: Duration,
    /// Share of packets that never arrive.
    pub loss: f64,
    /// Share of packets that arrive twice.
    pub twice: f64,
}

/// All peers of a scenario and the paths between them. Clones are the same air.
#[derive(Clone)]
pub struct Air {
    pub(super) clock: Arc<dyn Clock>,
    state: Arc<Mutex<State>>,
}

struct State {
    random: StdRng,
    path: Path,
    peers: BTreeMap<u32, Station>,
    numbered: u32,
    cut: BTreeSet<String>,
    /// Owners whom no packet reaches, while their own arrive and the path looks well.
    deaf: BTreeSet<String>,
    without_sockets: BTreeSet<String>,
    /// How the servers of machines are, where they are not well.
    servers_are: BTreeMap<String, IceServers>,
    /// The STUN and TURN servers that a machine's newest peer was given.
    servers: BTreeMap<String, Vec<IceServer>>,
    /// Peers whose next step is a mistake.
    broken: BTreeSet<u32>,
}

/// One peer as the air knows it.
struct Station {
    owner: String,
    /// ICE credentials that are in force; the last pair is the newest.
    credentials: Vec<(String, String)>,
    fingerprint: Vec<u8>,
    remote: Option<TransportDescription>,
    partner: Option<u32>,
    interrupted: bool,
    waiting: BinaryHeap<Reverse<Due>>,
    woken: Arc<Notify>,
}

/// An event on its way.
struct Due {
    at: Instant,
    order: u64,
    about: About,
    event: PeerEvent,
}

/// What an event is about: news of a path are overtaken by newer ones.
#[derive(Clone, Copy, PartialEq, Eq)]
enum About {
    Packet,
    Path,
    End,
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

impl Air {
    pub(crate) fn new(clock: Arc<dyn Clock>, seed: u64) -> Self {
        let state = State {
            random: StdRng::seed_from_u64(seed),
            path: Path { delay: Duration::from_millis(1), ..Path::default() },
            peers: BTreeMap::new(),
            numbered: 0,
            cut: BTreeSet::new(),
            deaf: BTreeSet::new(),
            without_sockets: BTreeSet::new(),
            servers_are: BTreeMap::new(),
            servers: BTreeMap::new(),
            broken: BTreeSet::new(),
        };
        Self { clock, state: Arc::new(Mutex::new(state)) }
    }

    /// Changes how packets fare from now on.
    pub fn path(&self, path: Path) {
        self.state().path = path;
    }

    /// Lets nothing from or to `owner` through.
    pub fn cut(&self, owner: &str) {
        let now = self.clock.now();
        let mut state = self.state();
        state.cut.insert(owner.to_owned());
        state.lose_paths(now);
    }

    /// Lets no packet reach `owner` any more, while its own arrive; or lets them again.
    pub fn deafen(&self, owner: &str, deaf: bool) {
        let mut state = self.state();
        if deaf {
            state.deaf.insert(owner.to_owned())
        } else {
            state.deaf.remove(owner)
        };
    }

    /// Lets everything through again.
    pub fn restore(&self, owner: &str) {
        let now = self.clock.now();
        let mut state = self.state();
        state.cut.remove(owner);
        state.find_paths_again(now);
    }

    /// Lets the session panic that `owner` opened as the `nth` of those that are open, counted from 0.
    pub fn break_session(&self, owner: &str, nth: usize) {
        let mut state = self.state();
        let of_owner = state.peers.iter().filter(|(_, station)| station.owner == owner);
        let (id, woken) = of_owner.map(|(id, station)| (*id, Arc::clone(&station.woken))).nth(nth).expect("it is open");
        state.broken.insert(id);
        woken.notify_one();
    }

    /// Whether the next step of a peer is a mistake.
    pub(super) fn is_broken(&self, id: u32) -> bool {
        self.state().broken.contains(&id)
    }

    /// Whether `owner` can open peer connections at all.
    pub fn sockets(&self, owner: &str, can_be_had: bool) {
        let mut state = self.state();
        if can_be_had {
            state.without_sockets.remove(owner)
        } else {
            state.without_sockets.insert(owner.to_owned())
        };
    }

    /// How the STUN and TURN servers of `owner` are.
    pub fn ice_servers(&self, owner: &str, are: IceServers) {
        self.state().servers_are.insert(owner.to_owned(), are);
    }

    /// The STUN and TURN servers that the newest peer connection of `owner` was given.
    pub fn servers_of(&self, owner: &str) -> Vec<IceServer> {
        self.state().servers.get(owner).cloned().unwrap_or_default()
    }

    pub(super) fn given_servers(&self, owner: &str, servers: &[IceServer]) {
        self.state().servers.insert(owner.to_owned(), servers.to_vec());
    }

    /// Open peer connections of `owner`.
    pub fn open_peers(&self, owner: &str) -> usize {
        self.state().peers.values().filter(|peer| peer.owner == owner).count()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn enter(&self, owner: &str) -> Result<(u32, Arc<Notify>), PeerError> {
        let mut state = self.state();
        if state.without_sockets.contains(owner) {
            return Err(PeerError::System("no socket can be had".into()));
        }
        state.numbered += 1;
        let id = state.numbered;
        let woken = Arc::new(Notify::new());
        let station = Station {
            owner: owner.to_owned(),
            credentials: Vec::new(),
            fingerprint: (0..32).map(|_| state.random.random()).collect(),
            remote: None,
            partner: None,
            interrupted: false,
            waiting: BinaryHeap::new(),
            woken: Arc::clone(&woken),
        };
        state.peers.insert(id, station);
        drop(state);
        self.renew_credentials(id);
        Ok((id, woken))
    }

    pub(super) fn servers_are(&self, owner: &str) -> IceServers {
        self.state().servers_are.get(owner).copied().unwrap_or_default()
    }

    /// A relay does not take the user name or password of a peer.
    pub(super) fn refuse_relay(&self, id: u32, server: SocketAddr) {
        let now = self.clock.now();
        self.state().schedule(id, now, About::Packet, PeerEvent::RelayRefused { server, error: 401 });
    }

    pub(super) fn renew_credentials(&self, id: u32) {
        let mut state = self.state();
        let (ufrag, pwd) =
            (format!("u{:07x}", state.random.random::<u32>() >> 4), format!("{:032x}", state.random.random::<u128>()));
        if let Some(station) = state.peers.get_mut(&id) {
            station.credentials.push((ufrag, pwd));
        }
    }

    pub(super) fn forget_new_credentials(&self, id: u32) {
        if let Some(station) = self.state().peers.get_mut(&id)
            && station.credentials.len() > 1
        {
            station.credentials.pop();
        }
    }

    /// Credentials and fingerprint for a description.
    pub(super) fn identity(&self, id: u32) -> Option<(String, String, Vec<u8>)> {
        let state = self.state();
        let station = state.peers.get(&id)?;
        let (ufrag, pwd) = station.credentials.last()?.clone();
        Some((ufrag, pwd, station.fingerprint.clone()))
    }

    pub(super) fn connect(&self, id: u32, remote: TransportDescription) {
        let now = self.clock.now();
        let mut state = self.state();
        let Some(station) = state.peers.get_mut(&id) else { return };
        let path = |at: &TransportDescription| (at.ice_ufrag.clone(), at.ice_pwd.clone(), at.fingerprints.clone());
        if station.remote.as_ref().map(path) == Some(path(&remote)) {
            return;
        }
        station.remote = Some(remote);
        let failed = PeerEvent::Failed(MediaFault::NoPath { addresses: 1, notes: String::new() });
        state.schedule(id, now + PATIENCE, About::Path, failed);
        state.find_partner(now, id);
    }

    pub(super) fn send(&self, id: u32, packet: &RtpPacket) {
        let now = self.clock.now();
        let mut state = self.state();
        let Some(partner) = state.peers.get(&id).and_then(|station| station.partner) else { return };
        let path = state.path;
        let deaf = state.peers.get(&partner).is_some_and(|station| state.deaf.contains(&station.owner));
        if deaf || state.is_cut(id) || state.is_cut(partner) || (path.loss > 0.0 && state.random.random_bool(path.loss)) {
            return;
        }
        let copies = if path.twice > 0.0 && state.random.random_bool(path.twice) { 2 } else { 1 };
        for _ in 0..copies {
            let late = path.jitter.mul_f64(state.random.random());
            state.schedule(partner, now + path.delay + late, About::Packet, PeerEvent::Rtp(packet.clone()));
        }
    }

    /// The next event of a peer: itself when it is due, else when to look again.
    pub(super) fn next(&self, id: u32) -> Result<PeerEvent, Option<Duration>> {
        let now = self.clock.now();
        let mut state = self.state();
        let Some(station) = state.peers.get_mut(&id) else { return Ok(PeerEvent::Closed) };
        match station.waiting.peek() {
            Some(Reverse(due)) if due.at <= now => {}
            Some(Reverse(due)) => return Err(Some(due.at.since(now))),
            None => return Err(None),
        }
        let Some(Reverse(due)) = station.waiting.pop() else { return Err(None) };
        match &due.event {
            PeerEvent::Interrupted => station.interrupted = true,
            PeerEvent::Connected(_) => station.interrupted = false,
            PeerEvent::Rtp(_) | PeerEvent::RelayRefused { .. } | PeerEvent::Failed(_) | PeerEvent::Closed => {}
        }
        Ok(due.event)
    }

    pub(super) fn figures(&self) -> Path {
        self.state().path
    }

    pub(super) fn close(&self, id: u32) {
        let now = self.clock.now();
        let mut state = self.state();
        let Some(gone) = state.peers.remove(&id) else { return };
        gone.woken.notify_one();
        if let Some(partner) = gone.partner {
            let delay = state.path.delay;
            state.schedule(partner, now + delay, About::End, PeerEvent::Closed);
            if let Some(left) = state.peers.get_mut(&partner) {
                left.partner = None;
            }
        }
    }
}

impl State {
    fn is_cut(&self, id: u32) -> bool {
        self.peers.get(&id).is_none_or(|station| self.cut.contains(&station.owner))
    }

    fn schedule(&mut self, id: u32, at: Instant, about: About, event: PeerEvent) {
        let order = self.next_order();
        if let Some(station) = self.peers.get_mut(&id) {
            if about == About::Path {
                station.waiting.retain(|Reverse(due)| due.about != About::Path);
            }
            station.waiting.push(Reverse(Due { at, order, about, event }));
            station.woken.notify_one();
        }
    }

    fn next_order(&mut self) -> u64 {
        self.numbered += 1;
        u64::from(self.numbered)
    }

    /// Pairs a peer with the one that its remote description is of, when that one has its description too.
    fn find_partner(&mut self, now: Instant, id: u32) {
        let Some(me) = self.peers.get(&id) else { return };
        let Some(remote) = &me.remote else { return };
        let knows = |station: &Station, description: &TransportDescription| {
            station.credentials.iter().any(|(ufrag, pwd)| *ufrag == description.ice_ufrag && *pwd == description.ice_pwd)
        };
        let partner = self.peers.iter().find(|(other, station)| {
            **other != id && knows(station, remote) && station.remote.as_ref().is_some_and(|theirs| knows(me, theirs))
        });
        let Some((&partner, station)) = partner else { return };
        let has_fingerprint = |description: &TransportDescription, digest: &[u8]| {
            description.fingerprints.iter().any(|fingerprint| fingerprint.digest == digest)
        };
        let is_trusted = has_fingerprint(remote, &station.fingerprint)
            && station.remote.as_ref().is_some_and(|theirs| has_fingerprint(theirs, &me.fingerprint));
        if self.is_cut(id) || self.is_cut(partner) {
            return;
        }
        // ICE's check and its answer, then two round trips of DTLS.
        let at = now + self.path.delay * 6;
        for (one, other) in [(id, partner), (partner, id)] {
            let event = if is_trusted {
                let pair = CandidatePair { local: CandidateKind::Host, remote: CandidateKind::Host };
                if let Some(station) = self.peers.get_mut(&one) {
                    station.partner = Some(other);
                }
                PeerEvent::Connected(Some(pair))
            } else {
                PeerEvent::Failed(MediaFault::Certificate)
            };
            self.schedule(one, at, About::Path, event);
        }
    }

    fn pairs(&self) -> Vec<u32> {
        self.peers.iter().filter(|(_, station)| station.partner.is_some()).map(|(id, _)| *id).collect()
    }

    fn lose_paths(&mut self, now: Instant) {
        for id in self.pairs() {
            let partner = self.peers.get(&id).and_then(|station| station.partner);
            if !self.is_cut(id) && !partner.is_some_and(|partner| self.is_cut(partner)) {
                continue;
            }
            self.schedule(id, now + INTERRUPTED_AFTER, About::Path, PeerEvent::Interrupted);
            let order = self.next_order();
            let failed = PeerEvent::Failed(MediaFault::PathGone);
            if let Some(station) = self.peers.get_mut(&id) {
                station.waiting.push(Reverse(Due { at: now + FAILED_AFTER, order, about: About::Path, event: failed }));
            }
        }
    }

    fn find_paths_again(&mut self, now: Instant) {
        for id in self.pairs() {
            let partner = self.peers.get(&id).and_then(|station| station.partner);
            if self.is_cut(id) || partner.is_some_and(|partner| self.is_cut(partner)) {
                continue;
            }
            let at = now + self.path.delay * 2;
            let Some(station) = self.peers.get_mut(&id) else { continue };
            station.waiting.retain(|Reverse(due)| due.about != About::Path);
            if station.interrupted {
                let pair = CandidatePair { local: CandidateKind::Host, remote: CandidateKind::Host };
                self.schedule(id, at, About::Path, PeerEvent::Connected(Some(pair)));
            }
        }
        let alone: Vec<u32> = self.peers.iter().filter(|(_, station)| station.partner.is_none()).map(|(id, _)| *id).collect();
        for id in alone {
            self.find_partner(now, id);
        }
    }
}
