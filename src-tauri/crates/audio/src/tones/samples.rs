//! Sounds that are made elsewhere.

use std::sync::Arc;

use crate::{
    leg::Frame,
    tones::{Played, Repeat, Source},
};

/// Plays a buffer, once or for ever.
pub(crate) struct Samples {
    samples: Arc<[f32]>,
    repeat: Repeat,
    at: usize,
}

impl Samples {
    pub(crate) fn new(samples: Arc<[f32]>, repeat: Repeat) -> Self {
        Self { samples, repeat, at: 0 }
    }
}

impl Source for Samples {
    fn fill(&mut self, frame: &mut Frame) -> Played {
        frame.fill(0.0);
        let mut filled = 0;
        while filled < frame.len() {
            let rest = self.samples.get(self.at..).unwrap_or_default();
            let count = rest.len().min(frame.len() - filled);
            if let (Some(to), Some(from)) = (frame.get_mut(filled..filled + count), rest.get(..count)) {
                to.copy_from_slice(from);
            }
            filled += count;
            self.at += count;
            if self.at < self.samples.len() {
                continue;
            }
            match self.repeat {
                Repeat::Forever if !self.samples.is_empty() => self.at = 0,
                Repeat::Forever | Repeat::Once => return Played::Last,
            }
        }
        Played::More
    }
}

/// Plays an iterator that does not end.
pub(crate) struct Endless<I>(pub(crate) I);

impl<I: Iterator<Item = f32> + Send> Source for Endless<I> {
    fn fill(&mut self, frame: &mut Frame) -> Played {
        frame.fill(0.0);
        frame.iter_mut().zip(&mut self.0).for_each(|(sample, next)| *sample = next);
        Played::More
    }
}
