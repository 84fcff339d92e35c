//! The RTC runtime as a seam: ICE, DTLS-SRTP and RTP of one peer connection, without codecs and without SDP.

use std::{fmt, net::SocketAddr, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use model::{CandidatePair, DescriptionFault, IcePolicy, IceServer, IceUrl, MediaFault};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::{Bell, sdp::TransportDescription};

/// How to open a peer connection.
#[derive(Clone, Debug)]
pub struct PeerSettings {
    /// STUN and TURN servers with their credentials.
    pub ice_servers: Vec<IceServer>,
    /// Leads to the servers.
    pub server_ways: Arc<dyn ServerWays>,
    /// Which candidates may be used.
    pub ice_policy: IcePolicy,
    /// Whether to offer the loopback addresses too, because the far end may be on this machine. They are offered in any
    /// case when the machine has no other address.
    pub loopback: bool,
    /// Longest time [`Peer::local`] waits for candidates.
    pub gather_for: Duration,
}

impl Default for PeerSettings {
    fn default() -> Self {
        Self {
            ice_servers: Vec::new(),
            server_ways: Arc::new(NoServerWays),
            ice_policy: IcePolicy::All,
            loopback: true,
            // Long enough for a STUN answer from the other side of the continent, short enough for goals.md 12.
            gather_for: Duration::from_millis(120),
        }
    }
}

/// A stream to a TURN server (RFC 8656 section 3.1).
pub struct ServerStream {
    /// TCP, or what TLS makes of it.
    pub io: Box<dyn ByteStream>,
    /// Our end.
    pub local: SocketAddr,
    /// The server's.
    pub remote: SocketAddr,
}

/// Bytes in and out.
pub trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<Any: AsyncRead + AsyncWrite + Send + Unpin> ByteStream for Any {}

/// Leads to STUN and TURN servers, by whatever names, trust and proxies that takes.
#[async_trait]
pub trait ServerWays: fmt::Debug + Send + Sync {
    /// Finds the addresses of a server that is reached by datagrams and whose URL does not say them, in the order to ask
    /// them; the error is in words for the user.
    async fn find(&self, url: &IceUrl) -> Result<Vec<SocketAddr>, String>;

    /// Opens a way to a server reached over TCP or TLS; the error is in words for the user.
    async fn open(&self, url: &IceUrl) -> Result<ServerStream, String>;
}

/// Datagrams to addresses are all there is.
#[derive(Clone, Copy, Debug)]
pub struct NoServerWays;

#[async_trait]
impl ServerWays for NoServerWays {
    async fn find(&self, _url: &IceUrl) -> Result<Vec<SocketAddr>, String> {
        Err("nobody knows names of servers here".into())
    }

    async fn open(&self, _url: &IceUrl) -> Result<ServerStream, String> {
        Err("there are no streams to servers here".into())
    }
}

/// Who does what towards the far end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roles {
    /// Whether we nominate candidate pairs (RFC 8445 section 6.1.1); the offerer does.
    pub ice_controlling: bool,
    /// Whether we send the DTLS ClientHello: our final `a=setup` is `active` (RFC 5763 section 5).
    pub dtls_client: bool,
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
    /// ICE and DTLS are up, or up again.
    Connected(Option<CandidatePair>),
    /// The path broke; ICE goes on trying.
    Interrupted,
    /// A TURN server does not take the user name or password; the path may do without it.
    RelayRefused {
        /// Its address.
        server: SocketAddr,
        /// The error (RFC 8489 section 14.8).
        error: u16,
    },
    /// No path, for good; which part failed.
    Failed(MediaFault),
    /// The far end closed the connection. A new description may open another.
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
    /// Its ends, ours and theirs.
    pub addresses: Option<(SocketAddr, SocketAddr)>,
}

/// Why the runtime could not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PeerError {
    /// The far end's description cannot be used; the words say what does not fit.
    #[error("{0}")]
    Description(String),
    /// The machine failed us: no socket, no interface.
    #[error("{0}")]
    System(String),
}

/// As why the audio has no way.
impl From<PeerError> for MediaFault {
    fn from(error: PeerError) -> Self {
        Self::System { words: error.to_string() }
    }
}

/// As why a description is refused.
impl From<PeerError> for DescriptionFault {
    fn from(error: PeerError) -> Self {
        Self::NotTaken { words: error.to_string() }
    }
}

/// Opens peer connections; one of the seams of the world.
#[async_trait]
pub trait RtcRuntime: Send + Sync {
    /// Opens a peer connection for one audio section. Gathering of candidates begins at once.
    async fn open(&self, settings: PeerSettings) -> Result<Box<dyn Peer>, PeerError>;

    /// What the hub rings for a session of this runtime.
    fn bell(&self) -> Bell {
        Bell::default()
    }
}

/// One peer connection. It lives while [`Peer::event`] is awaited: that is where its sockets and timers are.
///
/// It is a bundled, multiplexed transport for one audio section. It knows what a session description says about the
/// transport (ICE credentials and candidates, fingerprint, setup) and nothing of the rest: reading and writing SDP is
/// [`crate::sdp`]'s, codecs are the audio stream's. Every payload type passes in both directions.
#[async_trait]
pub trait Peer: Send + Sync {
    /// Our end for a description, with the candidates found so far. Waits until gathering is complete, but not longer
    /// than `PeerSettings::gather_for` after it began; what comes later is in the next answer of this function. Where only
    /// relays may be used and none has answered, it waits two seconds more and then says why there is none.
    /// `setup` is `Actpass`.
    async fn local(&self) -> Result<TransportDescription, PeerError>;

    /// Begins an ICE restart (RFC 8445 section 9): new credentials and freshly gathered candidates in [`Peer::local`].
    /// The path in use stays in use until `connect` has found a better one.
    async fn restart(&self) -> Result<(), PeerError>;

    /// Forgets a restart that was begun and not connected.
    async fn discard_restart(&self);

    /// Connects to the far end; again with changed credentials it completes an ICE restart, with a changed fingerprint it
    /// begins a new DTLS association, and with turned roles another beside the one in use. With nothing changed it does nothing.
    async fn connect(&self, remote: TransportDescription, roles: Roles) -> Result<(), PeerError>;

    /// Sends one packet. Before the connection is up it is dropped, as on a network.
    async fn send(&self, packet: RtpPacket) -> Result<(), PeerError>;

    /// The addresses of the machine may be others now. Where the path in use left from one that is gone,
    /// [`PeerEvent::Interrupted`] comes at once.
    async fn network_changed(&self) {}

    /// The next event. Cancel-safe.
    async fn event(&self) -> PeerEvent;

    /// Figures as of now.
    async fn statistics(&self) -> PeerStatistics;

    /// Closes it: tells the far end (DTLS close_notify) and gives relays back.
    async fn close(&self);
}
