//! Sequence numbers and timestamps of RTP (RFC 3550), sending and receiving.

use std::time::Duration;

use bytes::Bytes;
use model::Instant;

use crate::RtpPacket;

/// A step of the sequence number beyond this is a new start of the sender (RFC 3550 appendix A.1, `MAX_DROPOUT`).
const LONGEST_DROPOUT: i64 = 3_000;

/// So far behind the newest, a packet is a stray and not just late (RFC 3550 appendix A.1, `MAX_MISORDER`).
const LONGEST_MISORDER: i64 = 100;

/// Numbers far off are believed at the second in a row (RFC 3550 appendix A.1, `MIN_SEQUENTIAL`).
const FAR_IN_A_ROW: u32 = 2;

/// Numbers that came before are believed to be a sender that started anew a little behind when so many come again in a row,
/// nothing new among them, at the pace of sound: a network that repeats itself delivers them at once, or among new ones.
const SEEN_IN_A_ROW: u32 = 4;
const SEEN_FOR: Duration = Duration::from_millis(50);

/// A source that another one has taken the place of is heard again when nothing came of that one for so long. Until then it is
/// what overtook the change on its way, or a far end that goes on with both.
const TAKEN_OVER_FOR: Duration = Duration::from_millis(200);

/// Sources left that are remembered; a far end has two or three in the life of a call.
const LEFT: usize = 4;

/// Numbers our packets: one line of sequence numbers and of timestamps through holds, codecs and digits.
pub(crate) struct Numbering {
    sequence: u16,
    timestamp: u32,
    ssrc: u32,
}

impl Numbering {
    /// Starts at random values (RFC 3550 section 5.1), which `seed` decides.
    pub(crate) fn new(seed: u64) -> Self {
        let mixed = mix(seed);
        Self { sequence: mixed as u16, timestamp: (mixed >> 16) as u32, ssrc: (mix(mixed) >> 32) as u32 }
    }

    /// The timestamp of the audio that comes next.
    pub(crate) fn timestamp(&self) -> u32 {
        self.timestamp
    }

    /// Lets time pass: `ticks` of the codec's clock, sent or not.
    pub(crate) fn advance(&mut self, ticks: u32) {
        self.timestamp = self.timestamp.wrapping_add(ticks);
    }

    /// The next packet, at `timestamp`.
    pub(crate) fn packet(&mut self, payload_type: u8, marker: bool, timestamp: u32, payload: Bytes) -> RtpPacket {
        self.sequence = self.sequence.wrapping_add(1);
        RtpPacket { payload_type, marker, sequence: self.sequence, timestamp, ssrc: self.ssrc, payload }
    }
}

/// SplitMix64: turns any seed into well spread bits.
fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// What a received packet is to its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// In its place or ahead of it; its extended sequence number.
    New(i64),
    /// Seen before, or so old that it does not matter.
    Repeated,
    /// The first of another stream: another SSRC, or a sender that started anew.
    Restarted(i64),
}

/// What is counted of the stream we receive (RFC 3550 section 6.4.1 and appendix A).
#[derive(Default)]
pub(crate) struct Reception {
    ssrc: Option<u32>,
    /// When that source was heard last.
    heard: Instant,
    /// The sources that this one has taken the place of, the last of them at the end.
    left: Vec<u32>,
    /// Extended number of the first and of the newest packet of this stream.
    first: i64,
    newest: i64,
    /// The last 128 numbers up to the newest, one bit each: which came.
    window: u128,
    /// Packets of this stream, without repeated ones.
    received: i64,
    /// The sums of the streams before this one, and of this one before it rested.
    earlier_expected: i64,
    earlier_received: i64,
    /// Whether the sender was not asked to send until now: what it numbered meanwhile was not for us.
    rested: bool,
    suspect: Option<Suspect>,
    transit: Option<f64>,
    jitter_seconds: f64,
}

