//! From the hub's thread to the wire.

use std::time::Duration;

use audio::Frame;
use bytes::Bytes;
use model::{Codec, DtmfDigit};
use rtrb::Consumer;

use super::{
    StreamSettings,
    redundancy::{LossFollower, Redundancy},
    watch::Watch,
};
use crate::{
    Negotiated, RtpPacket, TelephoneEvent,
    codec::{CodecError, Encoder, OpusTuning, clock_hz},
    dtmf::DtmfSender,
    quality::Meter,
    red::RedEncoder,
    rtp::Numbering,
};

/// Milliseconds of a frame.
const FRAME_MS: u32 = 10;

/// Packets of a digit are so far apart.
const DTMF_STEP_MS: u32 = 20;

/// Longest packet sent.
const LONGEST_PACKET_MS: u32 = 60;

/// Lowest and highest bitrate of Opus that is sent (RFC 7587 section 6.1 allows 6000 to 510000).
const BITRATES: std::ops::RangeInclusive<u32> = 8_000..=128_000;

/// What coarse copies may cost beside the audio itself. By PESQ at 10 % loss: 2.77 when they are taken from the audio's own
/// bitrate, 3.18 with this much more, which is a sixth of what whole copies cost.
const FEC_BITRATE: u32 = 16_000;

/// The sending half of a stream.
pub(super) struct Outbound {
    settings: StreamSettings,
    agreed: Option<Agreed>,
    packet_ms: u32,
    numbering: Numbering,
    dtmf: DtmfSender,
    red: RedEncoder,
    loss: LossFollower,
    /// Whether packets reach anybody.
    connected: bool,
    captured: Consumer<Frame>,
    samples: Vec<f32>,
    payload: Vec<u8>,
    meter: Meter,
    power: f32,
    /// The next audio packet is the first after a pause (RFC 3551 section 4.1).
    talkspurt: bool,
    sent: u32,
}

/// What sending needs of an agreement.
struct Agreed {
    negotiated: Negotiated,
    encoder: Encoder,
    redundancy: Redundancy,
}

impl Outbound {
    pub(super) fn new(settings: StreamSettings, seed: u64, captured: Consumer<Frame>) -> Self {
        Self {
            settings,
            agreed: None,
            packet_ms: packet_ms(settings.packet_ms),
            numbering: Numbering::new(seed),
            dtmf: DtmfSender::new(),
            red: RedEncoder::new(),
            loss: LossFollower::default(),
            connected: false,
            captured,
            samples: Vec::new(),
            payload: Vec::new(),
            meter: Meter::default(),
            power: 0.0,
            talkspurt: true,
            sent: 0,
        }
    }

    pub(super) fn configure(&mut self, negotiated: &Negotiated) -> Result<(), CodecError> {
        self.packet_ms = packet_ms(negotiated.packet_ms.unwrap_or(self.settings.packet_ms));
        let before = self.agreed.take();
        let redundancy = self.loss.answer(negotiated.red.is_some(), negotiated.send.fec);
        let tuning = self.tuning(negotiated, redundancy);
        let encoder = match before {
            // The encoder's state goes on through a hold or a new direction.
            Some(Agreed { negotiated: old, mut encoder, .. }) if old.send.codec == negotiated.send.codec => {
                encoder.tune(tuning)?;
                encoder
            }
            _ => {
                self.red.clear();
                Encoder::new(negotiated.send.codec, tuning)?
            }
        };
        if negotiated.telephone_events.is_empty() {
            self.dtmf.clear();
        }
        self.agreed = Some(Agreed { negotiated: negotiated.clone(), encoder, redundancy });
        Ok(())
    }

    /// Audio per packet now, in ms.
    pub(super) fn packet_ms(&self) -> u32 {
        self.packet_ms
    }

    /// Whether a whole packet can be made.
    pub(super) fn ready(&self) -> bool {
        self.captured.slots() >= self.needed_frames()
    }

    /// Frames of the microphone that the next packet takes.
    pub(super) fn needed_frames(&self) -> usize {
        let needed_ms = if self.dials() { DTMF_STEP_MS } else { self.packet_ms };
        (needed_ms / FRAME_MS) as usize
    }

    pub(super) fn set_connected(&mut self, connected: bool) {
        self.connected = connected;
    }

    /// Whether digits are sent now, and not audio. While there is no path they wait: sound may be lost, a key may not.
    fn dials(&self) -> bool {
        self.connected && !self.dtmf.idle() && self.agreed.as_ref().is_some_and(|agreed| agreed.negotiated.direction.sends())
    }

    pub(super) fn packets(&mut self, watch: &mut Watch, out: &mut Vec<RtpPacket>) {
        while self.ready() {
            let dials = self.dials();
            self.take(if dials { DTMF_STEP_MS } else { self.packet_ms }, watch);
            let packet = if dials { self.digit() } else { self.audio() };
            self.sent = self.sent.saturating_add(u32::from(packet.is_some()));
            out.extend(packet);
        }
    }

    pub(super) fn send_dtmf(&mut self, digits: &[DtmfDigit], tone: Duration, gap: Duration) -> bool {
        self.agreed.as_ref().is_some_and(|agreed| !agreed.negotiated.telephone_events.is_empty())
            && self.dtmf.queue(digits, tone, gap)
    }

