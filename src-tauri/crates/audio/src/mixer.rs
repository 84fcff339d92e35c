//! The mix-minus matrix: who hears whom, and the sums.

use crate::{
    leg::{FRAME_SAMPLES, Frame},
    levels::is_silent,
};

/// The sounds of one tick: the microphone and what each leg says, by place.
pub(crate) struct Sources {
    microphone: Voice,
    legs: Vec<Voice>,
    /// Sum of all legs, in double precision: taking one leg out of it leaves the others bit for bit as a rule.
    total: Box<[f64; FRAME_SAMPLES]>,
}

struct Voice {
    frame: Frame,
    /// Silent ones are skipped, so that silence costs nothing and stays exact.
    audible: bool,
}

impl Voice {
    const SILENT: Self = Self { frame: [0.0; FRAME_SAMPLES], audible: false };

    /// Checks what was written from outside.
    fn inspect(&mut self) {
        make_sane(&mut self.frame);
        self.audible = !is_silent(&self.frame);
    }
}

impl Sources {
    pub(crate) fn new() -> Self {
        Self { microphone: Voice::SILENT, legs: Vec::with_capacity(64), total: Box::new([0.0; FRAME_SAMPLES]) }
    }

    /// Makes room for exactly `legs` legs; places keep their sound.
    pub(crate) fn resize(&mut self, legs: usize) {
        self.legs.resize_with(legs, || Voice::SILENT);
    }

    /// Takes the microphone's frame.
    pub(crate) fn set_microphone(&mut self, write: impl FnOnce(&mut Frame)) {
        write(&mut self.microphone.frame);
        self.microphone.inspect();
    }

    /// Takes a leg's frame; what was taken.
    pub(crate) fn set_leg(&mut self, place: usize, write: impl FnOnce(&mut Frame)) -> Option<&Frame> {
        let voice = self.legs.get_mut(place)?;
        write(&mut voice.frame);
        voice.inspect();
        Some(&voice.frame)
    }

    /// What a leg says in this tick.
    pub(crate) fn leg(&self, place: usize) -> Option<&Frame> {
        self.legs.get(place).map(|voice| &voice.frame)
    }

    /// Sums all legs; needed before mixes that say [`Mix::needs_total`].
    pub(crate) fn add_up(&mut self) {
        self.total.fill(0.0);
        for voice in self.legs.iter().filter(|voice| voice.audible) {
            add(&mut self.total, &voice.frame);
        }
    }

    fn audible(&self, places: &[usize]) -> impl Iterator<Item = &Frame> {
        places.iter().filter_map(|&place| self.legs.get(place)).filter(|voice| voice.audible).map(|voice| &voice.frame)
    }
}

/// What one listener hears.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Mix {
    /// The microphone.
    pub(crate) microphone: bool,
    /// Places of the legs, ascending, each once.
    hears: Vec<usize>,
    /// Places of the other legs, when there are fewer of them: then these are taken out of the total instead.
    misses: Option<Vec<usize>>,
}

impl Mix {
    /// Sets what is heard, among `legs` legs.
    pub(crate) fn set(&mut self, microphone: bool, hears: impl Iterator<Item = usize>, legs: usize) {
        self.microphone = microphone;
        self.hears.clear();
        self.hears.extend(hears.filter(|&place| place < legs));
        self.hears.sort_unstable();
        self.hears.dedup();
        self.misses = (self.hears.len() * 2 > legs + 1).then(|| {
            let mut heard = self.hears.iter().copied().peekable();
            (0..legs).filter(|place| heard.next_if_eq(place).is_none()).collect()
        });
    }

    /// Whether `Sources::add_up` has to come first.
    pub(crate) fn needs_total(&self) -> bool {
        self.misses.is_some()
    }

