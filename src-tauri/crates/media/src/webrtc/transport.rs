//! ICE, DTLS and SRTP of one connection as a machine: datagrams, packets and time in, datagrams and events out.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::BytesMut;
use model::{CandidateKind, IcePolicy, MediaFault};
use rtc::shared::error::Error;

use super::{
    addresses::Addresses,
    association::AssociationEvent,
    associations::{Associations, Begun},
    flights::Early,
    ice::{Ice, IceEvent, LocalAddress},
    identity::Identity,
    reports::Reports,
    servers::{ServerConfig, ServerEvent, ServerWay, Servers},
    srtp::SrtpPair,
};
use crate::{
    PeerError, PeerEvent, PeerStatistics, Roles, RtpPacket,
    sdp::{Setup, TransportDescription},
};

/// Events that wait for the session; beyond them the oldest packets are gone, as on a network.
const MAX_EVENTS: usize = 256;

/// A datagram with the socket it belongs to.
pub(crate) struct Datagram {
    pub local: SocketAddr,
    pub remote: SocketAddr,
    pub bytes: BytesMut,
}

pub(crate) struct Transport {
    identity: Arc<Identity>,
    policy: IcePolicy,
    ice: Ice,
    servers: Servers,
    ours: Addresses,
    /// Those of the path in use, while a restart tries others.
    before: Option<Addresses>,
    notes: Vec<String>,
    /// Relays that do not take the user name or password.
    refused_by: Vec<SocketAddr>,
    associations: Associations,
    srtp: Option<SrtpPair>,
    early: Early,
    reports: Reports,
    outbox: VecDeque<Datagram>,
    events: VecDeque<PeerEvent>,
    ended: bool,
    /// Whether the path in use left from an address that the machine no longer has.
    base_lost: bool,
}

impl Transport {
    pub(crate) fn new(now: Instant, identity: Arc<Identity>, policy: IcePolicy) -> Result<Self, PeerError> {
        let mut ssrc = [0; 4];
        identity.crypto.random().fill(&mut ssrc).map_err(|error| PeerError::System(format!("no randomness: {error}")))?;
        Ok(Self {
            ice: Ice::new(now, Arc::clone(&identity.crypto), policy).map_err(|error| PeerError::System(error.to_string()))?,
            servers: Servers::new(Arc::clone(&identity.crypto)),
            associations: Associations::new(Arc::clone(&identity)),
            identity,
            policy,
            ours: Addresses::default(),
            before: None,
            notes: Vec::new(),
            refused_by: Vec::new(),
            srtp: None,
            early: Early::default(),
            reports: Reports::new(now, u32::from_be_bytes(ssrc)),
            outbox: VecDeque::new(),
            events: VecDeque::new(),
            ended: false,
            base_lost: false,
        })
    }

    /// A socket was bound.
    pub(crate) fn add_socket(&mut self, address: SocketAddr) {
        self.ours.sockets.push(address);
        if self.policy != IcePolicy::RelayOnly {
            self.ice.add_local(LocalAddress::Host(address));
            self.ours.add_candidate(CandidateKind::Host, address, None);
        }
    }

    /// The sockets for new candidates.
    pub(crate) fn sockets(&self) -> &[SocketAddr] {
        &self.ours.sockets
    }

    /// Whether a socket or stream is still of use.
    pub(crate) fn uses(&self, local: &SocketAddr) -> bool {
        self.ours.has(local) || self.before.as_ref().is_some_and(|before| before.has(local))
    }

    /// A STUN or TURN server is to be asked.
    pub(crate) fn add_server(&mut self, now: Instant, config: ServerConfig) {
        if config.way == ServerWay::Stream {
            self.ours.streams.push(config.local);
        }
        if let Err(error) = self.servers.add(now, config) {
            self.note(format!("a server cannot be used: {error}"));
        }
        self.turn(now);
    }

    /// Remembers why candidates are missing; told when no path is found.
    pub(crate) fn note(&mut self, words: String) {
        tracing::info!(words, "while gathering candidates");
        if self.notes.len() < 8 && !self.notes.contains(&words) {
            self.notes.push(words);
        }
    }

    /// Why there is nothing to put into a description.
    pub(crate) fn unreachable(&self) -> PeerError {
        let notes = if self.notes.is_empty() { "no relay is set".to_owned() } else { self.notes.join("; ") };
        PeerError::System(format!("there is no address to be reached at: {notes}"))
    }

    /// Whether every server has answered.
    pub(crate) fn is_gathered(&self) -> bool {
        self.servers.is_complete()
    }

