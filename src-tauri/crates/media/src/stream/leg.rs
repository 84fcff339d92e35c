//! The frame side of a session's audio, on the hub's thread.

use std::sync::{
    Arc,
    atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering::Relaxed},
};

use audio::{FRAME_SAMPLES, Frame, Leg};
use bytes::Bytes;
use rtrb::{Consumer, Producer};

use super::{CAPTURED_FRAMES, bell::Ringer};
use crate::{
    codec::Decoders,
    jitter::{Coded, JitterBuffer},
    quality::Meter,
};

/// A payload that waited longer than this before the newest one, because nobody pulled, is history.
const STALE_MS: u64 = 250;

/// To the hub's thread.
pub(super) enum ToLeg {
    /// A payload, and when it came (ms of the phone's clock).
    Coded(u64, Coded),
    /// The number of a packet that was no audio to be heard.
    NotAudio(i64),
    /// Decoders for what is agreed on from now on.
    Decoders(Box<Decoders>),
}

/// Back from the hub's thread, to be freed where freeing may take its time.
pub(super) enum Spent {
    Payload {
        /// Kept only to be dropped.
        _payload: Bytes,
    },
    Decoders {
        /// Kept only to be dropped.
        _decoders: Box<Decoders>,
    },
}

/// What the leg counts, for the session's task to read.
#[derive(Default)]
pub(super) struct Figures {
    pub(super) played: AtomicU64,
    pub(super) concealed: AtomicU64,
    pub(super) late: AtomicU64,
    /// Delay in the jitter buffer, in samples.
    pub(super) delay: AtomicU64,
    /// Mean power over 100 ms of what is heard, the bits of an `f32`.
    pub(super) power: AtomicU32,
    /// When the newest payload came (ms of the phone's clock); written by the session's task.
    pub(super) newest_ms: AtomicU64,
    /// Frames of the microphone that found no room.
    pub(super) overruns: AtomicU64,
    /// How many frames the session's task waits for; written by it.
    pub(super) needed_frames: AtomicUsize,
}

/// The ends of the rings that belong to the hub's thread.
pub(super) struct LegEnds {
    pub(super) captured: Producer<Frame>,
    pub(super) ringer: Ringer,
    pub(super) inbox: Consumer<ToLeg>,
    pub(super) spent: Producer<Spent>,
    pub(super) figures: Arc<Figures>,
}

/// The far end of a call, as the hub mixes it. Goes to the hub's thread.
pub struct StreamLeg {
    ends: LegEnds,
    buffer: JitterBuffer,
    decoders: Option<Box<Decoders>>,
    meter: Meter,
}

impl StreamLeg {
    pub(super) fn new(ends: LegEnds) -> Self {
        Self { ends, buffer: JitterBuffer::new(), decoders: None, meter: Meter::default() }
    }

    fn take_inbox(&mut self) {
        // No more than is there now, so that a fast sender cannot keep the hub here.
        for _ in 0..self.ends.inbox.slots() {
            match self.ends.inbox.pop() {
                Ok(ToLeg::Coded(arrived_ms, coded)) => {
                    let newest_ms = self.ends.figures.newest_ms.load(Relaxed);
                    if newest_ms.saturating_sub(arrived_ms) <= STALE_MS {
                        self.buffer.insert(coded);
                    } else {
                        give_back(&mut self.ends.spent, Spent::Payload { _payload: coded.payload });
                    }
                }
                Ok(ToLeg::NotAudio(number)) => self.buffer.not_audio(number),
                Ok(ToLeg::Decoders(fresh)) => {
                    if let Some(_decoders) = self.decoders.replace(fresh) {
                        give_back(&mut self.ends.spent, Spent::Decoders { _decoders });
                    }
                }
                Err(_) => return,
            }
        }
    }

    fn publish(&mut self) {
        let (figures, playout) = (&self.ends.figures, self.buffer.playout());
        figures.played.store(playout.played, Relaxed);
        figures.concealed.store(playout.concealed, Relaxed);
        figures.late.store(playout.late, Relaxed);
        figures.delay.store(playout.delay, Relaxed);
    }
}

impl Leg for StreamLeg {
    fn pull(&mut self, frame: &mut Frame) {
        self.take_inbox();
        match &mut self.decoders {
            Some(decoders) => self.buffer.pull(decoders, frame),
            None => *frame = [0.0; FRAME_SAMPLES],
        }
        for _payload in self.buffer.spent() {
            give_back(&mut self.ends.spent, Spent::Payload { _payload });
        }
        self.publish();
        if let Some(power) = self.meter.frame(frame) {
            self.ends.figures.power.store(power.to_bits(), Relaxed);
        }
    }

    fn push(&mut self, frame: &Frame) {
        if self.ends.captured.push(*frame).is_err() {
            self.ends.figures.overruns.fetch_add(1, Relaxed);
        }
        // Waking a task costs as much as decoding a frame: only for a whole packet. A task that has just begun to need less
        // is late by one frame, once.
        let waiting = CAPTURED_FRAMES - self.ends.captured.slots();
        if waiting >= self.ends.figures.needed_frames.load(Relaxed) {
            self.ends.ringer.ring();
        }
    }
}

/// When the session's task does not collect, it is freed here after all.
fn give_back(spent: &mut Producer<Spent>, what: Spent) {
    if let Err(rtrb::PushError::Full(what)) = spent.push(what) {
        drop(what);
    }
}