/// A run of packets whose numbers may be those of a sender that started anew.
#[derive(Clone, Copy)]
struct Suspect {
    since: Instant,
    /// The number that continues it.
    next: u16,
    count: u32,
}

impl Reception {
    /// Places a packet in its stream.
    pub(crate) fn arrived(&mut self, now: Instant, packet: &RtpPacket) -> Arrival {
        if self.ssrc.is_none() || self.is_elsewhere(packet) {
            let overtaken = self.left.contains(&packet.ssrc) && now.since(self.heard) < TAKEN_OVER_FOR;
            return if overtaken { Arrival::Repeated } else { self.restart(now, packet) };
        }
        self.heard = now;
        let step = i64::from(packet.sequence.wrapping_sub(self.newest as u16) as i16);
        if !(-LONGEST_MISORDER..=LONGEST_DROPOUT).contains(&step) {
            let run = self.suspect(now, packet.sequence, 1);
            return if run.count >= FAR_IN_A_ROW { self.restart(now, packet) } else { Arrival::Repeated };
        }
        let number = self.newest + step;
        if step > 0 {
            self.suspect = None;
            if std::mem::take(&mut self.rested) {
                self.close();
                self.first = number;
            }
            self.window = if step < 128 { self.window << step } else { 0 } | 1;
            self.newest = number;
        } else {
            let bit = 1_u128 << -step;
            let seen = self.window & bit != 0;
            let run = self.suspect(now, packet.sequence, u32::from(seen));
            if run.count >= SEEN_IN_A_ROW && now.since(run.since) >= SEEN_FOR {
                return self.restart(now, packet);
            }
            if seen {
                return Arrival::Repeated;
            }
            self.window |= bit;
            self.first = self.first.min(number);
        }
        self.received += 1;
        Arrival::New(number)
    }

    /// The run that ends with this number, which counts for so much.
    fn suspect(&mut self, now: Instant, number: u16, weight: u32) -> Suspect {
        let before = self.suspect.filter(|run| run.next == number).unwrap_or(Suspect { since: now, next: number, count: 0 });
        let run = Suspect { next: number.wrapping_add(1), count: before.count + weight, ..before };
        self.suspect = Some(run);
        run
    }

    /// The far end is to send again after a hold of ours; many count on while they do not send.
    pub(crate) fn resume(&mut self) {
        self.rested = true;
    }

    /// Adds what was counted until now to the sums.
    fn close(&mut self) {
        self.earlier_expected += self.expected_here();
        self.earlier_received += std::mem::take(&mut self.received);
    }

    /// Whether a packet is of another source than the one that is heard.
    pub(crate) fn is_elsewhere(&self, packet: &RtpPacket) -> bool {
        self.ssrc.is_some_and(|heard| heard != packet.ssrc)
    }

    fn restart(&mut self, now: Instant, packet: &RtpPacket) -> Arrival {
        self.close();
        self.rested = false;
        self.left.retain(|left| *left != packet.ssrc);
        self.left.extend(self.ssrc.filter(|left| *left != packet.ssrc));
        if self.left.len() > LEFT {
            self.left.remove(0);
        }
        self.heard = now;
        // Far enough from the numbers before that the two are never mixed up.
        let number = ((self.newest >> 16) + 2) * 0x1_0000 + i64::from(packet.sequence);
        self.ssrc = Some(packet.ssrc);
        (self.first, self.newest, self.window, self.received) = (number, number, 1, 1);
        (self.suspect, self.transit) = (None, None);
        Arrival::Restarted(number)
    }

    /// Takes the arrival time of an audio packet into the jitter estimate.
    pub(crate) fn timed(&mut self, now: Instant, timestamp: u32, clock_hz: u32) {
        let clock = f64::from(clock_hz);
        let wrap = 4_294_967_296.0 / clock;
        let transit = (now.since_start().as_secs_f64() - f64::from(timestamp) / clock).rem_euclid(wrap);
        if let Some(before) = self.transit {
            let step = (transit - before).abs();
            let step = step.min(wrap - step);
            // A jump of the sender's clock is no jitter.
            if step < 2.0 {
                self.jitter_seconds += (step - self.jitter_seconds) / 16.0;
            }
        }
        self.transit = Some(transit);
    }

