//! Recognises keys in whatever pattern of packets they come.

use std::time::Duration;

use model::{DtmfDigit, Instant};

use super::TelephoneEventPayload;
use crate::{DtmfEvent, RtpPacket};

/// A key whose end never came is over when nothing was heard of it for so long.
const LOST_END: Duration = Duration::from_millis(200);

/// Keys that are remembered so that late packets of them are no second key.
const REMEMBERED: usize = 8;

/// What tells one key from another: the start, not the marker bit, which some senders set on every packet and which may be
/// lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct KeyId {
    ssrc: u32,
    timestamp: u32,
    event: u8,
}

#[derive(Clone, Copy)]
struct Pressed {
    id: KeyId,
    /// Where the next segment of a long tone would begin.
    longest: u16,
    /// Ticks in the segments before this one.
    before: u32,
    clock_hz: u32,
    heard: Instant,
}

/// Tells each key once: when its end comes, when another begins, or when nothing more is heard of it.
#[derive(Default)]
pub(crate) struct DtmfReceiver {
    pressed: Option<Pressed>,
    told: [Option<KeyId>; REMEMBERED],
    next: usize,
}

impl DtmfReceiver {
    /// Takes a telephone-event packet whose clock is `clock_hz`. The key that is complete by it is returned; when it also shows
    /// that the one before is over, that one comes first and the other with the next packet or by [`Self::timeout`].
    pub(crate) fn received(&mut self, now: Instant, packet: &RtpPacket, clock_hz: u32) -> Option<DtmfEvent> {
        let payload = TelephoneEventPayload::parse(&packet.payload)?;
        DtmfDigit::from_event(payload.event)?;
        let id = KeyId { ssrc: packet.ssrc, timestamp: packet.timestamp, event: payload.event };
        if self.told.contains(&Some(id)) {
            return None;
        }
        let overtaken = match self.pressed {
            Some(mut pressed) if pressed.id == id => {
                pressed.longest = pressed.longest.max(payload.duration);
                pressed.heard = now;
                self.pressed = Some(pressed);
                None
            }
            Some(pressed) if pressed.continues_as(id) => {
                self.remember(pressed.id);
                let before = pressed.before.saturating_add(pressed.longest.into());
                self.pressed = Some(Pressed { id, longest: payload.duration, before, clock_hz, heard: now });
                None
            }
            // A packet of the key before the one that is pressed, overtaken on its way.
            Some(pressed) if (id.timestamp.wrapping_sub(pressed.id.timestamp) as i32) < 0 && id.ssrc == pressed.id.ssrc => {
                return None;
            }
            other => {
                let overtaken = other.map(|pressed| self.tell(pressed));
                self.pressed = Some(Pressed { id, longest: payload.duration, before: 0, clock_hz, heard: now });
                overtaken.flatten()
            }
        };
        if overtaken.is_some() || !payload.end {
            return overtaken;
        }
        self.pressed.take().and_then(|pressed| self.tell(pressed))
    }

    /// The key that nothing more was heard of.
    pub(crate) fn timeout(&mut self, now: Instant) -> Option<DtmfEvent> {
        let pressed = self.pressed.take_if(|pressed| now.since(pressed.heard) >= LOST_END)?;
        self.tell(pressed)
    }

    fn tell(&mut self, pressed: Pressed) -> Option<DtmfEvent> {
        self.remember(pressed.id);
        let ticks = u64::from(pressed.before) + u64::from(pressed.longest);
        let duration = Duration::from_micros(ticks * 1_000_000 / u64::from(pressed.clock_hz.max(1)));
        DtmfDigit::from_event(pressed.id.event).map(|digit| DtmfEvent { digit, duration })
    }

    fn remember(&mut self, id: KeyId) {
        if let Some(place) = self.told.get_mut(self.next) {
            *place = Some(id);
        }
        self.next = (self.next + 1) % REMEMBERED;
    }
}

