//! Packets that wait to be played, in the order of their time.

use bytes::Bytes;
use model::Codec;

/// Packets kept at most: 5 s of 20 ms packets.
const MOST_PACKETS: usize = 256;

/// One payload on the playout time line.
pub(super) struct Slot {
    /// Where it begins, in samples at 48 kHz.
    pub(super) start: i64,
    /// How long it is.
    pub(super) length: i64,
    /// Extended sequence number.
    pub(super) number: i64,
    pub(super) codec: Codec,
    /// From a later packet, in place of the packet itself.
    pub(super) copy: bool,
    pub(super) payload: Bytes,
}

impl Slot {
    /// Where the next one begins.
    pub(super) fn end(&self) -> i64 {
        self.start + self.length
    }
}

/// Waiting packets, earliest first.
pub(super) struct Store {
    slots: Vec<Slot>,
}

impl Store {
    pub(super) fn new() -> Self {
        Self { slots: Vec::with_capacity(MOST_PACKETS) }
    }

    /// Puts a packet in its place. It is given back when another is there or the store is full.
    pub(super) fn insert(&mut self, slot: Slot) -> Result<(), Slot> {
        let place = self.slots.iter().rposition(|other| other.start <= slot.start).map_or(0, |before| before + 1);
        let taken = place.checked_sub(1).and_then(|before| self.slots.get(before)).is_some_and(|b| b.start == slot.start);
        if taken || self.slots.len() >= MOST_PACKETS {
            return Err(slot);
        }
        self.slots.insert(place, slot);
        Ok(())
    }

    pub(super) fn first(&self) -> Option<&Slot> {
        self.slots.first()
    }

    pub(super) fn newest(&self) -> Option<&Slot> {
        self.slots.last()
    }

    pub(super) fn take_first(&mut self) -> Option<Slot> {
        if self.slots.is_empty() { None } else { Some(self.slots.remove(0)) }
    }

    pub(super) fn take_first_if(&mut self, wanted: impl FnOnce(&Slot) -> bool) -> Option<Slot> {
        if self.first().is_some_and(wanted) { self.take_first() } else { None }
    }
}