    fn expected_here(&self) -> i64 {
        if self.ssrc.is_some() { self.newest - self.first + 1 } else { 0 }
    }

    /// Packets that came, without repeated ones.
    pub(crate) fn received(&self) -> u32 {
        u32::try_from(self.earlier_received + self.received).unwrap_or(u32::MAX)
    }

    /// Share of the expected packets that never came, 0 to 1.
    pub(crate) fn loss(&self) -> f64 {
        let expected = self.earlier_expected + self.expected_here();
        let received = self.earlier_received + self.received;
        if expected == 0 { 0.0 } else { (1.0 - received as f64 / expected as f64).clamp(0.0, 1.0) }
    }

    /// Interarrival jitter in ms (RFC 3550 section 6.4.1).
    pub(crate) fn jitter_ms(&self) -> f64 {
        self.jitter_seconds * 1_000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When the `n`th packet of 20 ms comes.
    fn at(n: u16) -> Instant {
        Instant::START + Duration::from_millis(u64::from(n) * 20)
    }

    fn packet(sequence: u16, ssrc: u32) -> RtpPacket {
        RtpPacket { payload_type: 0, marker: false, sequence, timestamp: 0, ssrc, payload: Bytes::new() }
    }

    #[test]
    fn a_wrap_of_the_sequence_number_loses_nothing() {
        let mut reception = Reception::default();
        for n in 0..1_000_u16 {
            reception.arrived(at(n), &packet(n.wrapping_add(65_000), 7));
        }
        assert_eq!((reception.received(), reception.loss()), (1_000, 0.0));
    }

    #[test]
    fn what_was_numbered_while_nothing_was_to_be_sent_is_not_lost() {
        let mut reception = Reception::default();
        let come = |reception: &mut Reception, numbers: std::ops::Range<u16>| {
            for n in numbers {
                reception.arrived(at(n), &packet(n, 7));
            }
        };
        come(&mut reception, 0..50);
        reception.resume();
        come(&mut reception, 120..170);
        assert_eq!((reception.received(), reception.loss()), (100, 0.0));
        // Who never stopped to send has lost nothing either.
        reception.resume();
        come(&mut reception, 170..180);
        assert_eq!((reception.received(), reception.loss()), (110, 0.0));
        come(&mut reception, 190..200);
        assert_eq!((reception.received(), reception.loss()), (120, 1.0 - 120.0 / 130.0), "what is lost later counts");
    }

    #[test]
    fn loss_counts_what_never_came_and_not_what_came_late_or_twice() {
        let mut reception = Reception::default();
        for n in [10, 12, 11, 11, 13, 14, 17, 16, 19, 19] {
            reception.arrived(at(n), &packet(n, 7));
        }
        // 10 to 19 were expected; 15 and 18 are missing.
        assert_eq!(reception.received(), 8);
        assert!((reception.loss() - 0.2).abs() < 1e-9);
    }

    #[test]
    fn a_new_source_is_a_new_start_and_its_gap_is_no_loss() {
        let mut reception = Reception::default();
        reception.arrived(at(0), &packet(10, 7));
        assert!(matches!(reception.arrived(at(1), &packet(50_000, 8)), Arrival::Restarted(_)));
        assert!(matches!(reception.arrived(at(2), &packet(50_001, 8)), Arrival::New(_)));
        assert_eq!((reception.received(), reception.loss()), (3, 0.0));
    }

    #[test]
    fn of_two_sources_at_once_the_one_that_began_last_is_heard() {
        let mut reception = Reception::default();
        let come = |reception: &mut Reception, n: u16, ssrc| reception.arrived(at(n), &packet(100 + n, ssrc));
        come(&mut reception, 0, 7);
        assert!(matches!(come(&mut reception, 1, 8), Arrival::Restarted(_)));
        for n in 2..50 {
            assert_eq!(come(&mut reception, n, 7), Arrival::Repeated);
            assert!(matches!(come(&mut reception, n, 8), Arrival::New(_)));
        }
        // The new one stops: the one before is heard again soon, and the new one after it.
        let back = (50..70).find(|n| come(&mut reception, *n, 7) != Arrival::Repeated);
        assert_eq!(back, Some(59), "200 ms after its last packet");
        assert_eq!(come(&mut reception, 60, 8), Arrival::Repeated);
        assert!(matches!(come(&mut reception, 61, 9), Arrival::Restarted(_)));
        assert_eq!(reception.loss(), 0.0);
    }

    #[test]
    fn one_stray_number_is_ignored_and_two_in_a_row_are_a_new_start() {
        let mut reception = Reception::default();
        reception.arrived(at(0), &packet(10, 7));
        assert_eq!(reception.arrived(at(1), &packet(30_000, 7)), Arrival::Repeated);
        assert!(matches!(reception.arrived(at(2), &packet(11, 7)), Arrival::New(_)));
        assert_eq!(reception.arrived(at(3), &packet(30_000, 7)), Arrival::Repeated);
        assert!(matches!(reception.arrived(at(4), &packet(30_001, 7)), Arrival::Restarted(_)));
    }

    #[test]
    fn a_sender_that_starts_anew_a_little_behind_is_believed_within_100_ms() {
        for behind in [0, 1, 5, 40, 63, 64, 99, 100, 101, 1_100] {
            let mut reception = Reception::default();
            for n in 0..200 {
                reception.arrived(at(n), &packet(1_000 + n, 7));
            }
            let restart: u16 = 1_199 - behind;
            let believed = (0..10).find(|n| reception.arrived(at(200 + n), &packet(restart + n, 7)) != Arrival::Repeated);
            assert!(believed.is_some_and(|n| n * 20 < 100), "{behind} behind: {believed:?}");
        }
    }

    #[test]
    fn a_network_that_repeats_or_overtakes_itself_is_no_new_start() {
        let arrivals: [&[u16]; 5] = [
            // Each twice; each again three later; five at once again; five late ones behind one that was quick.
            &[0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9],
            &[0, 1, 2, 3, 0, 4, 1, 5, 2, 6, 3, 7, 4, 8, 5, 9, 6, 10, 7, 11],
            &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19],
            &[0, 1, 2, 3, 9, 4, 5, 6, 7, 8, 10, 11, 12, 18, 13, 14, 15, 16, 17, 19],
            &[5, 4, 3, 2, 1, 0, 11, 10, 9, 8, 7, 6, 17, 16, 15, 14, 13, 12, 19, 18],
        ];
        for numbers in arrivals {
            let mut reception = Reception::default();
            let mut restarts = 0;
            for (n, number) in (0..).zip(numbers) {
                restarts += u32::from(matches!(reception.arrived(at(n), &packet(*number, 7)), Arrival::Restarted(_)));
            }
            // All of the last ones once more, at one moment.
            for number in 10..20 {
                restarts += u32::from(matches!(reception.arrived(at(20), &packet(number, 7)), Arrival::Restarted(_)));
            }
            assert_eq!(restarts, 1, "only the first packet begins a stream: {numbers:?}");
        }
    }

    #[test]
    fn jitter_follows_the_formula_of_rfc_3550() {
        let mut reception = Reception::default();
        // Arrivals that alternate by 8 ms: |D| is 8 ms each time, so the estimate goes to 8 ms.
        for n in 0..400_u32 {
            let late = if n % 2 == 0 { 8 } else { 0 };
            let now = Instant::START + Duration::from_millis(u64::from(n * 20 + late));
            reception.timed(now, (n * 960).wrapping_add(u32::MAX - 5_000), 48_000);
        }
        assert!((reception.jitter_ms() - 8.0).abs() < 0.1, "{}", reception.jitter_ms());
    }
}
