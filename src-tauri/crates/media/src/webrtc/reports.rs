//! RTCP sender and receiver reports (RFC 3550 section 6.4) for one stream each way. Pure.

use std::time::{Duration, Instant};

use bytes::{Buf, BufMut, BytesMut};

use crate::RtpPacket;

/// RTCP of one audio stream may take 5 % of it (RFC 3550 section 6.2); a report a second takes less, and RED follows loss
/// the quicker.
const INTERVAL: Duration = Duration::from_secs(1);
const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const SOURCE_DESCRIPTION: u8 = 202;
const GOODBYE: u8 = 203;

/// What the far end says about what we send.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Feedback {
    pub round_trip: Option<Duration>,
    /// 0 to 1.
    pub fraction_lost: Option<f64>,
    /// In ticks of our clock.
    pub jitter_ticks: Option<u32>,
}

/// Counts packets both ways and writes and reads the reports.
pub(crate) struct Reports {
    /// NTP timestamps count from here: a report's reader only looks at differences (RFC 3550 section 6.4.1).
    epoch: Instant,
    next_at: Instant,
    sent: Option<Sent>,
    received: Option<Received>,
    /// Used in reports as long as nothing was sent.
    own_ssrc: u32,
    feedback: Feedback,
}

struct Sent {
    ssrc: u32,
    packets: u32,
    octets: u32,
    last: (u32, Instant),
    /// Since the last report.
    fresh: bool,
    clock_hz: u32,
}

struct Received {
    ssrc: u32,
    base: i64,
    highest: i64,
    packets: i64,
    expected_before: i64,
    packets_before: i64,
    transit: Option<(u8, i64)>,
    jitter: f64,
    last_report: Option<(u32, Instant)>,
}

impl Reports {
    pub(crate) fn new(now: Instant, own_ssrc: u32) -> Self {
        Self { epoch: now, next_at: now + INTERVAL / 2, sent: None, received: None, own_ssrc, feedback: Feedback::default() }
    }

    pub(crate) fn feedback(&self) -> Feedback {
        self.feedback
    }

    /// Ticks of our stream's clock per second, as far as payload types tell.
    pub(crate) fn sent_clock_hz(&self) -> u32 {
        self.sent.as_ref().map_or(48_000, |sent| sent.clock_hz)
    }

    pub(crate) fn on_sent(&mut self, now: Instant, packet: &RtpPacket) {
        let (packets, octets) = match &self.sent {
            Some(sent) if sent.ssrc == packet.ssrc => (sent.packets, sent.octets),
            _ => (0, 0),
        };
        self.sent = Some(Sent {
            ssrc: packet.ssrc,
            packets: packets.wrapping_add(1),
            octets: octets.wrapping_add(u32::try_from(packet.payload.len()).unwrap_or(u32::MAX)),
            last: (packet.timestamp, now),
            fresh: true,
            clock_hz: clock_hz(packet.payload_type),
        });
    }

    pub(crate) fn on_received(&mut self, now: Instant, packet: &RtpPacket) {
        let sequence = i64::from(packet.sequence);
        let received = match &mut self.received {
            Some(received) if received.ssrc == packet.ssrc => received,
            other => other.insert(Received {
                ssrc: packet.ssrc,
                base: sequence,
                highest: sequence - 1,
                packets: 0,
                expected_before: 0,
                packets_before: 0,
                transit: None,
                jitter: 0.0,
                last_report: None,
            }),
        };
        let step = i64::from(packet.sequence.wrapping_sub(received.highest as u16) as i16);
        received.highest = received.highest.max(received.highest + step);
        received.packets += 1;
        let clock = f64::from(clock_hz(packet.payload_type));
        let arrival = (now.saturating_duration_since(self.epoch).as_secs_f64() * clock) as i64;
        let transit = arrival - i64::from(packet.timestamp);
        if let Some((payload_type, before)) = received.transit
            && payload_type == packet.payload_type
        {
            // A jump of the timestamp is no jitter.
            let difference = (transit - before).abs().min(clock as i64) as f64;
            received.jitter += (difference - received.jitter) / 16.0;
        }
        received.transit = Some((packet.payload_type, transit));
    }

