//! ICE (RFC 8445) with restarts that do not interrupt: while new credentials are tried, the old path stays in use.
//!
//! The checks are the ICE agent's of the `rtc` family; its clock is ours. The agent ticks every 200 ms and nominates on a
//! tick, which is most of what a call's set-up used to take; here it ticks at once when something happened that it may
//! act on, and often at first.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::BytesMut;
use model::{CandidateKind, CandidatePair, IcePolicy, MediaFault};
use rtc::{
    crypto::RTCCryptoProvider,
    ice::{
        Agent, AgentConfig, Event,
        candidate::{
            Candidate as AgentCandidate, CandidateConfig, CandidateType, candidate_host::CandidateHostConfig,
            candidate_relay::CandidateRelayConfig, unmarshal_candidate,
        },
        mdns::MulticastDnsMode,
        state::ConnectionState,
    },
    sansio::Protocol as _,
    shared::{TaggedBytesMut, TransportContext, TransportProtocol, error::Error},
};

use super::checks::Check;
use crate::sdp::{Candidate, TransportDescription};

/// Without an answer to any check for so long there is no path.
const PATIENCE: Duration = Duration::from_secs(30);
/// Silence after which the path counts as interrupted, with consent asked for every second (RFC 7675).
const INTERRUPTED_AFTER: Duration = Duration::from_secs(4);
const CONSENT_INTERVAL: Duration = Duration::from_secs(1);
/// Silence after which it is given up; a cable may be out for a while.
const FAILED_AFTER: Duration = Duration::from_secs(95);
/// A relayed pair waits so long for a direct one.
const RELAY_WAIT: Duration = Duration::from_millis(150);
/// A pair seen first by the far end's check waits so long for one that was described.
const PEER_REFLEXIVE_WAIT: Duration = Duration::from_millis(30);
/// Addresses of the far end that are tried: those it described, and others that its checks came from.
const MOST_REMOTES: usize = 64;
/// Names of the far end (mDNS) that everybody in this network is asked for; a browser has one for each of its addresses.
const MOST_NAMES: usize = 8;
/// How long is asked for one, once a second.
const NAME_PATIENCE: Duration = Duration::from_secs(5);
/// Checks that are kept until the description of their sender is here; he repeats the others.
const MOST_EARLY: usize = 8;

/// An address of ours that checks may be sent from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LocalAddress {
    /// Of a socket.
    Host(SocketAddr),
    /// Of a relay, with the address of the socket behind it.
    Relay(SocketAddr, SocketAddr),
}

/// What ICE tells.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum IceEvent {
    Connected,
    /// A restart found its path, which is in use now.
    Switched,
    /// A restart found none; the old path stays.
    RestartFailed,
    Interrupted,
    Failed(MediaFault),
}

/// The path in use: where datagrams leave, and where they go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Path {
    pub local: SocketAddr,
    pub remote: SocketAddr,
}

/// Both generations of an ICE session.
pub(crate) struct Ice {
    crypto: Arc<dyn RTCCryptoProvider>,
    policy: IcePolicy,
    current: Generation,
    /// A restart on its way.
    next: Option<Generation>,
}

struct Generation {
    crypto: Arc<dyn RTCCryptoProvider>,
    agent: Agent,
    remote: Option<(String, String)>,
    started: Option<Instant>,
    ticked: Instant,
    connected_once: bool,
    /// The far end's, that were asked for.
    names: Vec<String>,
    /// Checks that came before the description of their sender: where to, where from.
    early: Vec<(SocketAddr, SocketAddr, Vec<u8>)>,
}

impl Ice {
    pub(crate) fn new(now: Instant, crypto: Arc<dyn RTCCryptoProvider>, policy: IcePolicy) -> Result<Self, Error> {
        let current = Generation::new(now, &crypto, policy)?;
        Ok(Self { crypto, policy, current, next: None })
    }

    /// User name fragment and password for the next description.
    pub(crate) fn credentials(&self) -> (String, String) {
        let credentials = self.next.as_ref().unwrap_or(&self.current).agent.get_local_credentials();
        (credentials.ufrag.clone(), credentials.pwd.clone())
    }

    /// An address of ours; of the restart, when one was begun.
    pub(crate) fn add_local(&mut self, address: LocalAddress) {
        self.next.as_mut().unwrap_or(&mut self.current).add_local(address);
    }

    /// New credentials, for a restart; the path in use stays. Its addresses are to be added.
    pub(crate) fn restart(&mut self, now: Instant) -> Result<(), Error> {
        self.next = Some(Generation::new(now, &self.crypto, self.policy)?);
        Ok(())
    }

    /// Whether a restart is on its way.
    pub(crate) fn is_restarting(&self) -> bool {
        self.next.is_some()
    }

