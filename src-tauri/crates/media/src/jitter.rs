//! The jitter buffer: packets in as they come, 10 ms frames out without a hole (a pure machine; its clock is the pulling).
//!
//! Everything is measured on one time line in samples at 48 kHz. A packet's *delay* is how many samples were pulled by its
//! arrival, less its timestamp; playing has a delay of the same kind, and a packet is in time when that is not below its own.
//! So network jitter, the hub's own unsteadiness and clock drift are one thing and one correction, made by taking short pieces
//! out or putting some in.

mod conceal;
mod delay;
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
    store::{Slot, Store},
};
use crate::codec::{Decoders, LONGEST_PACKET, SAMPLES_PER_MS, clock_hz, duration, has_fec};

const FRAME: i64 = FRAME_SAMPLES as i64;
const MS: i64 = SAMPLES_PER_MS as i64;

/// A delay that differs so much from the one before is another time line, not jitter.
const NEW_TIME_LINE: i64 = 1_000 * MS;

/// So much earlier than any of late is another time line, too: jitter makes packets late.
const TOO_EARLY: i64 = 100 * MS;

/// After so long without a packet the stream has stopped; what comes then starts anew.
const STOPPED: i64 = 1_000 * MS;

/// Further than this above the target, sound is skipped instead of played fast.
const SKIPPED_ABOVE: i64 = 400 * MS;

/// No correction for less than this.
const TOLERANCE: i64 = 4 * MS;

/// Above the target by this, pieces are taken out in quick succession and where it may be heard a little.
const HURRY: i64 = 50 * MS;

/// Frames between two corrections.
const PACE: u32 = 4;
const HURRIED_PACE: u32 = 2;
const PAUSE_PACE: u32 = 1;

/// Frames for which a wrong delay waits for a pause: time put in or taken out within a word is what is heard most of a busy
/// machine or network.
const PATIENCE: u32 = 100;

/// Below this share of the power of what is spoken, it is a pause (-26 dB); the memory of what is spoken halves in 7 s.
const PAUSE: f32 = 0.0025;
const FORGET_LOUDNESS: f32 = 0.999;

/// A network that lost a packet counts as one that loses packets for so long.
const LOSSY_AFTER_LOSS: i64 = 1_000 * MS;

/// Sound left out at most to meet the made-up one in phase: 10 ms.
const MOST_MERGED: usize = 480;

/// Waiting for a packet, sound is made up for so long, then fades away: the far end may have stopped on purpose, as for a hold,
/// and a voice that drones on is worse than a pause. Longer while packets are lost, because then it will come back.
const MADE_UP: i64 = 50 * MS;
const MADE_UP_IN_LOSS: i64 = 150 * MS;
const FADE: i64 = 50 * MS;

/// Opus packets up to this length carry no sound: the far end says that it is silent, and comfort noise goes on (RFC 6716
/// section 2.1.9).
const SILENT_OPUS: usize = 2;

