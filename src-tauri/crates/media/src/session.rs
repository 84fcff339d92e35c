//! One media session: the driver between call control's requests, a peer connection and the audio stream.
//!
//! The task decides nothing about calls and little about media: what a description means is [`negotiation`]'s and
//! [`crate::sdp`]'s, what is in a packet the stream's.

use std::{future::Future, sync::Arc, time::Duration};

use calls::io::{MediaEvent, MediaRequest};
use model::{Clock, Codec, IcePolicy, IceServer};
use tokio::sync::mpsc;

use crate::{AudioStream, PeerSettings, RtcRuntime, ServerWays, StreamSettings, sdp::AudioTerms};

mod driver;
mod negotiation;
#[cfg(test)]
mod tests;

use driver::Driver;

/// Requests that may wait for a session; call control sends a handful in the life of a call.
const INBOX: usize = 64;

/// How to open a media session.
#[derive(Clone, Debug)]
pub struct MediaSettings {
    /// Codecs in the user's order of preference; must not be empty.
    pub codecs: Vec<Codec>,
    /// Audio per packet in ms, 10 or 20.
    pub packet_ms: u32,
    /// Discontinuous transmission of Opus.
    pub dtx: bool,
    /// Most of Opus in bit/s; none where only the far end sets limits.
    pub max_bitrate: Option<u32>,
    /// STUN and TURN servers of the account.
    pub ice_servers: Vec<IceServer>,
    /// The way to those of them that are not reached by datagrams.
    pub server_ways: Arc<dyn ServerWays>,
    /// Which candidates may be used.
    pub ice_policy: IcePolicy,
    /// Whether the far end may be on this machine; see [`PeerSettings::loopback`].
    pub loopback: bool,
    /// Longest wait for candidates before a description leaves.
    pub gather_for: Duration,
    /// Randomness for identifiers on the wire; a fresh number for each session.
    pub seed: u64,
}

impl MediaSettings {
    /// Settings without servers, for tests and for calls within a network.
    pub fn new(codecs: Vec<Codec>, seed: u64) -> Self {
        let peer = PeerSettings::default();
        Self {
            codecs,
            packet_ms: 20,
            dtx: false,
            max_bitrate: None,
            ice_servers: peer.ice_servers,
            server_ways: peer.server_ways,
            ice_policy: peer.ice_policy,
            loopback: peer.loopback,
            gather_for: peer.gather_for,
            seed,
        }
    }
}

/// Sends a session its requests. Dropping it closes the session.
#[derive(Debug)]
pub struct SessionHandle {
    inbox: mpsc::Sender<MediaRequest>,
}

/// The session has ended, or does not keep up with what it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the media session takes no more requests")]
pub struct SessionGone;

impl SessionHandle {
    /// Hands over a request; its answer comes as an event.
    pub fn send(&self, request: MediaRequest) -> Result<(), SessionGone> {
        self.inbox.try_send(request).map_err(|_| SessionGone)
    }
}

/// What [`open`] returns.
pub struct OpenSession<Run> {
    /// For requests.
    pub handle: SessionHandle,
    /// For the hub.
    pub leg: Box<dyn audio::Leg>,
    /// The session itself; to be spawned by the caller. It ends after `MediaEvent::Closed`.
    pub run: Run,
}

/// Opens a media session. From the first poll of `run` it gathers candidates, so a session opened while the user still
/// types has its offer ready when it is asked for.
pub fn open(
    runtime: Arc<dyn RtcRuntime>,
    clock: Arc<dyn Clock>,
    settings: MediaSettings,
    events: mpsc::Sender<MediaEvent>,
) -> OpenSession<impl Future<Output = ()> + Send + 'static> {
    let (inbox, requests) = mpsc::channel(INBOX);
    let MediaSettings { packet_ms, dtx, max_bitrate, .. } = settings;
    let stream_settings = StreamSettings { packet_ms, dtx, max_bitrate, ..StreamSettings::default() };
    let (stream, leg) = AudioStream::open(stream_settings, settings.seed, runtime.bell());
    let terms = AudioTerms { codecs: settings.codecs, packet_ms: settings.packet_ms, dtx: settings.dtx };
    let peer_settings = PeerSettings {
        ice_servers: settings.ice_servers,
        server_ways: settings.server_ways,
        ice_policy: settings.ice_policy,
        loopback: settings.loopback,
        gather_for: settings.gather_for,
    };
    let driver = Driver::new(clock, stream, negotiation::Negotiation::new(terms, settings.seed), events);
    let run = async move { driver.run(requests, async move { runtime.open(peer_settings).await }).await };
    OpenSession { handle: SessionHandle { inbox }, leg: Box::new(leg), run }
}