    /// Whether both sides have agreed to the restart on its way, and its path is being looked for.
    pub(crate) fn is_restart_agreed(&self) -> bool {
        self.next.as_ref().is_some_and(|next| next.remote.is_some())
    }

    pub(crate) fn discard_restart(&mut self) {
        self.next = None;
    }

    /// Takes the far end's credentials and candidates. With other credentials than before they belong to the restart; with
    /// the old ones the far end did not restart, and ours is forgotten (RFC 8839 section 4.4.1.1.1). Other credentials
    /// without a restart of ours are another far end behind the same signalling, which answered an offer that only put the
    /// call on hold, say: it is met from the addresses it was told.
    pub(crate) fn connect(&mut self, now: Instant, remote: &TransportDescription, controlling: bool) -> Result<(), Error> {
        let credentials = (remote.ice_ufrag.clone(), remote.ice_pwd.clone());
        let goes_on = self.current.remote.as_ref() == Some(&credentials);
        if goes_on {
            self.next = None;
        } else if self.next.is_none() && self.current.remote.is_some() {
            self.next = Some(self.current.afresh(now, &self.crypto, self.policy)?);
        }
        let generation = self.next.as_mut().unwrap_or(&mut self.current);
        if generation.remote.as_ref() != Some(&credentials) {
            generation.start(now, credentials, controlling)?;
        }
        remote.candidates.iter().try_for_each(|candidate| generation.add_remote(candidate))?;
        generation.hear_early(now);
        Ok(())
    }

    /// Whether something else than checks may come from `remote` to `local`; notes that the path is alive.
    pub(crate) fn admits(&mut self, now: Instant, local: SocketAddr, remote: SocketAddr) -> bool {
        let context = context(local, remote);
        std::iter::once(&mut self.current)
            .chain(&mut self.next)
            .any(|generation| generation.agent.is_valid_non_stun_traffic(now, context))
    }

