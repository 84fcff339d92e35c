//! From the wire to the hub's thread.

use std::sync::{Arc, atomic::Ordering::Relaxed};

use bytes::Bytes;
use model::{Codec, Instant};
use rtrb::{Consumer, Producer};

use super::{
    DtmfEvent,
    leg::{Figures, Spent, ToLeg},
};
use crate::{
    Negotiated, Payload, RtpPacket,
    codec::{CodecError, Decoders, clock_hz, duration},
    dtmf::DtmfReceiver,
    jitter::Coded,
    red,
    rtp::{Arrival, Reception},
};

/// What a packet is, by its payload type.
#[derive(Clone, Copy)]
enum Kind {
    Audio(Codec),
    Red,
    TelephoneEvent { clock_hz: u32 },
}

/// The receiving half of a stream.
pub(super) struct Inbound {
    negotiated: Option<Negotiated>,
    /// What was to be received by the agreement before: it still comes until the far end knows of the new one.
    before: Vec<Payload>,
    reception: Reception,
    dtmf: DtmfReceiver,
    codec: Option<Codec>,
    to_leg: Producer<ToLeg>,
    from_leg: Consumer<Spent>,
    figures: Arc<Figures>,
    /// Decoders that found the ring full; they may not be lost.
    decoders: Option<Box<Decoders>>,
    /// What those in use decode.
    decodes: Vec<Codec>,
}

impl Inbound {
    pub(super) fn new(to_leg: Producer<ToLeg>, from_leg: Consumer<Spent>, figures: Arc<Figures>) -> Self {
        Self {
            negotiated: None,
            before: Vec::new(),
            reception: Reception::default(),
            dtmf: DtmfReceiver::default(),
            codec: None,
            to_leg,
            from_leg,
            figures,
            decoders: None,
            decodes: Vec::new(),
        }
    }

    pub(super) fn configure(&mut self, negotiated: &Negotiated) -> Result<(), CodecError> {
        let codecs = |payloads: &[Payload]| payloads.iter().map(|payload| payload.codec).collect::<Vec<_>>();
        let before = self.negotiated.as_ref().map(|before| &before.receive).filter(|before| **before != negotiated.receive);
        if let Some(before) = before {
            self.before.clone_from(before);
        }
        let wanted = [codecs(&negotiated.receive), codecs(&self.before)].concat();
        // Decoders keep their state as long as they serve.
        if !wanted.iter().all(|codec| self.decodes.contains(codec)) {
            self.decoders = Some(Box::new(Decoders::new(wanted.iter().copied())?));
            // Beside Opus there is one for each, wanted or not.
            self.decodes = [&wanted[..], &[Codec::G722, Codec::Pcmu, Codec::Pcma]].concat();
        }
        let receives = |agreed: &Negotiated| agreed.direction.receives();
        if receives(negotiated) && self.negotiated.as_ref().is_some_and(|before| !receives(before)) {
            self.reception.resume();
        }
        self.negotiated = Some(negotiated.clone());
        self.tidy();
        Ok(())
    }

    pub(super) fn received(&mut self, now: Instant, packet: RtpPacket) -> Option<DtmfEvent> {
        // Without a payload it only keeps the way open (RFC 6263 section 4.1).
        let kind = self.kind(packet.payload_type).filter(|_| !packet.payload.is_empty());
        // Some gateways send keys, or noise, from a source of their own: only sound takes the place of sound.
        if !matches!(kind, Some(Kind::Audio(_) | Kind::Red)) && self.reception.is_elsewhere(&packet) {
            return match kind {
                Some(Kind::TelephoneEvent { clock_hz }) => self.dtmf.received(now, &packet, clock_hz),
                Some(Kind::Audio(_) | Kind::Red) | None => self.dtmf.timeout(now),
            };
        }
        let (number, restarted) = match self.reception.arrived(now, &packet) {
            Arrival::New(number) => (number, false),
            Arrival::Restarted(number) => (number, true),
            Arrival::Repeated => return None,
        };
        let receives = self.negotiated.as_ref()?.direction.receives();
        if !receives || matches!(kind, None | Some(Kind::TelephoneEvent { .. })) {
            // Digits, comfort noise, what comes while the far end is held. A full ring means that nobody pulls.
            let _told = self.to_leg.push(ToLeg::NotAudio(number));
        }
        match kind? {
            Kind::TelephoneEvent { clock_hz } => return self.dtmf.received(now, &packet, clock_hz),
            Kind::Audio(codec) => {
                self.reception.timed(now, packet.timestamp, clock_hz(codec));
                self.codec = Some(codec);
                if receives {
                    let RtpPacket { timestamp, payload, .. } = packet;
                    self.hand_over(now, Coded { codec, number, timestamp, restarted, copy: false, payload });
                }
            }
            Kind::Red => {
                self.reception.timed(now, packet.timestamp, clock_hz(Codec::Opus));
                self.codec = Some(Codec::Opus);
                if receives {
                    self.split(now, number, restarted, packet.timestamp, &packet.payload);
                }
            }
        }
        self.dtmf.timeout(now)
    }

