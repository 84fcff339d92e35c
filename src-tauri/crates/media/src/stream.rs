//! The audio of one media session: packets on one side, 10 ms frames on the other.
//!
//! [`AudioStream`] belongs to the session's task and deals in packets; [`StreamLeg`] belongs to the hub's thread and deals in
//! frames. Between them are rings, so neither ever waits for the other. The jitter buffer and the decoders live in the leg:
//! what the hub is about to play is decoded right then, which saves one hand-over.

mod bell;
mod inbound;
mod leg;
mod outbound;
mod redundancy;
#[cfg(test)]
mod tests;
mod watch;

use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use model::{Codec, DtmfDigit, Instant, MediaDirection, MediaStatistics, MediaTrouble, PathAddresses};
use rtrb::RingBuffer;

pub use self::{bell::Bell, leg::StreamLeg};
use self::{
    inbound::Inbound,
    leg::{Figures, LegEnds},
    outbound::Outbound,
    watch::Watch,
};
use crate::{
    Negotiated, PeerStatistics, RtpPacket,
    codec::{CodecError, SAMPLES_PER_MS},
    quality::{WORST_MOS, dbfs, mos},
};

/// Frames of microphone that may wait for the session's task: 200 ms.
const CAPTURED_FRAMES: usize = 20;

/// Payloads that may wait for the hub's next pull, with their copies; a network that was stuck delivers many at once.
const INBOX: usize = 256;

/// What a packet takes besides the network and the buffer: capture, half a packet of waiting at the hub's steps, codec and
/// playout, in ms. Only for the estimate of quality.
const FIXED_DELAY_MS: f64 = 26.5;

/// How far the share of made-up sound moves to what the last second says, for the estimate of quality.
const RECENT: f64 = 0.2;

/// Target of Opus in bit/s. By PESQ-WB of one voice without loss: 3.90 at 32,000, 4.17 at 40,000, 4.34 at 48,000, while a packet of
/// 20 ms with its headers grows by a seventh and a third; sound that is coded again, in a conference, needs it most (3.51, 3.86).
const BITRATE: u32 = 40_000;

/// How the user wants audio sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamSettings {
    /// Audio per packet in ms, when the far end has no wish: 10 or 20.
    pub packet_ms: u32,
    /// Whether Opus may send nothing while nobody speaks.
    pub dtx: bool,
    /// Target of Opus in bit/s, when the far end sets no lower limit.
    pub bitrate: u32,
    /// Most of Opus in bit/s, with all that helps against loss; none where only the far end sets limits.
    pub max_bitrate: Option<u32>,
}

impl Default for StreamSettings {
    fn default() -> Self {
        Self { packet_ms: 20, dtx: false, bitrate: BITRATE, max_bitrate: None }
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
    codec: Option<Codec>,
    packet_ms: u32,
    inbound: Inbound,
    outbound: Outbound,
    watch: Watch,
    figures: Arc<Figures>,
    bell: Bell,
    /// What was played and made up at the last statistics, and the share of late.
    counted: (u64, u64),
    concealed_lately: f64,
}

impl AudioStream {
    /// A stream that waits for an agreement, and the leg that goes to the hub. `seed` decides the first sequence number and
    /// timestamp, which must not be guessable (RFC 3550 section 5.1); the hub rings `bell` for each whole packet of microphone.
    pub fn open(settings: StreamSettings, seed: u64, bell: Bell) -> (Self, StreamLeg) {
        let (captured, from_microphone) = RingBuffer::new(CAPTURED_FRAMES);
        let (to_leg, inbox) = RingBuffer::new(INBOX);
        let (spent, from_leg) = RingBuffer::new(INBOX);
        let figures = Arc::<Figures>::default();
        let leg = StreamLeg::new(LegEnds { captured, ringer: bell.ringer(), inbox, spent, figures: Arc::clone(&figures) });
        let stream = Self {
            codec: None,
            packet_ms: settings.packet_ms,
            inbound: Inbound::new(to_leg, from_leg, Arc::clone(&figures)),
            outbound: Outbound::new(settings, seed, from_microphone),
            watch: Watch::default(),
            figures,
            bell,
            counted: (0, 0),
            concealed_lately: 0.0,
        };
        (stream, leg)
    }

    /// Puts an agreement in force; sequence numbers and timestamps go on. May be called at any time.
    pub fn configure(&mut self, negotiated: &Negotiated) -> Result<(), CodecError> {
        self.inbound.configure(negotiated)?;
        self.outbound.configure(negotiated)?;
        self.codec = Some(negotiated.send.codec);
        self.packet_ms = self.outbound.packet_ms();
        // Who holds us may send music, or nothing at all.
        let is_held = !negotiated.remote.receives();
        self.watch.direct(if is_held { MediaDirection::Inactive } else { negotiated.direction });
        Ok(())
    }

    /// Takes a packet from the wire. A key that the far end pressed is returned once, when it is complete.
    pub fn received(&mut self, now: Instant, packet: RtpPacket) -> Option<DtmfEvent> {
        self.watch.tick(now);
        self.watch.arrived();
        self.inbound.received(now, packet)
    }