    pub(super) fn press_key(&mut self, digit: DtmfDigit) -> bool {
        self.agreed.as_ref().is_some_and(|agreed| !agreed.negotiated.telephone_events.is_empty()) && self.dtmf.press(digit)
    }

    pub(super) fn release_key(&mut self) {
        self.dtmf.release();
    }

    pub(super) fn leg_is_gone(&self) -> bool {
        self.captured.is_abandoned()
    }

    pub(super) fn dtmf_idle(&self) -> bool {
        self.dtmf.idle()
    }

    /// Answers the loss that the far end reports.
    pub(super) fn follow_loss(&mut self, loss: f64) {
        self.loss.reported(loss);
        let Some(agreed) = &self.agreed else { return };
        let redundancy = self.loss.answer(agreed.negotiated.red.is_some(), agreed.negotiated.send.fec);
        let tuning = self.tuning(&agreed.negotiated, redundancy);
        if let Some(agreed) = &mut self.agreed
            && agreed.redundancy != redundancy
        {
            match agreed.encoder.tune(tuning) {
                Ok(()) => agreed.redundancy = redundancy,
                Err(error) => tracing::warn!(%error, "the encoder keeps its tuning"),
            }
        }
    }

    pub(super) fn sent(&self) -> u32 {
        self.sent
    }

    /// Mean power of the microphone over 100 ms.
    pub(super) fn power(&self) -> f32 {
        self.power
    }

    fn tuning(&self, negotiated: &Negotiated, redundancy: Redundancy) -> OpusTuning {
        let limits = [negotiated.send.max_bitrate, self.settings.max_bitrate];
        let limit = limits.into_iter().flatten().min().unwrap_or(*BITRATES.end());
        OpusTuning {
            bitrate: (self.settings.bitrate + if redundancy.fec { FEC_BITRATE } else { 0 })
                .min(limit)
                .clamp(*BITRATES.start(), *BITRATES.end()),
            fec: redundancy.fec,
            loss_percent: redundancy.loss_percent,
            dtx: self.settings.dtx,
        }
    }

    /// Takes `ms` of microphone.
    fn take(&mut self, ms: u32, watch: &mut Watch) {
        self.samples.clear();
        for _ in 0..ms / FRAME_MS {
            let Ok(frame) = self.captured.pop() else { return };
            watch.heard(frame.iter().all(|sample| *sample == 0.0));
            if let Some(power) = self.meter.frame(&frame) {
                self.power = power;
            }
            self.samples.extend_from_slice(&frame);
        }
    }

    /// The samples taken as a packet, when one is due.
    fn audio(&mut self) -> Option<RtpPacket> {
        let agreed = self.agreed.as_mut()?;
        let Negotiated { send, direction, red, .. } = &agreed.negotiated;
        let timestamp = self.numbering.timestamp();
        self.numbering.advance(self.packet_ms * clock_hz(send.codec) / 1_000);
        if !direction.sends() || !self.connected {
            self.talkspurt = true;
            return None;
        }
        self.payload.clear();
        match agreed.encoder.encode(&self.samples, &mut self.payload) {
            Ok(true) => {}
            Ok(false) => {
                self.talkspurt = true;
                return None;
            }
            Err(error) => {
                tracing::debug!(%error, "a packet is left out");
                return None;
            }
        }
        let payload = Bytes::copy_from_slice(&self.payload);
        let marker = std::mem::replace(&mut self.talkspurt, false);
        let (number, sent) = match red.filter(|_| send.codec == Codec::Opus && agreed.redundancy.copies > 0) {
            Some(red) => (red, self.red.encode(send.number, timestamp, &payload, agreed.redundancy.copies)),
            None => (send.number, payload.clone()),
        };
        if red.is_some() {
            self.red.remember(timestamp, &payload);
        }
        Some(self.numbering.packet(number, marker, timestamp, sent))
    }

    /// The next packet of a digit, when one is due; the audio of its time is not sent.
    fn digit(&mut self) -> Option<RtpPacket> {
        let negotiated = &self.agreed.as_ref()?.negotiated;
        let audio_hz = clock_hz(negotiated.send.codec);
        let Some(event) = telephone_event(negotiated, audio_hz) else {
            self.dtmf.clear();
            return None;
        };
        self.talkspurt = true;
        let timestamp = self.numbering.timestamp();
        self.numbering.advance(DTMF_STEP_MS * audio_hz / 1_000);
        let step = self.dtmf.step(timestamp, audio_hz, event.clock_hz)?;
        let payload = Bytes::copy_from_slice(&step.payload.to_bytes());
        Some(self.numbering.packet(event.number, step.marker, step.timestamp, payload))
    }
}

/// The payload type with the audio's clock, or else another.
fn telephone_event(negotiated: &Negotiated, audio_hz: u32) -> Option<TelephoneEvent> {
    let events = &negotiated.telephone_events;
    events.iter().find(|event| event.clock_hz == audio_hz).or(events.first()).copied()
}

/// A packet length that every codec can make: 10, 20, 40 or 60 ms.
fn packet_ms(wanted: u32) -> u32 {
    match wanted {
        0..20 => 10,
        20..40 => 20,
        40..LONGEST_PACKET_MS => 40,
        _ => LONGEST_PACKET_MS,
    }
}