    pub(super) fn late_dtmf(&mut self, now: Instant) -> Option<DtmfEvent> {
        self.dtmf.timeout(now)
    }

    /// Frees what the hub's thread gave back, and hands it decoders that wait.
    pub(super) fn tidy(&mut self) {
        while self.from_leg.pop().is_ok() {}
        if let Some(decoders) = self.decoders.take()
            && let Err(rtrb::PushError::Full(ToLeg::Decoders(decoders))) = self.to_leg.push(ToLeg::Decoders(decoders))
        {
            self.decoders = Some(decoders);
        }
    }

    pub(super) fn reception(&self) -> &Reception {
        &self.reception
    }

    /// The codec received last.
    pub(super) fn codec(&self) -> Option<Codec> {
        self.codec
    }

    /// Share of the expected packets that never came or came too late, 0 to 1.
    pub(super) fn loss(&self) -> f64 {
        let late = self.figures.late.load(Relaxed) as f64 / f64::from(self.reception.received().max(1));
        let lost = self.reception.loss();
        (lost + (1.0 - lost) * late).clamp(0.0, 1.0)
    }

    fn split(&mut self, now: Instant, number: i64, restarted: bool, timestamp: u32, payload: &Bytes) {
        let Some(blocks) = red::split(payload) else { return };
        let last = blocks.len().saturating_sub(1);
        for (order, block) in blocks.into_iter().enumerate() {
            let opus = self.kind(block.payload_type);
            let (Some(Kind::Audio(codec)), false) = (opus, block.payload.is_empty()) else { continue };
            // Copies carry no sequence number; their packets were as long as they are.
            let back = i64::from(block.offset) / duration(codec, &block.payload).map_or(i64::MAX, |length| length as i64);
            let coded = Coded {
                codec,
                number: number - back,
                timestamp: timestamp.wrapping_sub(block.offset),
                restarted,
                copy: order < last,
                payload: block.payload,
            };
            // Copies of before a restart belong to another time line.
            if !(coded.copy && restarted) {
                self.hand_over(now, coded);
            }
        }
    }

    fn kind(&self, payload_type: u8) -> Option<Kind> {
        let negotiated = self.negotiated.as_ref()?;
        if negotiated.red == Some(payload_type) {
            return Some(Kind::Red);
        }
        if let Some(event) = negotiated.telephone_events.iter().find(|event| event.number == payload_type) {
            return Some(Kind::TelephoneEvent { clock_hz: event.clock_hz });
        }
        let mut payloads = negotiated.receive.iter().chain(&self.before);
        payloads.find(|payload| payload.number == payload_type).map(|payload| Kind::Audio(payload.codec))
    }

    fn hand_over(&mut self, now: Instant, coded: Coded) {
        self.tidy();
        self.figures.newest_ms.store(now.as_millis(), Relaxed);
        // A full ring means that nobody pulls; there is nobody to miss it.
        if let Err(rtrb::PushError::Full(unheard)) = self.to_leg.push(ToLeg::Coded(now.as_millis(), coded)) {
            drop(unheard);
        }
    }
}