/// Opus conceals in steps of 2.5 ms.
const OPUS_STEP: i64 = 120;

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

    /// Appends some sound to the line, whatever there is.
    fn produce(&mut self, decoders: &mut Decoders) {
        if self.state == State::Waiting {
            return self.concealer.extend(&mut self.line, FRAME_SAMPLES);
        }
        let Some((gap, first)) = self.first_to_play() else { return self.stall(decoders) };
        if gap <= 0 {
            return self.play_first(decoders);
        }
        let lost = self.last.is_none_or(|(number, _)| number + 1 != first);
        if lost { self.bridge(gap, decoders) } else { self.pause(gap, decoders) }
    }

    /// What is missing before the first packet that is not wholly in the past, and its number.
    fn first_to_play(&mut self) -> Option<(i64, i64)> {
        while let Some(passed) = self.store.take_first_if(|slot| slot.end() <= self.next) {
            self.spend(passed.payload);
        }
        self.store.first().map(|first| (first.start - self.next, first.number))
    }

    /// Nothing has come: time is made up until it is known whether the next packet is late or lost.
    fn stall(&mut self, decoders: &mut Decoders) {
        let from = self.line.len();
        self.make_up(FRAME, decoders);
        let full = if self.lossy_until < self.pulled { MADE_UP } else { MADE_UP_IN_LOSS };
        for (n, sample) in (0..).zip(self.line.iter_mut().skip(from)) {
            if self.stalled + n >= full && !self.silent {
                self.level = (self.level - 1.0 / FADE as f32).max(0.0);
            }
            *sample *= self.level;
        }
        self.stalled += FRAME;
        if self.stalled >= STOPPED {
            self.stalled = 0;
            self.state = State::Waiting;
        }
    }

    /// Makes up for lost packets before the first one in the store.
    fn bridge(&mut self, gap: i64, decoders: &mut Decoders) {
        self.lose();
        // What was made up while waiting stood for the packets that are now known to be lost.
        let covered = self.stalled.min(gap);
        self.stalled -= covered;
        self.next += covered;
        self.playout.concealed += covered as u64;
        let gap = gap - covered;
        if gap == 0 {
            return;
        }
        let length = gap.min(FRAME);
        if !self.recover(gap, decoders) {
            self.conceal(length, decoders);
            self.next += length;
            self.playout.concealed += length as u64;
        }
    }

    /// The far end was silent on purpose and told us nothing: the time to reach the wanted delay unheard.
    fn pause(&mut self, gap: i64, decoders: &mut Decoders) {
        self.stalled = 0;
        let excess = (self.delay() - self.delays.target()).min(gap);
        self.next += excess.max(0);
        let gap = gap - excess.max(0);
        if gap == 0 {
            return;
        }
        let length = gap.min(FRAME);
        self.conceal(length, decoders);
        if excess > -FRAME {
            self.next += length;
        }
    }

    /// Restores the packet before the first one from its forward error correction, when nothing else is missing.
    fn recover(&mut self, gap: i64, decoders: &mut Decoders) -> bool {
        let Some((first, opus)) = self.store.first().zip(decoders.opus()) else { return false };
        if first.codec != Codec::Opus || gap > first.length || gap % OPUS_STEP != 0 || !has_fec(&first.payload) {
            return false;
        }
        let Some(space) = usize::try_from(gap).ok().and_then(|gap| self.decoded.get_mut(..gap)) else { return false };
        if opus.recover(&first.payload, space).is_err() {
            return false;
        }
        let from = self.line.len();
        self.line.extend_from_slice(space);
        self.concealer.finish(&mut self.line, from);
        let level = std::mem::replace(&mut self.level, 1.0);
        for (n, sample) in self.line.iter_mut().skip(from).take(stretch::OVERLAP).enumerate() {
            *sample *= level + (1.0 - level) * stretch::fade_in(n);
        }
        self.next += gap;
        true
    }

    fn play_first(&mut self, decoders: &mut Decoders) {
        let Some(slot) = self.store.take_first() else { return };
        // Late and not lost: the sound goes on where it stopped and not where the made-up one is by now.
        let made_up = (self.stalled > 0 || self.level < 1.0).then(|| self.continuation(decoders));
        self.playout.concealed += self.stalled as u64;
        self.stalled = 0;
        self.last = Some((slot.number, slot.codec));
        self.silent = slot.codec == Codec::Opus && slot.payload.len() <= SILENT_OPUS;
        if slot.copy {
            self.lose();
        }
        let skipped = usize::try_from(self.next - slot.start).unwrap_or(0);
        let samples = decoders.decode(slot.codec, &slot.payload, &mut self.decoded).unwrap_or(0);
        match self.decoded.get(skipped..samples) {
            Some(heard) if !heard.is_empty() => {
                let from = self.line.len();
                self.line.extend_from_slice(heard);
                match made_up {
                    // Silence has no phase to meet.
                    Some(expected) if self.level == 0.0 => stretch::merge(&mut self.line, from, &expected, 0),
                    Some(expected) => stretch::merge(&mut self.line, from, &expected, MOST_MERGED),
                    None => self.concealer.finish(&mut self.line, from),
                }
            }
            // The payload is damaged: lost after all.
            _ => {
                let missing = slot.end() - self.next;
                self.conceal(missing, decoders);
                self.playout.concealed += missing as u64;
            }
        }
        self.level = 1.0;
        self.next = slot.end();
        self.spend(slot.payload);
    }

    /// How the made-up sound would go on.
    fn continuation(&mut self, decoders: &mut Decoders) -> [f32; stretch::OVERLAP] {
        let mut expected = [0.0; stretch::OVERLAP];
        if self.level == 0.0 {
            return expected;
        }
        let speaks_opus = self.last.is_some_and(|(_, codec)| codec == Codec::Opus);
        let by_opus = decoders.opus().filter(|_| speaks_opus).is_some_and(|opus| opus.conceal(&mut expected).is_ok());
        if !by_opus {
            self.concealer.lead_out(&self.line, &mut expected);
        }
        expected.map(|sample| sample * self.level)
    }

    /// Appends made-up sound, as loud as it is by now.
    fn conceal(&mut self, samples: i64, decoders: &mut Decoders) {
        let from = self.line.len();
        self.make_up(samples, decoders);
        self.line.iter_mut().skip(from).for_each(|sample| *sample *= self.level);
    }

    /// Appends made-up sound at its full level, or nothing but silence when it has faded away.
    fn make_up(&mut self, samples: i64, decoders: &mut Decoders) {
        let samples = usize::try_from(samples).unwrap_or(0).min(LONGEST_PACKET);
        if self.level == 0.0 {
            self.concealer.stop();
            return self.line.resize(self.line.len() + samples, 0.0);
        }
        let speaks_opus = self.last.is_some_and(|(_, codec)| codec == Codec::Opus);
        if let Some(opus) = decoders.opus().filter(|_| speaks_opus)
            && let Some(space) = self.decoded.get_mut(..samples.next_multiple_of(OPUS_STEP as usize))
            && opus.conceal(space).is_ok()
        {
            self.line.extend(space.iter().take(samples));
        } else {
            self.concealer.extend(&mut self.line, samples);
        }
    }

    /// Brings the delay nearer to the wanted one.
    fn correct(&mut self, decoders: &mut Decoders) {
        let excess = self.delay() - self.delays.target();
        self.since_correction = self.since_correction.saturating_add(1);
        self.wrong_for = if excess.abs() < TOLERANCE { 0 } else { self.wrong_for.saturating_add(1) };
        if self.stalled > 0 || excess.abs() < TOLERANCE {
            return;
        }
        let pause = self.is_pause();
        let (pace, likeness) = match excess.abs() > HURRY {
            _ if pause => (PAUSE_PACE, 0.0),
            true => (HURRIED_PACE, 0.3),
            false => (PACE, 0.6),
        };
        // A little can wait for a pause, where nobody hears it.
        let patient = excess.abs() < HURRY && self.wrong_for < PATIENCE;
        if self.since_correction < pace || (patient && !pause) {
            return;
        }
        if excess > SKIPPED_ABOVE {
            // The blend with what would have followed hides the seam.
            self.concealer.extend(&mut self.line, 0);
            self.next += excess;
            return;
        }
        let most = usize::try_from(excess.abs()).unwrap_or(0);
        let changed = if excess > 0 {
            while self.unplayed() < FRAME_SAMPLES + stretch::LONGEST + stretch::OVERLAP
                && self.first_to_play().is_some_and(|(gap, _)| gap <= 0)
            {
                self.play_first(decoders);
            }
            stretch::shorten(&mut self.line, conceal::HISTORY, most, likeness)
        } else {
            stretch::lengthen(&mut self.line, conceal::HISTORY, most, likeness)
        };
        if changed > 0 {
            self.since_correction = 0;
        }
    }

    /// Whether what is played next is a pause in what is spoken.
    fn is_pause(&self) -> bool {
        let next = self.line.get(conceal::HISTORY..).unwrap_or_default();
        let power = |part: &[f32]| part.iter().map(|sample| sample * sample).sum::<f32>() / part.len().max(1) as f32;
        let loudest = next.chunks(FRAME_SAMPLES / 2).map(power).fold(0.0, f32::max);
        loudest < self.loudness * PAUSE
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
