//! The RTC runtime as a seam: ICE, DTLS-SRTP and RTP of one peer connection, without any codec.

use async_trait::async_trait;
use bytes::Bytes;
use model::{CandidatePair, IcePolicy, IceServer, MediaDirection};

/// How to open a peer connection.
#[derive(Clone, Debug, Default)]
pub struct PeerSettings {
    /// STUN and TURN servers with their credentials.
    pub ice_servers: Vec<IceServer>,
    /// Which candidates may be used.
    pub ice_policy: IcePolicy,
    /// Codecs to offer, in order of preference.
    pub codecs: Vec<model::Codec>,
    /// Whether our end must be the DTLS server, because the offer said `setup:active`.
    pub dtls_server: bool,
    /// Longest time to gather candidates before a description leaves.
    pub gather_for: std::time::Duration,
}

/// One RTP packet, decrypted (RFC 3550 section 5.1). Header extensions are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RtpPacket {
    /// Payload type, 0 to 127.
    pub payload_type: u8,
    /// Marker bit.
    pub marker: bool,
    /// Sequence number.
    pub sequence: u16,
    /// Timestamp in the payload's clock.
    pub timestamp: u32,
    /// Synchronisation source.
    pub ssrc: u32,
    /// Payload without padding.
    pub payload: Bytes,
}

/// What a peer connection reports.
#[derive(Clone, Debug, PartialEq)]
pub enum PeerEvent {
    /// An RTP packet arrived.
    Rtp(RtpPacket),
    /// ICE and DTLS are up.
    Connected(Option<CandidatePair>),
    /// The path broke; ICE goes on trying.
    Interrupted,
    /// No path, for good; which part failed.
    Failed(String),
    /// The connection is closed.
    Closed,
}

/// Figures only the runtime knows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PeerStatistics {
    /// Round trip by RTCP or, without one, by ICE checks, in ms.
    pub round_trip_ms: Option<f64>,
    /// Share of our packets lost, 0 to 1, from the far end's last receiver report.
    pub fraction_lost_out: Option<f64>,
    /// Jitter of our packets as the far end reports it, in ms.
    pub jitter_out_ms: Option<f64>,
    /// The path in use.
    pub pair: Option<CandidatePair>,
}

/// Why the runtime could not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PeerError {
    /// The description cannot be used; the words say what does not fit.
    #[error("{0}")]
    Description(String),
    /// The machine failed us: no socket, no interface.
    #[error("{0}")]
    System(String),
}

/// Opens peer connections; one of the seams of the world.
#[async_trait]
pub trait RtcRuntime: Send + Sync {
    /// Opens a peer connection with one audio section.
    async fn open(&self, settings: PeerSettings) -> Result<Box<dyn Peer>, PeerError>;
}

/// One peer connection.
///
/// Descriptions pass the adapters of [`crate::sdp`] on their way in and out, outside of this trait.
#[async_trait]
pub trait Peer: Send + Sync {
    /// Makes our offer and applies it; gathers for at most `PeerSettings::gather_for`.
    async fn create_offer(&self, direction: MediaDirection, restart_ice: bool) -> Result<String, PeerError>;

    /// Applies the far end's offer.
    async fn apply_offer(&self, offer: &str) -> Result<(), PeerError>;

    /// Makes our answer to the offer applied last and applies it.
    async fn create_answer(&self, direction: MediaDirection) -> Result<String, PeerError>;

    /// Applies the far end's answer to our last offer.
    async fn apply_answer(&self, answer: &str) -> Result<(), PeerError>;

    /// Back to what was agreed before the last offer.
    async fn rollback(&self) -> Result<(), PeerError>;

    /// Sends one packet; the SSRC is the runtime's own.
    async fn send(&self, packet: RtpPacket) -> Result<(), PeerError>;

    /// The next event. After `Closed` it never returns another. Cancel-safe.
    async fn event(&self) -> PeerEvent;

    /// Figures as of now.
    async fn statistics(&self) -> PeerStatistics;

    /// Closes it.
    async fn close(&self);
}
