//! Calls' audio on the wire: session descriptions, RTP, codecs, the jitter buffer, and WebRTC.
//!
//! It never knows SIP or accounts' names, and decides nothing about calls.

mod negotiated;
mod runtime;

pub use negotiated::{Negotiated, Payload, TelephoneEvent};
pub use runtime::{Peer, PeerError, PeerEvent, PeerSettings, PeerStatistics, RtcRuntime, RtpPacket};
