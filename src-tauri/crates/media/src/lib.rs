//! Calls' audio on the wire: session descriptions, RTP, codecs, the jitter buffer, and WebRTC.
//!
//! It never knows SIP or accounts' names, and decides nothing about calls.

mod codec;
mod dtmf;
mod jitter;
mod negotiated;
mod quality;
mod red;
mod rtp;
mod runtime;
pub mod sdp;
pub mod session;
mod stream;
mod webrtc;

pub use codec::CodecError;
pub use negotiated::{Negotiated, Payload, TelephoneEvent};
pub use runtime::{
    ByteStream, NoServerWays, Peer, PeerError, PeerEvent, PeerSettings, PeerStatistics, Roles, RtcRuntime, RtpPacket,
    ServerStream, ServerWays,
};
pub use stream::{AudioStream, Bell, DtmfEvent, StreamLeg, StreamSettings};
pub use webrtc::{ProbeEnd, ProbeStep, ServerProbe, WebrtcRuntime};