    /// Takes a STUN message or an mDNS answer.
    pub(crate) fn handle_datagram(&mut self, now: Instant, local: SocketAddr, remote: SocketAddr, bytes: &[u8]) {
        match &mut self.next {
            // A request names the generation in its user name; a response is known to the one that asked.
            Some(next) => match Check::read(bytes) {
                Some(check) if next.is_called(check.user()) => next.handle(now, local, remote, bytes),
                Some(_) => self.current.handle(now, local, remote, bytes),
                None => {
                    if next.remote.is_some() {
                        next.handle(now, local, remote, bytes);
                    }
                    self.current.handle(now, local, remote, bytes);
                }
            },
            None => self.current.handle(now, local, remote, bytes),
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        for generation in std::iter::once(&mut self.current).chain(&mut self.next) {
            generation.tick_if_due(now);
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        std::iter::once(&self.current).chain(&self.next).filter_map(Generation::due).min()
    }

    pub(crate) fn poll_datagram(&mut self) -> Option<(SocketAddr, SocketAddr, BytesMut)> {
        let sent = self.current.agent.poll_write().or_else(|| self.next.as_mut()?.agent.poll_write())?;
        Some((sent.transport.local_addr, sent.transport.peer_addr, sent.message))
    }

    pub(crate) fn poll_event(&mut self, now: Instant) -> Option<IceEvent> {
        if let Some(next) = &mut self.next {
            match next.poll_event(now) {
                Some(IceEvent::Connected) => {
                    self.current = self.next.take()?;
                    return Some(IceEvent::Switched);
                }
                Some(failed @ IceEvent::Failed(_)) => {
                    self.next = None;
                    return Some(if self.current.path().is_some() { IceEvent::RestartFailed } else { failed });
                }
                Some(IceEvent::Switched | IceEvent::RestartFailed | IceEvent::Interrupted) | None => {}
            }
        }
        self.current.poll_event(now)
    }

    /// The path in use.
    pub(crate) fn path(&self) -> Option<Path> {
        self.current.path()
    }

    /// What kinds of candidates the path joins.
    pub(crate) fn pair(&self) -> Option<CandidatePair> {
        let (local, remote) = self.current.agent.get_selected_candidate_pair()?;
        Some(CandidatePair { local: kind(local.candidate_type()), remote: kind(remote.candidate_type()) })
    }

    /// Where the path's ends are, ours and theirs.
    pub(crate) fn addresses(&self) -> Option<(SocketAddr, SocketAddr)> {
        let (local, remote) = self.current.agent.get_selected_candidate_pair()?;
        Some((local.addr(), remote.addr()))
    }
}

impl Generation {
    fn new(now: Instant, crypto: &Arc<dyn RTCCryptoProvider>, policy: IcePolicy) -> Result<Self, Error> {
        Self::with_credentials(now, crypto, policy, (String::new(), String::new()))
    }

    /// The same addresses and credentials, towards nobody yet.
    fn afresh(&self, now: Instant, crypto: &Arc<dyn RTCCryptoProvider>, policy: IcePolicy) -> Result<Self, Error> {
        let ours = self.agent.get_local_credentials();
        let mut fresh = Self::with_credentials(now, crypto, policy, (ours.ufrag.clone(), ours.pwd.clone()))?;
        for candidate in self.agent.get_local_candidates() {
            if matches!(candidate.candidate_type(), CandidateType::Host | CandidateType::Relay) {
                fresh.agent.add_local_candidate(candidate.clone())?;
            }
        }
        Ok(fresh)
    }

    /// An agent; empty credentials are drawn.
    fn with_credentials(
        now: Instant,
        crypto: &Arc<dyn RTCCryptoProvider>,
        policy: IcePolicy,
        (local_ufrag, local_pwd): (String, String),
    ) -> Result<Self, Error> {
        let config = AgentConfig {
            local_ufrag,
            local_pwd,
            multicast_dns_mode: MulticastDnsMode::QueryOnly,
            multicast_dns_query_timeout: Some(NAME_PATIENCE),
            disconnected_timeout: Some(INTERRUPTED_AFTER),
            failed_timeout: Some(FAILED_AFTER),
            keepalive_interval: Some(CONSENT_INTERVAL),
            // We decide when it ticks; it must never find that too early.
            check_interval: Duration::from_nanos(1),
            // As many as our ticks make within `PATIENCE`.
            max_binding_requests: Some(600),
            host_acceptance_min_wait: Some(Duration::ZERO),
            srflx_acceptance_min_wait: Some(Duration::ZERO),
            prflx_acceptance_min_wait: Some(PEER_REFLEXIVE_WAIT),
            relay_acceptance_min_wait: Some(if policy == IcePolicy::RelayOnly { Duration::ZERO } else { RELAY_WAIT }),
            ..AgentConfig::default()
        };
        let agent = Agent::new(now, Arc::new(config), Arc::clone(crypto))?;
        let crypto = Arc::clone(crypto);
        Ok(Self {
            crypto,
            agent,
            remote: None,
            started: None,
            ticked: now,
            connected_once: false,
            names: Vec::new(),
            early: Vec::new(),
        })
    }

    /// Whether a check with this user name is for this generation, as far as the far end is known.
    fn is_called(&self, user: Option<(&str, &str)>) -> bool {
        let Some((ours, theirs)) = user else { return false };
        ours == self.agent.get_local_credentials().ufrag && self.remote.as_ref().is_none_or(|(ufrag, _)| ufrag == theirs)
    }

    /// Whether the agent may hear this: a check only of the far end's, and not from ever more addresses.
    fn may_hear(&self, remote: SocketAddr, bytes: &[u8]) -> bool {
        let Some(check) = Check::read(bytes) else { return true };
        let remotes = self.agent.get_remote_candidates();
        (remotes.len() < MOST_REMOTES || remotes.iter().any(|known| known.addr() == remote))
            && self.is_called(check.user())
            && check.signed_with(&self.agent.get_local_credentials().pwd, self.crypto.crypto())
    }

    fn start(&mut self, now: Instant, credentials: (String, String), controlling: bool) -> Result<(), Error> {
        let (ufrag, pwd) = credentials.clone();
        self.agent.start_connectivity_checks(now, controlling, ufrag, pwd)?;
        self.remote = Some(credentials);
        self.started = Some(now);
        Ok(())
    }

    /// Takes an address that the far end described, in this description or in one of ever more.
    fn add_remote(&mut self, candidate: &Candidate) -> Result<(), Error> {
        let has_name = candidate.ip().is_none();
        if self.agent.get_remote_candidates().len() >= MOST_REMOTES
            || has_name && (self.names.len() == MOST_NAMES || self.names.contains(&candidate.address))
        {
            return Ok(());
        }
        if has_name {
            self.names.push(candidate.address.clone());
        }
        match unmarshal_candidate(&candidate.to_string()) {
            Ok(candidate) => self.agent.add_remote_candidate(candidate).map(drop),
            Err(error) => {
                tracing::debug!(%error, "a candidate was passed over");
                Ok(())
            }
        }
    }

    fn add_local(&mut self, address: LocalAddress) {
        let base = |address: SocketAddr| CandidateConfig {
            network: "udp".into(),
            address: address.ip().to_string(),
            port: address.port(),
            component: 1,
            ..CandidateConfig::default()
        };
        let candidate: Result<AgentCandidate, Error> = match address {
            LocalAddress::Host(address) => {
                CandidateHostConfig { base_config: base(address), ..CandidateHostConfig::default() }.new_candidate_host()
            }
            LocalAddress::Relay(relayed, socket) => CandidateRelayConfig {
                base_config: base(relayed),
                rel_addr: socket.ip().to_string(),
                rel_port: socket.port(),
                url: None,
            }
            .new_candidate_relay(),
        };
        if let Err(error) = candidate.and_then(|candidate| self.agent.add_local_candidate(candidate)) {
            tracing::debug!(%error, "an address of ours cannot be used");
        }
    }

    /// Who answers checks at once, and tells us where he is by signalling, which takes longer (RFC 8445 section 7.3): what he would
    /// send again only after a while is heard when his description is here.
    fn keep_early(&mut self, local: SocketAddr, remote: SocketAddr, bytes: &[u8]) {
        if self.early.len() < MOST_EARLY && Check::read(bytes).is_some() && self.may_hear(remote, bytes) {
            self.early.push((local, remote, bytes.to_vec()));
        }
    }

    fn hear_early(&mut self, now: Instant) {
        for (local, remote, bytes) in std::mem::take(&mut self.early) {
            self.handle(now, local, remote, &bytes);
        }
    }

    fn handle(&mut self, now: Instant, local: SocketAddr, remote: SocketAddr, bytes: &[u8]) {
        if self.remote.is_none() {
            return self.keep_early(local, remote, bytes);
        }
        if !self.may_hear(remote, bytes) {
            tracing::trace!(%remote, "a check of a stranger was passed over");
            return;
        }
        let message = TaggedBytesMut { now, transport: context(local, remote), message: BytesMut::from(bytes) };
        if let Err(error) = self.agent.handle_read(message) {
            tracing::trace!(%error, "a check was passed over");
        }
        // A check that succeeded may be nominated at once instead of on the next tick.
        if self.started.is_some() && self.agent.state() == ConnectionState::Checking {
            let succeeded = bytes.first() == Some(&1);
            if succeeded || self.is_pressed() {
                self.tick(now);
            }
        }
    }

    /// Whether the agent asks for a tick out of turn.
    fn is_pressed(&mut self) -> bool {
        let ticked = self.ticked;
        self.agent.poll_timeout().is_some_and(|at| at <= ticked)
    }

    fn tick(&mut self, now: Instant) {
        self.ticked = now;
        if let Err(error) = self.agent.handle_timeout(now) {
            tracing::debug!(%error, "an ICE tick failed");
        }
    }

    fn tick_if_due(&mut self, now: Instant) {
        if self.due().is_some_and(|due| due <= now) || (self.started.is_some() && self.is_pressed()) {
            self.tick(now);
        }
    }

    fn due(&self) -> Option<Instant> {
        let started = self.started?;
        let age = self.ticked.saturating_duration_since(started);
        let interval = match self.agent.state() {
            // Right after the descriptions met both ends are there and a lost check costs the caller time; later the
            // network is spared (RFC 8445 section 14.2 wants 50 ms between checks, for long lists).
            ConnectionState::New | ConnectionState::Checking => match age.as_millis() {
                0..400 => Duration::from_millis(10),
                400..2_000 => Duration::from_millis(40),
                _ => Duration::from_millis(150),
            },
            ConnectionState::Failed | ConnectionState::Closed => return None,
            _ => Duration::from_millis(500),
        };
        Some(self.ticked.max(started) + if self.ticked < started { Duration::ZERO } else { interval })
    }

    fn poll_event(&mut self, now: Instant) -> Option<IceEvent> {
        while let Some(event) = self.agent.poll_event() {
            let Event::ConnectionStateChange(state) = event.event else { continue };
            match state {
                ConnectionState::Connected => {
                    self.connected_once = true;
                    return Some(IceEvent::Connected);
                }
                ConnectionState::Disconnected => return Some(IceEvent::Interrupted),
                ConnectionState::Failed => {
                    return Some(IceEvent::Failed(MediaFault::PathGone));
                }
                _ => {}
            }
        }
        let late = self.started.is_some_and(|started| now >= started + PATIENCE);
        if late && !self.connected_once {
            self.started = None;
            let remotes = self.agent.get_remote_candidates().len();
            let addresses = u32::try_from(remotes).unwrap_or(u32::MAX);
            return Some(IceEvent::Failed(MediaFault::NoPath { addresses, notes: String::new() }));
        }
        None
    }

    fn path(&self) -> Option<Path> {
        let (local, remote) = self.agent.get_selected_candidate_pair()?;
        Some(Path { local: local.base_addr(), remote: remote.addr() })
    }
}

fn context(local_addr: SocketAddr, peer_addr: SocketAddr) -> TransportContext {
    TransportContext { local_addr, peer_addr, transport_protocol: TransportProtocol::UDP, ecn: None }
}

fn kind(candidate: CandidateType) -> CandidateKind {
    match candidate {
        CandidateType::ServerReflexive => CandidateKind::Srflx,
        CandidateType::PeerReflexive => CandidateKind::Prflx,
        CandidateType::Relay => CandidateKind::Relay,
        _ => CandidateKind::Host,
    }
}

#[cfg(test)]
mod tests;