    /// Keys whose end was lost are complete after a while; call it several times a second.
    pub fn late_dtmf(&mut self, now: Instant) -> Option<DtmfEvent> {
        self.watch.tick(now);
        self.inbound.late_dtmf(now)
    }

    /// Returns when a whole packet of microphone is there. Cancel-safe.
    pub async fn ready(&mut self) {
        loop {
            self.figures.needed_frames.store(self.outbound.needed_frames(), Relaxed);
            if self.outbound.ready() {
                return;
            }
            self.bell.rung().await;
        }
    }

    /// Appends what is to be sent now to `out`: all whole packets that the hub has pushed, or the digit on its way.
    pub fn packets(&mut self, now: Instant, out: &mut Vec<RtpPacket>) {
        self.watch.tick(now);
        let before = out.len();
        self.outbound.packets(&mut self.watch, out);
        if out.len() > before {
            self.watch.left();
        }
        self.inbound.tidy();
    }

    /// Queues digits behind those that still wait (RFC 4733); `false` when the far end takes none, or no more.
    pub fn send_dtmf(&mut self, digits: &[DtmfDigit], tone: Duration, gap: Duration) -> bool {
        self.outbound.send_dtmf(digits, tone, gap)
    }

    /// Whether no digit waits or is on its way.
    pub fn dtmf_idle(&self) -> bool {
        self.outbound.dtmf_idle()
    }

    /// Whether the path is up. Trouble is only told of, and audio made, while it is; digits wait for it.
    pub fn set_connected(&mut self, now: Instant, connected: bool) {
        self.watch.tick(now);
        self.watch.connected(connected);
        self.outbound.set_connected(connected);
    }

    /// Holds a key down, behind digits still queued; `false` when the far end takes none.
    pub fn press_key(&mut self, digit: DtmfDigit) -> bool {
        self.outbound.press_key(digit)
    }

    /// Lets the key go.
    pub fn release_key(&mut self) {
        self.outbound.release_key();
    }

    /// Whether the hub has let the leg go: then nobody is heard any more, and nobody hears.
    pub fn leg_is_gone(&self) -> bool {
        self.outbound.leg_is_gone()
    }

    /// Whether the hub gives zeros on purpose, because the user muted the microphone or it is not routed here; then they are
    /// no trouble. A gate that opens only in speech must let some noise through, or it counts as silence.
    pub fn set_muted(&mut self, muted: bool) {
        self.watch.mute(muted);
    }

    /// The figures as of now; also answers the loss that the far end reports by what is sent from now on. Call it about once
    /// a second.
    pub fn statistics(&mut self, now: Instant, peer: &PeerStatistics) -> MediaStatistics {
        self.watch.tick(now);
        self.outbound.follow_loss(peer.fraction_lost_out.unwrap_or(0.0));
        let (played, concealed) = (self.figures.played.load(Relaxed), self.figures.concealed.load(Relaxed));
        let share = |concealed: u64, played: u64| (concealed as f64 / played.max(1) as f64).min(1.0);
        let (played_before, concealed_before) = std::mem::replace(&mut self.counted, (played, concealed));
        if played > played_before {
            let recent = share(concealed.saturating_sub(concealed_before), played - played_before);
            self.concealed_lately += (recent - self.concealed_lately) * RECENT;
        }
        let trouble = self.watch.trouble(now);
        let buffer_ms = self.figures.delay.load(Relaxed) as f64 / SAMPLES_PER_MS as f64;
        let one_way_ms = peer.round_trip_ms.unwrap_or(0.0) / 2.0 + buffer_ms + f64::from(self.packet_ms) + FIXED_DELAY_MS;
        MediaStatistics {
            codec: self.codec,
            packets_sent: self.outbound.sent(),
            packets_received: self.inbound.reception().received(),
            loss_in: self.inbound.loss(),
            loss_out: peer.fraction_lost_out.unwrap_or(0.0),
            jitter_ms: self.inbound.reception().jitter_ms(),
            round_trip_ms: peer.round_trip_ms,
            buffer_ms,
            concealed: share(concealed, played),
            mos: self.inbound.codec().map(|codec| match trouble {
                Some(MediaTrouble::NoPacketsIn) => WORST_MOS,
                _ => mos(codec, self.concealed_lately, one_way_ms),
            }),
            pair: peer.pair,
            addresses: peer
                .addresses
                .map(|(local, remote)| PathAddresses { local: local.to_string().into(), remote: remote.to_string().into() }),
            trouble,
            level_in_dbfs: dbfs(f64::from(f32::from_bits(self.figures.power.load(Relaxed)))),
            level_out_dbfs: dbfs(f64::from(self.outbound.power())),
        }
    }

    /// What is wrong now.
    pub fn trouble(&self, now: Instant) -> Option<MediaTrouble> {
        self.watch.trouble(now)
    }
}
