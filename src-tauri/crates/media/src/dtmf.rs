//! Keys as telephone-event packets (RFC 4733).

mod receive;
mod send;

pub(crate) use self::{receive::DtmfReceiver, send::DtmfSender};

/// A telephone-event payload (RFC 4733 section 2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TelephoneEventPayload {
    /// Event code.
    pub(crate) event: u8,
    /// Whether the key was released.
    pub(crate) end: bool,
    /// Since the timestamp of the packet, in ticks of the payload's clock.
    pub(crate) duration: u16,
}

/// Power of the tone below 0 dBm0, in dB.
const VOLUME: u8 = 10;

impl TelephoneEventPayload {
    /// Reads a payload; `None` when it is too short. Bytes after the first four are further events, which nobody sends.
    pub(crate) fn parse(payload: &[u8]) -> Option<Self> {
        match payload {
            [event, flags, high, low, ..] => {
                Some(Self { event: *event, end: flags & 0x80 != 0, duration: u16::from_be_bytes([*high, *low]) })
            }
            _ => None,
        }
    }

    /// The payload on the wire.
    pub(crate) fn to_bytes(self) -> [u8; 4] {
        let [high, low] = self.duration.to_be_bytes();
        [self.event, if self.end { 0x80 | VOLUME } else { VOLUME }, high, low]
    }
}
