//! Redundant audio (RFC 2198): each packet also carries the payloads of those before it.

use bytes::{BufMut as _, Bytes, BytesMut};

/// How many packets back the copies reach, the nearest first. Losses come in a row: two copies so far apart restore every three in
/// a row and three every five, where adjacent ones leave a hole. The price is some delay while packets are lost.
const DISTANCES: [usize; 3] = [1, 3, 5];

/// Most old payloads in a packet.
pub(crate) const MOST_COPIES: usize = DISTANCES.len();

/// Packets that are remembered.
const REMEMBERED: usize = DISTANCES[MOST_COPIES - 1];

/// Blocks that are read from one packet; senders use four at most.
const MOST_BLOCKS: usize = 8;

/// Offsets have 14 bits, lengths 10 (RFC 2198 section 3).
const LONGEST_OFFSET: u32 = 0x3FFF;
const LONGEST_BLOCK: usize = 0x3FF;

/// Older payloads are of no use: the far end has played past them.
const OLDEST_COPY_TICKS: u32 = 48_000 / 1_000 * 120;

/// One payload of a RED packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// Payload type of this block.
    pub(crate) payload_type: u8,
    /// How long before the packet's timestamp, in ticks.
    pub(crate) offset: u32,
    /// The payload.
    pub(crate) payload: Bytes,
}

/// Splits a RED payload, oldest block first and the primary one last. `None` when it is malformed: then nothing of it is used.
pub(crate) fn split(payload: &Bytes) -> Option<Vec<Block>> {
    let mut headers = Vec::with_capacity(MOST_COPIES + 1);
    let mut at = 0;
    loop {
        let first = *payload.get(at)?;
        let payload_type = first & 0x7F;
        if first & 0x80 == 0 {
            headers.push((payload_type, 0, None));
            at += 1;
            break;
        }
        let [a, b, c] = payload.get(at + 1..at + 4)?.try_into().ok()?;
        let bits = u32::from_be_bytes([0, a, b, c]);
        headers.push((payload_type, bits >> 10, Some((bits & 0x3FF) as usize)));
        at += 4;
        if headers.len() >= MOST_BLOCKS {
            return None;
        }
    }
    let mut blocks = Vec::with_capacity(headers.len());
    for (payload_type, offset, length) in headers {
        let end = length.map_or(payload.len(), |length| at + length);
        if end > payload.len() {
            return None;
        }
        blocks.push(Block { payload_type, offset, payload: payload.slice(at..end) });
        at = end;
    }
    Some(blocks)
}

/// Makes RED payloads of one codec.
pub(crate) struct RedEncoder {
    /// The last payloads, newest first, with their timestamps.
    sent: [Option<(u32, Bytes)>; REMEMBERED],
}

impl RedEncoder {
    pub(crate) fn new() -> Self {
        Self { sent: [const { None }; REMEMBERED] }
    }

    /// Remembers a payload that was sent, with or without RED around it.
    pub(crate) fn remember(&mut self, timestamp: u32, payload: &Bytes) {
        self.sent.rotate_right(1);
        if let Some(newest) = self.sent.first_mut() {
            *newest = Some((timestamp, payload.clone()));
        }
    }

    /// Forgets them, because the codec changed.
    pub(crate) fn clear(&mut self) {
        *self = Self::new();
    }

    /// `payload` with up to `copies` of the payloads remembered.
    pub(crate) fn encode(&self, payload_type: u8, timestamp: u32, payload: &Bytes, copies: usize) -> Bytes {
        let usable = |sent: &&(u32, Bytes)| {
            let offset = timestamp.wrapping_sub(sent.0);
            offset > 0 && offset <= LONGEST_OFFSET.min(OLDEST_COPY_TICKS) && sent.1.len() <= LONGEST_BLOCK
        };
        let distances = DISTANCES.get(..copies).unwrap_or(&DISTANCES);
        let at = |distance: &usize| self.sent.get(distance - 1).and_then(Option::as_ref);
        let old = || distances.iter().rev().filter_map(at).filter(usable);
        let mut out = BytesMut::with_capacity(1 + payload.len() + old().map(|(_, old)| 4 + old.len()).sum::<usize>());
        for (at, old) in old() {
            // The filter keeps both numbers within their fields.
            let bits = timestamp.wrapping_sub(*at) << 10 | old.len() as u32;
            out.put_u32(u32::from(0x80 | payload_type) << 24 | bits);
        }
        out.put_u8(payload_type & 0x7F);
        old().for_each(|(_, old)| out.extend_from_slice(old));
        out.extend_from_slice(payload);
        out.freeze()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bytes(text: &'static str) -> Bytes {
        Bytes::from_static(text.as_bytes())
    }

    #[test]
    fn what_is_put_in_comes_out_oldest_first() {
        let mut encoder = RedEncoder::new();
        for (timestamp, text) in [(u32::MAX - 959, "one"), (0, "two"), (960, "three")] {
            encoder.remember(timestamp, &bytes(text));
        }
        let wire = encoder.encode(111, 1_920, &bytes("four"), 2);
        let blocks = split(&wire).expect("well formed");
        let read: Vec<_> = blocks.iter().map(|b| (b.payload_type, b.offset, b.payload.clone())).collect();
        assert_eq!(read, [(111, 2_880, bytes("one")), (111, 960, bytes("three")), (111, 0, bytes("four"))]);
        for (copies, blocks) in [(0, 1), (1, 2), (3, 3), (9, 3)] {
            let wire = encoder.encode(111, 1_920, &bytes("four"), copies);
            assert_eq!(split(&wire).map(|split| split.len()), Some(blocks), "{copies}");
        }
    }

    #[test]
    fn copies_from_before_a_pause_are_left_out() {
        let mut encoder = RedEncoder::new();
        encoder.remember(0, &bytes("old"));
        assert_eq!(encoder.encode(111, 48_000, &bytes("new"), 2), bytes("\x6fnew"));
    }

    #[test]
    fn headers_are_those_of_the_rfc() {
        let mut encoder = RedEncoder::new();
        encoder.remember(1_000, &bytes("ab"));
        // F=1, PT 111; offset 960 in 14 bits, length 2 in 10; then F=0, PT 111.
        assert_eq!(&encoder.encode(111, 1_960, &bytes("c"), 2)[..], [0xEF, 0x0F, 0x00, 0x02, 0x6F, b'a', b'b', b'c']);
    }

    #[test]
    fn a_packet_cut_anywhere_is_refused_or_short_but_never_a_panic() {
        let mut encoder = RedEncoder::new();
        for (timestamp, text) in [(0, "one"), (960, "two"), (1_920, "two!")] {
            encoder.remember(timestamp, &bytes(text));
        }
        let wire = encoder.encode(111, 2_880, &bytes("three"), 2);
        let whole = wire.len() - "three".len();
        for length in 0..wire.len() {
            assert_eq!(split(&wire.slice(..length)).is_some(), length >= whole, "{length}");
        }
    }

    proptest! {
        #[test]
        fn no_payload_panics_or_yields_more_than_it_has(payload in proptest::collection::vec(any::<u8>(), 0..200)) {
            let payload = Bytes::from(payload);
            if let Some(blocks) = split(&payload) {
                prop_assert!(blocks.len() <= MOST_BLOCKS);
                prop_assert!(blocks.iter().map(|b| b.payload.len()).sum::<usize>() < payload.len());
            }
        }
    }
}