impl Pressed {
    /// Whether `id` is the next segment of this tone (RFC 4733 section 2.5.1.3). Only tones near the limit of 16 bits have one.
    fn continues_as(&self, id: KeyId) -> bool {
        let step = id.timestamp.wrapping_sub(self.id.timestamp);
        id.ssrc == self.id.ssrc
            && id.event == self.id.event
            && self.longest > 0xF000
            && (u32::from(self.longest)..=u32::from(u16::MAX)).contains(&step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Far {
        receiver: DtmfReceiver,
        now: Instant,
        heard: Vec<(char, u64)>,
    }

    impl Far {
        fn new() -> Self {
            Self { receiver: DtmfReceiver::default(), now: Instant::START, heard: Vec::new() }
        }

        fn note(&mut self, event: Option<DtmfEvent>) {
            self.heard.extend(event.map(|e| (char::from(e.digit), e.duration.as_millis() as u64)));
        }

        /// 20 ms later a packet comes: (marker, timestamp, event, end, duration).
        fn packet(&mut self, clock_hz: u32, (marker, timestamp, event, end, duration): (bool, u32, u8, bool, u16)) {
            self.now += Duration::from_millis(20);
            let payload = TelephoneEventPayload { event, end, duration }.to_bytes().to_vec().into();
            let packet = RtpPacket { payload_type: 101, marker, sequence: 0, timestamp, ssrc: 9, payload };
            let event = self.receiver.received(self.now, &packet, clock_hz);
            self.note(event);
        }

        fn silence(&mut self) {
            self.now += Duration::from_secs(1);
            let event = self.receiver.timeout(self.now);
            self.note(event);
        }
    }

    #[test]
    fn the_usual_pattern_is_one_key_at_both_clocks() {
        for clock in [8_000_u32, 48_000] {
            let mut far = Far::new();
            let step = (clock / 50) as u16;
            for n in 1..=5 {
                far.packet(clock, (n == 1, 500, 3, n == 5, step * n));
            }
            far.packet(clock, (false, 500, 3, true, step * 5));
            far.packet(clock, (false, 500, 3, true, step * 5));
            far.silence();
            assert_eq!(far.heard, [('3', 100)]);
        }
    }

    #[test]
    fn three_end_packets_that_are_all_marked_are_one_key() {
        let mut far = Far::new();
        for timestamp in [500, 20_000] {
            for _ in 0..3 {
                far.packet(8_000, (true, timestamp, 9, true, 800));
            }
        }
        far.silence();
        assert_eq!(far.heard, [('9', 100), ('9', 100)]);
    }

    #[test]
    fn a_key_whose_end_is_lost_is_told_after_a_while() {
        let mut far = Far::new();
        far.packet(8_000, (true, 500, 11, false, 160));
        far.packet(8_000, (false, 500, 11, false, 320));
        assert_eq!(far.heard, []);
        far.silence();
        far.packet(8_000, (false, 500, 11, true, 800));
        assert_eq!(far.heard, [('#', 40)]);
    }

    #[test]
    fn a_key_whose_end_is_lost_is_told_when_the_next_begins_and_that_one_too() {
        let mut far = Far::new();
        far.packet(8_000, (true, 500, 1, false, 160));
        far.packet(8_000, (true, 2_000, 2, true, 160));
        far.packet(8_000, (true, 2_000, 2, true, 160));
        far.silence();
        assert_eq!(far.heard, [('1', 20), ('2', 20)]);
    }

    #[test]
    fn a_tone_in_segments_is_one_key() {
        let mut far = Far::new();
        for (timestamp, duration, end) in [(0, 960, false), (0, 65_280, false), (65_280, 960, false), (65_280, 30_720, true)] {
            far.packet(48_000, (false, timestamp, 4, end, duration));
        }
        far.silence();
        assert_eq!(far.heard, [('4', 2_000)]);
    }

    #[test]
    fn a_late_packet_of_the_key_before_is_no_key() {
        let mut far = Far::new();
        far.packet(8_000, (true, 500, 1, true, 800));
        far.packet(8_000, (true, 2_000, 2, false, 160));
        far.packet(8_000, (false, 500, 1, true, 800));
        far.packet(8_000, (false, 2_000, 2, true, 800));
        assert_eq!(far.heard, [('1', 100), ('2', 100)]);
    }

    #[test]
    fn what_is_no_digit_or_too_short_is_ignored() {
        let mut far = Far::new();
        far.packet(8_000, (true, 500, 16, true, 800));
        far.packet(8_000, (true, 500, 255, true, 800));
        let stub = RtpPacket { payload_type: 101, marker: true, sequence: 0, timestamp: 1, ssrc: 9, payload: vec![1, 2].into() };
        assert_eq!(far.receiver.received(far.now, &stub, 0), None);
        far.silence();
        assert_eq!(far.heard, []);
    }
}