    /// Our end, as it is now.
    pub(crate) fn local(&self) -> TransportDescription {
        let (ice_ufrag, ice_pwd) = self.ice.credentials();
        TransportDescription {
            ice_ufrag,
            ice_pwd,
            ice_lite: false,
            fingerprints: vec![self.identity.fingerprint.clone()],
            setup: Setup::Actpass,
            candidates: self.ours.candidates.clone(),
        }
    }

    /// Begins a restart. It needs sockets of its own: Asterisk takes a restart with the old addresses for none, yet
    /// announces new credentials.
    pub(crate) fn restart(&mut self, now: Instant) -> Result<(), PeerError> {
        self.discard_restart(now);
        self.ice.restart(now).map_err(|error| PeerError::System(error.to_string()))?;
        self.before = Some(std::mem::take(&mut self.ours));
        Ok(())
    }

    /// Forgets a restart that was begun and not connected; one that both sides have agreed to goes on.
    pub(crate) fn roll_back(&mut self, now: Instant) {
        if !self.ice.is_restart_agreed() {
            self.discard_restart(now);
        }
    }

    pub(crate) fn discard_restart(&mut self, now: Instant) {
        self.ice.discard_restart();
        if let Some(before) = self.before.take() {
            let tried = std::mem::replace(&mut self.ours, before);
            self.retire(now, &tried);
        }
    }

    /// The stream from `local` to a server is gone, and the relay behind it. A call that passed there notices by itself.
    pub(crate) fn lose_stream(&mut self, local: SocketAddr, words: String) {
        self.servers.forget(&[local]);
        self.note(words);
    }

    /// Our end of the path in use: of the socket or stream behind it, where it is relayed.
    pub(crate) fn base_in_use(&self) -> Option<SocketAddr> {
        let local = self.ice.path()?.local;
        Some(self.servers.base_of(local).unwrap_or(local))
    }

    /// Whether the machine has the address of that end. Without it nothing comes that way; when it is back before ICE has
    /// noticed anything, the path is good again, and ICE would never say so.
    pub(crate) fn base_is_there(&mut self, there: bool) {
        let was_lost = std::mem::replace(&mut self.base_lost, !there);
        if !there {
            self.tell(PeerEvent::Interrupted);
        } else if was_lost {
            self.tell(PeerEvent::Connected(self.ice.pair()));
        }
    }

    fn retire(&mut self, now: Instant, addresses: &Addresses) {
        let locals = addresses.all();
        self.servers.close(now, &locals);
        self.drain_servers();
        self.servers.forget(&locals);
    }

    /// Connects, completes a restart, or begins a new association; see [`crate::Peer::connect`].
    pub(crate) fn connect(&mut self, now: Instant, remote: TransportDescription, roles: Roles) -> Result<(), PeerError> {
        let unusable = |error: Error| PeerError::Description(format!("the far end's description cannot be used: {error}"));
        self.ice.connect(now, &remote, roles.ice_controlling).map_err(unusable)?;
        if !self.ice.is_restarting() {
            self.discard_restart(now);
        }
        match self.associations.describe(&remote.fingerprints, roles.dtls_client).map_err(unusable)? {
            Begun::Anew => self.srtp = None,
            Begun::GoesOn => {}
        }
        self.ended = false;
        if self.has_path_for_dtls() {
            self.start_association(now);
        }
        self.turn(now);
        Ok(())
    }

    /// Takes a datagram of a socket.
    pub(crate) fn handle_datagram(&mut self, now: Instant, local: SocketAddr, remote: SocketAddr, bytes: &[u8]) {
        if !self.servers.handle_datagram(now, local, remote, bytes) {
            self.handle_peer_datagram(now, local, remote, bytes);
        }
        self.turn(now);
    }

    fn handle_peer_datagram(&mut self, now: Instant, local: SocketAddr, remote: SocketAddr, bytes: &[u8]) {
        // RFC 7983 section 7: the first byte tells the protocols apart.
        match bytes.first() {
            Some(0..=3) => self.ice.handle_datagram(now, local, remote, bytes),
            // Before a path is selected the far end may be ahead of us, and an answer would have nowhere to go.
            Some(20..=63) if !self.has_path_for_dtls() => self.early.keep(local, remote, bytes),
            Some(20..=63) if self.ice.admits(now, local, remote) => self.handle_dtls(now, bytes),
            Some(128..=191) if self.ice.admits(now, local, remote) => self.handle_media(now, bytes),
            _ => {}
        }
    }

