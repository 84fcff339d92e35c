//! What is played: packets as they were sent, what forward error correction restores of lost ones, and made-up sound.

use audio::FRAME_SAMPLES;
use model::Codec;

use super::{FRAME, JitterBuffer, MS, State, stretch};
use crate::codec::{Decoders, LONGEST_PACKET, has_fec};

/// After so long without a packet the stream has stopped; what comes then starts anew.
const STOPPED: i64 = 1_000 * MS;

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

impl JitterBuffer {
    /// Appends some sound to the line, whatever there is.
    pub(super) fn produce(&mut self, decoders: &mut Decoders) {
        if self.state == State::Waiting {
            return self.concealer.extend(&mut self.line, FRAME_SAMPLES);
        }
        let Some((gap, first)) = self.first_to_play() else { return self.stall(decoders) };
        if gap <= 0 {
            return self.play_first(decoders);
        }
        let lost = self.last.is_none_or(|(number, _)| !self.others.are_all_between(number, first));
        if lost { self.bridge(gap, decoders) } else { self.pause(gap, decoders) }
    }

    /// What is missing before the first packet that is not wholly in the past, and its number.
    pub(super) fn first_to_play(&mut self) -> Option<(i64, i64)> {
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

    pub(super) fn play_first(&mut self, decoders: &mut Decoders) {
        let Some(slot) = self.store.take_first() else { return };
        // Late and not lost: the sound goes on where it stopped and not where the made-up one is by now.
        let made_up = (self.stalled > 0 || self.level < 1.0).then(|| self.continuation(decoders));
        self.playout.concealed += self.stalled as u64;
        self.stalled = 0;
        self.last = Some((slot.number, slot.codec));
        self.others.forget_before(slot.number);
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
}
