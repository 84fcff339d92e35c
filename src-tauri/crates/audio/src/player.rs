//! Plays sources into a frame.

use crate::{
    hub::retired::{Bin, Retired},
    leg::{FRAME_SAMPLES, Frame},
    mixer::make_sane,
    slot::Slot,
    tones::{Played, Source},
};

/// One source at a time; a change fades the old one out.
#[derive(Default)]
pub(crate) struct Player {
    slot: Slot<Box<dyn Source>>,
    ended: u32,
}

impl Player {
    /// Plays something else, or nothing.
    pub(crate) fn play(&mut self, source: Option<Box<dyn Source>>, bin: &mut Bin) {
        if let Some(unheard) = self.slot.replace(source) {
            self.let_go(unheard, bin);
        }
    }

    /// How many sources have come to their end or were replaced; wraps around.
    pub(crate) fn ended(&self) -> u32 {
        self.ended
    }

    /// Whether something sounds.
    pub(crate) fn is_playing(&self) -> bool {
        self.slot.is_in_use()
    }

    /// Adds the next 10 ms to `out`.
    pub(crate) fn add_to(&mut self, out: &mut Frame, fade: &Frame, bin: &mut Bin) {
        if !self.is_playing() {
            return;
        }
        let mut frame = [0.0; FRAME_SAMPLES];
        let mut played = Played::More;
        if let Some(source) = &mut self.slot.current {
            played = source.fill(&mut frame);
        }
        if self.slot.take_change()
            && let Some(mut source) = self.slot.leaving.take()
        {
            let mut old = [0.0; FRAME_SAMPLES];
            // What it says about its end is of no interest any more.
            let _ = source.fill(&mut old);
            for ((sum, old), gain) in frame.iter_mut().zip(old).zip(fade) {
                *sum += old * (1.0 - gain);
            }
            self.let_go(source, bin);
        }
        if played == Played::Last
            && let Some(source) = self.slot.current.take()
        {
            self.let_go(source, bin);
        }
        make_sane(&mut frame);
        out.iter_mut().zip(frame).for_each(|(out, sample)| *out += sample);
    }

    /// Lets go of everything.
    pub(crate) fn retire(self, bin: &mut Bin) {
        for source in [self.slot.current, self.slot.leaving].into_iter().flatten() {
            bin.put(Retired::Source(source));
        }
    }

    fn let_go(&mut self, source: Box<dyn Source>, bin: &mut Bin) {
        self.ended = self.ended.wrapping_add(1);
        bin.put(Retired::Source(source));
    }
}