    /// Whether the association has begun, or may: on the way to another far end the old path is no use.
    fn has_path_for_dtls(&self) -> bool {
        self.ice.path().is_some() && (!self.ice.is_restarting() || self.associations.has_begun())
    }

    fn handle_dtls(&mut self, now: Instant, bytes: &[u8]) {
        for event in self.associations.handle_datagram(now, bytes) {
            self.association_event(event);
        }
    }

    fn association_event(&mut self, event: AssociationEvent) {
        match event {
            AssociationEvent::Established(pair) => {
                self.srtp = Some(*pair);
                self.tell(PeerEvent::Connected(self.ice.pair()));
            }
            AssociationEvent::Closed => {
                self.srtp = None;
                self.associations.end();
                self.tell(PeerEvent::Closed);
            }
            AssociationEvent::Failed(fault) => self.fail(fault),
        }
    }

    fn handle_media(&mut self, now: Instant, bytes: &[u8]) {
        let Some(srtp) = &mut self.srtp else { return };
        // RFC 5761 section 4.
        if bytes.get(1).is_some_and(|kind| (192..=223).contains(kind)) {
            match srtp.unprotect_control(bytes) {
                Ok(plain) => {
                    self.associations.trust();
                    self.reports.handle(now, &plain);
                }
                Err(error) => tracing::trace!(%error, "an RTCP packet was dropped"),
            }
            return;
        }
        match srtp.unprotect(bytes) {
            Ok(packet) => {
                self.associations.trust();
                self.reports.on_received(now, &packet);
                self.tell(PeerEvent::Rtp(packet));
            }
            Err(error) => tracing::trace!(%error, "an RTP packet was dropped"),
        }
    }

    /// Sends a packet, or drops it while there is no path.
    pub(crate) fn send(&mut self, now: Instant, packet: &RtpPacket) -> Result<(), PeerError> {
        let Some(srtp) = &mut self.srtp else { return Ok(()) };
        let bytes = srtp.protect(packet).map_err(|error| PeerError::System(format!("a packet was not protected: {error}")))?;
        self.reports.on_sent(now, packet);
        self.write(now, bytes);
        self.turn(now);
        Ok(())
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        self.servers.handle_timeout(now);
        self.ice.handle_timeout(now);
        if let Some(event) = self.associations.handle_timeout(now) {
            self.association_event(event);
        }
        self.turn(now);
    }

    pub(crate) fn poll_timeout(&mut self) -> Option<Instant> {
        let associations = self.associations.poll_timeout();
        let reports = self.srtp.as_ref().map(|_| self.reports.poll_timeout());
        [self.servers.poll_timeout(), self.ice.poll_timeout(), associations, reports].into_iter().flatten().min()
    }

    pub(crate) fn poll_datagram(&mut self) -> Option<Datagram> {
        self.outbox.pop_front()
    }

    pub(crate) fn poll_event(&mut self) -> Option<PeerEvent> {
        self.events.pop_front()
    }

    pub(crate) fn statistics(&self) -> PeerStatistics {
        let feedback = self.reports.feedback();
        let clock = f64::from(self.reports.sent_clock_hz());
        PeerStatistics {
            round_trip_ms: feedback.round_trip.map(in_ms),
            fraction_lost_out: feedback.fraction_lost,
            jitter_out_ms: feedback.jitter_ticks.map(|ticks| f64::from(ticks) * 1_000.0 / clock),
            pair: self.ice.pair(),
            addresses: self.ice.addresses(),
        }
    }

    /// Says goodbye: RTCP BYE, DTLS close_notify, relays given back.
    pub(crate) fn close(&mut self, now: Instant) {
        let goodbye = self.reports.goodbye(now);
        if let Some(Ok(bytes)) = self.srtp.as_mut().map(|srtp| srtp.protect_control(&goodbye)) {
            self.write(now, bytes);
        }
        self.associations.close(now);
        self.turn(now);
        let locals: Vec<SocketAddr> = self.before.iter().chain([&self.ours]).flat_map(Addresses::all).collect();
        self.servers.close(now, &locals);
        self.drain_servers();
        self.srtp = None;
    }

