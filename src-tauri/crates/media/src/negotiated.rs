//! What two descriptions agree on for the one audio section.

use model::{Codec, MediaDirection};

/// The agreement, as the audio stream needs it.
#[derive(Clone, Debug, PartialEq)]
pub struct Negotiated {
    /// What we send with: the far end's first choice among ours, under the far end's number.
    pub send: Payload,
    /// What we must understand: all of the answer, under our numbers.
    pub receive: Vec<Payload>,
    /// Payload types of telephone-event we may send (RFC 4733), with their clocks; empty when the far end takes none.
    pub telephone_events: Vec<TelephoneEvent>,
    /// Payload type of RED over Opus (RFC 2198), when both know it.
    pub red: Option<u8>,
    /// What flows, from our side.
    pub direction: MediaDirection,
    /// What the far end asked for, from its own side; tells remote hold.
    pub remote: MediaDirection,
    /// Audio per packet the far end asks for (`a=ptime`, within `a=maxptime`), in ms.
    pub packet_ms: Option<u32>,
}

/// A codec under a payload type.
#[derive(Clone, Debug, PartialEq)]
pub struct Payload {
    /// Payload type, 0 to 127.
    pub number: u8,
    /// Codec.
    pub codec: Codec,
    /// `useinbandfec=1` was in the far end's fmtp (RFC 7587 6.1); false for other codecs.
    pub fec: bool,
    /// `usedtx=1` was.
    pub dtx: bool,
    /// `maxaveragebitrate` of the far end, bit/s.
    pub max_bitrate: Option<u32>,
}

/// A telephone-event payload type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TelephoneEvent {
    /// Payload type.
    pub number: u8,
    /// Its clock, 8000 or 48000.
    pub clock_hz: u32,
}
