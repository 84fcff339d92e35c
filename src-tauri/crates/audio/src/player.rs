//! Plays sources into a frame.

use crate::{
    hub::retired::{Bin, Retired},
    leg::{FRAME_SAMPLES, Frame},
    mixer::{cross_fade, make_sane},
    tones::{Played, Source},
};

/// One source at a time; a change fades the old one out.
#[derive(Default)]
pub(crate) struct Player {
    current: Option<Box<dyn Source>>,
    leaving: Option<Box<dyn Source>>,
}

impl Player {
    /// Plays something else, or nothing.
    pub(crate) fn play(&mut self, source: Option<Box<dyn Source>>, bin: &mut Bin) {
        let old = std::mem::replace(&mut self.current, source);
        if let Some(forgotten) = std::mem::replace(&mut self.leaving, old) {
            bin.put(Retired::Source(forgotten));
        }
    }

    /// Whether something sounds.
    pub(crate) fn is_playing(&self) -> bool {
        self.current.is_some() || self.leaving.is_some()
    }

    /// Adds the next 10 ms to `out`.
    pub(crate) fn add_to(&mut self, out: &mut Frame, fade: &Frame, bin: &mut Bin) {
        if !self.is_playing() {
            return;
        }
        let mut frame = [0.0; FRAME_SAMPLES];
        let mut over = false;
        if let Some(source) = &mut self.current {
            over = source.fill(&mut frame) == Played::Last;
        }
        if let Some(mut source) = self.leaving.take() {
            let mut old = [0.0; FRAME_SAMPLES];
            // What it says about its end is of no interest any more.
            let _ = source.fill(&mut old);
            cross_fade(&old, fade, &mut frame);
            bin.put(Retired::Source(source));
        }
        if over && let Some(source) = self.current.take() {
            bin.put(Retired::Source(source));
        }
        make_sane(&mut frame);
        out.iter_mut().zip(frame).for_each(|(out, sample)| *out += sample);
    }

    /// Lets go of everything.
    pub(crate) fn retire(self, bin: &mut Bin) {
        for source in [self.current, self.leaving].into_iter().flatten() {
            bin.put(Retired::Source(source));
        }
    }
}