    /// Lets every part hand on what it has for the others.
    fn turn(&mut self, now: Instant) {
        while let Some(event) = self.servers.poll_event() {
            match event {
                // An answer to the sockets of a path that a restart is about to leave.
                ServerEvent::Reflexive(_, base) | ServerEvent::Relayed(_, base) if !self.ours.has(&base) => {}
                ServerEvent::Reflexive(address, base) if self.policy == IcePolicy::All && address != base => {
                    self.ours.add_candidate(CandidateKind::Srflx, address, Some(base));
                }
                ServerEvent::Reflexive(..) => {}
                ServerEvent::Relayed(relayed, base) => {
                    self.ice.add_local(LocalAddress::Relay(relayed, base));
                    self.ours.add_candidate(CandidateKind::Relay, relayed, Some(base));
                }
                ServerEvent::Data { relayed, remote, bytes } => self.handle_peer_datagram(now, relayed, remote, &bytes),
                ServerEvent::Refused(words) => self.note(words),
                ServerEvent::WrongCredential(server, error) => {
                    // Told once for each server, not for each socket that asked it.
                    if !self.refused_by.contains(&server) {
                        self.refused_by.push(server);
                        self.tell(PeerEvent::RelayRefused { server, error });
                    }
                    self.note(format!("the TURN server {server} refused the user name or password ({error})"));
                }
            }
        }
        // What was added or heard may call for checks at once.
        self.ice.handle_timeout(now);
        while let Some(event) = self.ice.poll_event(now) {
            match event {
                IceEvent::Connected | IceEvent::Switched => {
                    self.base_lost = false;
                    if let Some(before) = self.before.take_if(|_| event == IceEvent::Switched) {
                        self.retire(now, &before);
                    }
                    self.start_association(now);
                    // DTLS reports the first connection; afterwards a path that is found again is news by itself.
                    if self.srtp.is_some() {
                        if event == IceEvent::Switched {
                            self.associations.doubt(now);
                        }
                        self.tell(PeerEvent::Connected(self.ice.pair()));
                    }
                }
                IceEvent::RestartFailed => {
                    self.discard_restart(now);
                    self.start_association(now);
                }
                IceEvent::Interrupted => self.tell(PeerEvent::Interrupted),
                IceEvent::Failed(MediaFault::NoPath { addresses, .. }) => {
                    let notes = self.notes.join("; ");
                    self.fail(MediaFault::NoPath { addresses, notes });
                }
                IceEvent::Failed(fault) => self.fail(fault),
            }
        }
        while let Some((local, remote, bytes)) = self.ice.poll_datagram() {
            self.write_to(now, local, remote, bytes);
        }
        // Behind the checks: the one that selects the path must be there before what is sent on it.
        while let Some(bytes) = self.associations.poll_datagram(now) {
            self.write(now, bytes);
        }
        if self.srtp.is_some()
            && let Some(report) = self.reports.report(now)
            && let Some(Ok(bytes)) = self.srtp.as_mut().map(|srtp| srtp.protect_control(&report))
        {
            self.write(now, bytes);
        }
        self.drain_servers();
    }

    fn drain_servers(&mut self) {
        while let Some((local, remote, bytes)) = self.servers.poll_datagram() {
            self.outbox.push_back(Datagram { local, remote, bytes });
        }
    }

    fn start_association(&mut self, now: Instant) {
        if let Err(error) = self.associations.start(now) {
            return self.fail(MediaFault::System { words: format!("DTLS did not start: {error}") });
        }
        // Who is described anew may be at the end of a path that is still looked for.
        if !self.ice.is_restarting() {
            self.associations.start_beside(now);
        }
        while let Some(Datagram { local, remote, bytes }) = self.early.take() {
            if self.ice.admits(now, local, remote) {
                self.handle_dtls(now, &bytes);
            }
        }
    }

    fn write(&mut self, now: Instant, bytes: BytesMut) {
        if let Some(path) = self.ice.path() {
            self.write_to(now, path.local, path.remote, bytes);
        }
    }

    fn write_to(&mut self, now: Instant, local: SocketAddr, remote: SocketAddr, bytes: BytesMut) {
        if !self.servers.send(now, local, remote, &bytes) {
            self.outbox.push_back(Datagram { local, remote, bytes });
        }
    }

    fn fail(&mut self, fault: MediaFault) {
        if !std::mem::replace(&mut self.ended, true) {
            self.tell(PeerEvent::Failed(fault));
        }
    }

    fn tell(&mut self, event: PeerEvent) {
        if self.events.len() == MAX_EVENTS {
            let oldest_packet = self.events.iter().position(|event| matches!(event, PeerEvent::Rtp(_)));
            self.events.remove(oldest_packet.unwrap_or(0));
        }
        self.events.push_back(event);
    }
}

fn in_ms(span: Duration) -> f64 {
    span.as_secs_f64() * 1_000.0
}