    /// Writes what is heard. One source alone passes bit for bit; no source is exact silence.
    fn render(&self, sources: &Sources, out: &mut Frame) {
        let microphone = (self.microphone && sources.microphone.audible).then_some(&sources.microphone.frame);
        let mut few = sources.audible(&self.hears).chain(microphone);
        match (few.next(), few.next()) {
            (None, _) => return out.fill(0.0),
            (Some(only), None) => return out.copy_from_slice(only),
            (Some(_), Some(_)) => {}
        }
        let mut sum = [0f64; FRAME_SAMPLES];
        match &self.misses {
            Some(misses) => {
                sum.copy_from_slice(sources.total.as_slice());
                for frame in sources.audible(misses) {
                    sum.iter_mut().zip(frame).for_each(|(sum, &sample)| *sum -= f64::from(sample));
                }
            }
            None => sources.audible(&self.hears).for_each(|frame| add(&mut sum, frame)),
        }
        if let Some(frame) = microphone {
            add(&mut sum, frame);
        }
        out.iter_mut().zip(sum).for_each(|(out, sum)| *out = sum as f32);
    }
}

/// How a listener gets from one mix to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Others are heard: the next frame fades from the old mix to the new one.
    Fade,
    /// The same are heard under other places.
    Renumber,
}

/// Someone who hears a mix, and hears it change without a click.
#[derive(Debug, Default)]
pub(crate) struct Listener {
    mix: Mix,
    before: Mix,
    fading: bool,
}

impl Listener {
    /// Sets the mix.
    pub(crate) fn set(&mut self, change: Change, set: impl FnOnce(&mut Mix)) {
        if change == Change::Fade {
            std::mem::swap(&mut self.mix, &mut self.before);
        }
        set(&mut self.mix);
        self.fading = change == Change::Fade && self.mix != self.before;
    }

    /// Whether the microphone is heard in the next frame.
    pub(crate) fn hears_microphone(&self) -> bool {
        self.mix.microphone || (self.fading && self.before.microphone)
    }

    /// Whether the sum of all legs is needed for the next frame.
    pub(crate) fn needs_total(&self) -> bool {
        self.mix.needs_total() || (self.fading && self.before.needs_total())
    }

    /// Writes the next 10 ms. `fade` is the gain of the new mix during a change.
    pub(crate) fn hear(&mut self, sources: &Sources, fade: &Frame, out: &mut Frame) {
        self.mix.render(sources, out);
        if std::mem::take(&mut self.fading) {
            let mut old = [0.0; FRAME_SAMPLES];
            self.before.render(sources, &mut old);
            cross_fade(&old, fade, out);
        }
    }
}

/// A raised cosine from 0 to 1 over one frame: 10 ms, which no ear takes for a click.
pub(crate) fn fade_in() -> Box<Frame> {
    let angle = |at: usize| (at as f64 + 0.5) / FRAME_SAMPLES as f64 * std::f64::consts::PI;
    Box::new(std::array::from_fn(|at| (0.5 - 0.5 * angle(at).cos()) as f32))
}

/// Fades from `old` to what is in `new`.
pub(crate) fn cross_fade(old: &Frame, fade: &Frame, new: &mut Frame) {
    for ((new, old), gain) in new.iter_mut().zip(old).zip(fade) {
        *new = old + (*new - old) * gain;
    }
}

/// Louder than anything a decoder makes; what exceeds it is nonsense and is cut.
const NONSENSE: f32 = 4.0;

/// Takes out of a frame from outside what would poison every sum it gets into: NaN, infinities and absurd levels.
pub(crate) fn make_sane(frame: &mut Frame) {
    if frame.iter().all(|sample| sample.abs() <= NONSENSE) {
        return;
    }
    for sample in frame {
        *sample = if sample.is_nan() { 0.0 } else { sample.clamp(-NONSENSE, NONSENSE) };
    }
}

fn add(sum: &mut [f64; FRAME_SAMPLES], frame: &Frame) {
    sum.iter_mut().zip(frame).for_each(|(sum, &sample)| *sum += f64::from(sample));
}
