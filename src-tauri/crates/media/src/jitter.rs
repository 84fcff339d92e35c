//! The jitter buffer: packets in as they come, 10 ms frames out without a hole (a pure machine; its clock is the pulling).
//!
//! Everything is measured on one time line in samples at 48 kHz. A packet's *delay* is how many samples were pulled by its
//! arrival, less its timestamp; playing has a delay of the same kind, and a packet is in time when that is not below its own.
//! So network jitter, the hub's own unsteadiness and clock drift are one thing and one correction, made by taking short pieces
//! out or putting some in.

mod conceal;
mod delay;
mod others;
mod pace;
mod playing;
#[cfg(test)]
mod simulator;
mod store;
mod stretch;
#[cfg(test)]
mod tests;

use audio::{FRAME_SAMPLES, Frame, SAMPLE_RATE_HZ};
use bytes::Bytes;
use model::Codec;

use self::{
    conceal::Concealer,
    delay::Delays,
    others::Others,
    store::{Slot, Store},
};
use crate::codec::{Decoders, LONGEST_PACKET, SAMPLES_PER_MS, clock_hz, duration, has_fec};

const FRAME: i64 = FRAME_SAMPLES as i64;
const MS: i64 = SAMPLES_PER_MS as i64;

/// A delay that differs so much from the one before is another time line, not jitter.
const NEW_TIME_LINE: i64 = 1_000 * MS;

/// So much earlier than any of late is another time line, too: jitter makes packets late.
const TOO_EARLY: i64 = 100 * MS;

/// No correction for less than this.
const TOLERANCE: i64 = 4 * MS;

/// The memory of what is spoken halves in 7 s.
const FORGET_LOUDNESS: f32 = 0.999;

/// A network that lost a packet counts as one that loses packets for so long.
const LOSSY_AFTER_LOSS: i64 = 1_000 * MS;

/// Payloads that were played and not yet handed back.
const MOST_SPENT: usize = 64;

/// A payload on its way to the ear.
#[derive(Debug)]
pub(crate) struct Coded {
    pub(crate) codec: Codec,
    /// Extended sequence number.
    pub(crate) number: i64,
    pub(crate) timestamp: u32,
    /// First of another stream than those before.
    pub(crate) restarted: bool,
    /// A copy from a later packet (RED), not the packet itself.
    pub(crate) copy: bool,
    pub(crate) payload: Bytes,
}

/// What was counted, from the start on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Playout {
    /// Samples played while there was a stream.
    pub(crate) played: u64,
    /// Samples of them that were made up: loss and lateness, not the far end's silence.
    pub(crate) concealed: u64,
    /// Packets that came too late to be played.
    pub(crate) late: u64,
    /// Mean time between arrival and playing, in samples.
    pub(crate) delay: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// No stream, or its first packets wait until the target delay is reached.
    Waiting,
    Playing,
}

/// The newest packet and its place on the time line.
#[derive(Clone, Copy)]
struct Anchor {
    clock_hz: u32,
    number: i64,
    timestamp: u32,
    place: i64,
    end: i64,
}

/// The machine. `insert` what has come, then `pull` a frame, every 10 ms.
pub(crate) struct JitterBuffer {
    state: State,
    store: Store,
    others: Others,
    delays: Delays,
    anchor: Option<Anchor>,
    last_delay: i64,
    /// Samples pulled so far.
    pulled: i64,
    /// Where decoding goes on.
    next: i64,
    /// Sequence number and codec decoded last.
    last: Option<(i64, Codec)>,
    /// `conceal::HISTORY` samples that were played, then those that are decoded and not yet played.
    line: Vec<f32>,
    decoded: Vec<f32>,
    concealer: Concealer,
    /// Samples made up since the last packet without knowing whether any was lost.
    stalled: i64,
    /// How loud made-up sound is by now.
    level: f32,
    /// The far end said that it sends nothing while it is silent.
    silent: bool,
    /// Until when the network counts as one that loses packets.
    lossy_until: i64,
    since_correction: u32,
    /// Frames since the delay is not the wanted one.
    wrong_for: u32,
    /// The power of what is spoken.
    loudness: f32,
    playout: Playout,
    spent: Vec<Bytes>,
}

impl JitterBuffer {
    pub(crate) fn new() -> Self {
        let mut line = Vec::with_capacity(conceal::HISTORY + 2 * LONGEST_PACKET);
        line.resize(conceal::HISTORY, 0.0);
        Self {
            state: State::Waiting,
            store: Store::new(),
            others: Others::new(),
            delays: Delays::new(),
            anchor: None,
            last_delay: 0,
            pulled: 0,
            next: 0,
            last: None,
            line,
            decoded: vec![0.0; LONGEST_PACKET],
            concealer: Concealer::new(),
            stalled: 0,
            level: 1.0,
            silent: false,
            lossy_until: -1,
            since_correction: 0,
            wrong_for: 0,
            loudness: 0.0,
            playout: Playout::default(),
            spent: Vec::with_capacity(MOST_SPENT),
        }
    }