    /// When the next report is due.
    pub(crate) fn poll_timeout(&self) -> Instant {
        self.next_at
    }

    /// Writes a report when one is due.
    pub(crate) fn report(&mut self, now: Instant) -> Option<BytesMut> {
        if now < self.next_at {
            return None;
        }
        self.next_at = now + INTERVAL;
        Some(self.compound(now, None))
    }

    /// The last report, with BYE.
    pub(crate) fn goodbye(&mut self, now: Instant) -> BytesMut {
        self.compound(now, Some(GOODBYE))
    }

    fn compound(&mut self, now: Instant, end: Option<u8>) -> BytesMut {
        let ntp = self.ntp(now);
        let mut out = BytesMut::with_capacity(128);
        let blocks: u8 = self.received.is_some().into();
        let ssrc = match &mut self.sent {
            Some(sent) if sent.fresh => {
                sent.fresh = false;
                header(&mut out, blocks, SENDER_REPORT, 6 + u16::from(blocks) * 6);
                let since = now.saturating_duration_since(sent.last.1).as_secs_f64() * f64::from(sent.clock_hz);
                out.put_u32(sent.ssrc);
                out.put_u64(ntp);
                out.put_u32(sent.last.0.wrapping_add(since as u32));
                out.put_u32(sent.packets);
                out.put_u32(sent.octets);
                sent.ssrc
            }
            sent => {
                let ssrc = sent.as_ref().map_or(self.own_ssrc, |sent| sent.ssrc);
                header(&mut out, blocks, RECEIVER_REPORT, 1 + u16::from(blocks) * 6);
                out.put_u32(ssrc);
                ssrc
            }
        };
        if let Some(received) = &mut self.received {
            received.block(now, &mut out);
        }
        // CNAME is obliged to be in each compound (RFC 3550 section 6.1); a random one tells nothing (RFC 7022).
        let name = format!("{:08x}", self.own_ssrc);
        header(&mut out, 1, SOURCE_DESCRIPTION, 4);
        out.put_u32(ssrc);
        out.put_slice(&[1, 8]);
        out.put_slice(name.as_bytes());
        out.put_slice(&[0, 0]);
        if let Some(end) = end {
            header(&mut out, 1, end, 1);
            out.put_u32(ssrc);
        }
        out
    }

    /// Reads a compound packet of the far end; what is not understood is passed over.
    pub(crate) fn handle(&mut self, now: Instant, mut bytes: &[u8]) {
        while bytes.len() >= 8 && bytes[0] >> 6 == 2 {
            let (count, kind) = (usize::from(bytes[0] & 0x1f), bytes[1]);
            let length = 4 * (usize::from(u16::from_be_bytes([bytes[2], bytes[3]])) + 1);
            let Some((packet, rest)) = bytes.split_at_checked(length) else { return };
            bytes = rest;
            let Some((_, mut body)) = packet.split_at_checked(4) else { return };
            if !matches!(kind, SENDER_REPORT | RECEIVER_REPORT) || body.len() < 4 {
                continue;
            }
            let ssrc = body.get_u32();
            if kind == SENDER_REPORT {
                if body.len() < 20 {
                    continue;
                }
                let ntp = body.get_u64();
                body.advance(12);
                if let Some(received) = self.received.as_mut().filter(|received| received.ssrc == ssrc) {
                    received.last_report = Some(((ntp >> 16) as u32, now));
                }
            }
            for block in body.chunks_exact(24).take(count) {
                self.handle_block(now, block);
            }
        }
    }

    fn handle_block(&mut self, now: Instant, mut block: &[u8]) {
        let (about, loss, _highest) = (block.get_u32(), block.get_u32(), block.get_u32());
        let (jitter, last_report, delay) = (block.get_u32(), block.get_u32(), block.get_u32());
        if self.sent.as_ref().is_none_or(|sent| sent.ssrc != about) {
            return;
        }
        self.feedback.fraction_lost = Some(f64::from(loss >> 24) / 256.0);
        self.feedback.jitter_ticks = Some(jitter);
        if last_report != 0 {
            let now = (self.ntp(now) >> 16) as u32;
            let round_trip = now.wrapping_sub(last_report).wrapping_sub(delay);
            // Above a minute, or below zero, one of the clocks lies.
            if round_trip < 60 << 16 {
                self.feedback.round_trip = Some(Duration::from_secs_f64(f64::from(round_trip) / 65_536.0));
            }
        }
    }