    /// Takes what came since the last pull, oldest first.
    pub(crate) fn insert(&mut self, coded: Coded) {
        let length = duration(coded.codec, &coded.payload).and_then(|samples| i64::try_from(samples).ok());
        let Some((length, start)) = length.and_then(|length| self.place(&coded, length).map(|start| (length, start))) else {
            return self.spend(coded.payload);
        };
        let slot = Slot { start, length, number: coded.number, codec: coded.codec, copy: coded.copy, payload: coded.payload };
        let in_time = self.state == State::Waiting || slot.end() > self.next;
        if !slot.copy {
            self.delays.observe(self.pulled, self.pulled - start);
            self.playout.late += u64::from(!in_time);
        }
        self.observe_restorable(&slot);
        if !in_time {
            self.spend(slot.payload);
        } else if let Err(slot) = self.store.insert(slot) {
            self.spend(slot.payload);
        }
    }

    /// The packet of this number was no audio to be heard: its time is no lost sound.
    pub(crate) fn not_audio(&mut self, number: i64) {
        self.others.note(number);
    }

    /// Plays the next 10 ms.
    pub(crate) fn pull(&mut self, decoders: &mut Decoders, frame: &mut Frame) {
        if self.state == State::Waiting {
            self.start_when_due();
        }
        self.fill(decoders);
        if self.state == State::Playing {
            self.correct(decoders);
            self.fill(decoders);
            self.playout.played += FRAME as u64;
            // While nothing comes it is not known how far behind playing is.
            if self.stalled == 0 {
                self.playout.delay = u64::try_from(self.delay() - self.delays.mean()).unwrap_or(0);
            }
        }
        if let Some(next) = self.line.get(conceal::HISTORY..conceal::HISTORY + FRAME_SAMPLES) {
            frame.copy_from_slice(next);
            let power = next.iter().map(|sample| sample * sample).sum::<f32>() / FRAME_SAMPLES as f32;
            self.loudness = power.max(self.loudness * FORGET_LOUDNESS);
        }
        self.line.drain(..FRAME_SAMPLES);
        self.pulled += FRAME;
    }

    /// What was counted so far.
    pub(crate) fn playout(&self) -> Playout {
        self.playout
    }

    /// Payloads that are no longer needed, so that another thread can free them.
    pub(crate) fn spent(&mut self) -> impl Iterator<Item = Bytes> + '_ {
        self.spent.drain(..)
    }

    /// Where a packet belongs on the time line; `None` for one that belongs nowhere.
    fn place(&mut self, coded: &Coded, length: i64) -> Option<i64> {
        let clock_hz = clock_hz(coded.codec);
        let anchor = self.anchor.filter(|anchor| anchor.clock_hz == clock_hz && !coded.restarted);
        let known = anchor.and_then(|anchor| {
            let ticks = i64::from(coded.timestamp.wrapping_sub(anchor.timestamp) as i32);
            let place = anchor.place + ticks * (i64::from(SAMPLE_RATE_HZ) / i64::from(clock_hz));
            let delay = self.pulled - place;
            ((self.last_delay - delay).abs() < NEW_TIME_LINE).then_some(place)
        });
        // What was overtaken says nothing new; it may even be of the time line before.
        if coded.copy || self.anchor.is_some_and(|anchor| coded.number <= anchor.number) {
            return known;
        }
        let in_turn = |place: &i64| {
            let too_early = self.delays.earliest().is_some_and(|earliest| self.pulled - place < earliest - TOO_EARLY);
            !too_early && anchor.is_some_and(|anchor| *place >= anchor.end - TOLERANCE)
        };
        // Another time line goes on where this one is, as if its first packet came as late as the last one of this.
        let place = known.filter(in_turn).unwrap_or_else(|| {
            let free = self.store.newest().map_or(self.next, Slot::end);
            (self.pulled - self.last_delay).max(free)
        });
        let (number, timestamp, end) = (coded.number, coded.timestamp, place + length);
        self.anchor = Some(Anchor { clock_hz, number, timestamp, place, end });
        self.last_delay = self.pulled - place;
        Some(place)
    }

    /// While packets are lost, what can restore them is waited for.
    fn observe_restorable(&mut self, slot: &Slot) {
        if self.lossy_until < self.pulled {
            return;
        }
        let delay = self.pulled - slot.start;
        if slot.codec == Codec::Opus && has_fec(&slot.payload) {
            self.delays.observe_restorable(self.pulled, delay + slot.length);
        } else if slot.copy {
            self.delays.observe_restorable(self.pulled, delay);
        }
    }

    /// A packet is missing where it was to be played.
    fn lose(&mut self) {
        self.lossy_until = self.pulled + LOSSY_AFTER_LOSS;
    }

    fn start_when_due(&mut self) {
        let Some(first) = self.store.first() else { return };
        let latest = self.pulled - self.delays.target();
        if latest >= first.start {
            self.next = latest;
            self.state = State::Playing;
            self.stalled = 0;
        }
    }

    fn fill(&mut self, decoders: &mut Decoders) {
        while self.unplayed() < FRAME_SAMPLES {
            self.produce(decoders);
        }
    }

    /// How far playing is behind, on the scale of the packets' delays.
    fn delay(&self) -> i64 {
        self.pulled - self.next + self.unplayed() as i64
    }

    fn unplayed(&self) -> usize {
        self.line.len().saturating_sub(conceal::HISTORY)
    }

    fn spend(&mut self, payload: Bytes) {
        if self.spent.len() < MOST_SPENT {
            self.spent.push(payload);
        }
    }
}