    fn ntp(&self, now: Instant) -> u64 {
        let since = now.saturating_duration_since(self.epoch);
        // An offset keeps the middle 32 bits from being zero, which means "no report yet".
        ((since.as_secs() + 1) << 32) | ((u64::from(since.subsec_nanos()) << 32) / 1_000_000_000)
    }
}

impl Received {
    fn block(&mut self, now: Instant, out: &mut BytesMut) {
        let expected = self.highest - self.base + 1;
        let lost = (expected - self.packets).clamp(0, 0x7f_ffff);
        let (expected_now, packets_now) = (expected - self.expected_before, self.packets - self.packets_before);
        (self.expected_before, self.packets_before) = (expected, self.packets);
        let fraction = match expected_now {
            1.. => ((expected_now - packets_now).max(0) * 256 / expected_now).min(255),
            _ => 0,
        };
        out.put_u32(self.ssrc);
        out.put_u32((fraction as u32) << 24 | lost as u32);
        out.put_u32(self.highest as u32);
        out.put_u32(self.jitter as u32);
        let (report, delay) = match self.last_report {
            Some((report, at)) => (report, now.saturating_duration_since(at).as_secs_f64() * 65_536.0),
            None => (0, 0.0),
        };
        out.put_u32(report);
        out.put_u32(delay as u32);
    }
}

fn header(out: &mut BytesMut, count: u8, kind: u8, words: u16) {
    out.put_u8(0x80 | count);
    out.put_u8(kind);
    out.put_u16(words);
}

/// Static payload types of audio have a clock of 8000 (RFC 3551); the dynamic ones here are nearly always Opus.
fn clock_hz(payload_type: u8) -> u32 {
    if payload_type < 35 { 8_000 } else { 48_000 }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "an Instant of the RTC crates can be had in no other way")]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn packet(sequence: u16) -> RtpPacket {
        let timestamp = u32::from(sequence) * 960;
        RtpPacket { payload_type: 111, marker: false, sequence, timestamp, ssrc: 7, payload: Bytes::from_static(&[1; 80]) }
    }

    #[test]
    fn two_ends_learn_loss_and_round_trip_from_each_other() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let (mut near, mut far) = (Reports::new(start, 1), Reports::new(start, 2));
        for sequence in 65_500..65_600_u32 {
            near.on_sent(at(0), &packet(sequence as u16));
            if sequence % 4 != 3 {
                far.on_received(at(10), &packet(sequence as u16));
            }
        }
        let report = near.report(at(600)).expect("a report is due");
        far.handle(at(620), &report);
        let answer = far.report(at(1_000)).expect("a report is due");
        near.handle(at(1_030), &answer);
        let feedback = near.feedback();
        let lost = feedback.fraction_lost.expect("the far end reported");
        assert!((lost - 0.25).abs() < 0.02, "{lost}");
        let round_trip = feedback.round_trip.expect("the far end answered a sender report").as_secs_f64();
        assert!((round_trip - 0.05).abs() < 0.001, "{round_trip}");
    }

    #[test]
    fn nothing_is_reported_before_it_is_due_and_garbage_is_passed_over() {
        let start = Instant::now();
        let mut reports = Reports::new(start, 1);
        assert_eq!(reports.report(start), None);
        for length in 0..64_u8 {
            for first in [0x80, 0x81, 0x9f, 0xff] {
                let bytes: Vec<u8> = [first, 200, 0, length].into_iter().chain((0..length).map(|n| n.wrapping_mul(37))).collect();
                reports.handle(start, &bytes);
            }
        }
        assert_eq!(reports.feedback(), Feedback::default());
    }
}
