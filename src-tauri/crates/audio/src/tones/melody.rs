//! A small instrument, and the waiting music it plays, which was written for this phone.

use crate::{
    leg::{Frame, SAMPLE_RATE_HZ},
    tones::{Played, Source, oscillator::Oscillator},
};

/// Notes that sound at once; later ones wait for a free voice by not sounding at all, so pieces keep below it.
const VOICES: usize = 12;

/// Strength of the first partials: something between a harp and a music box.
const PARTIALS: [f64; 3] = [1.0, 0.28, 0.10];

/// Rise and release of a note: 4 ms and 20 ms.
const ATTACK_SAMPLES: f64 = 192.0;
const RELEASE_SAMPLES: u64 = 960;

/// A note of a piece: start and length in sixteenths, MIDI key (69 is 440 Hz).
#[derive(Clone, Copy, Debug)]
struct Note(u16, u16, u8);

/// A piece that repeats.
#[derive(Debug)]
struct Piece {
    /// In order of their start.
    notes: &'static [Note],
    sixteenths: u16,
    samples_per_sixteenth: u64,
    /// Peak of one note.
    amplitude: f64,
    /// Time in which a note fades to a third, in samples.
    decay: f64,
}

/// Plays a piece over and over.
pub(crate) struct Melody {
    piece: &'static Piece,
    next_note: usize,
    /// Samples since the piece began.
    at: u64,
    voices: [Option<Voice>; VOICES],
}

impl Melody {
    /// What one hears while waiting.
    pub(crate) fn music() -> Self {
        Self::new(&MUSIC)
    }

    fn new(piece: &'static Piece) -> Self {
        Self { piece, next_note: 0, at: 0, voices: [const { None }; VOICES] }
    }

    fn next(&mut self) -> f64 {
        while let Some(&Note(start, length, key)) = self.piece.notes.get(self.next_note) {
            if u64::from(start) * self.piece.samples_per_sixteenth > self.at {
                break;
            }
            self.next_note += 1;
            if let Some(free) = self.voices.iter_mut().find(|voice| voice.is_none()) {
                *free = Some(Voice::new(key, u64::from(length) * self.piece.samples_per_sixteenth, self.piece));
            }
        }
        let mut sum = 0.0;
        for slot in &mut self.voices {
            if let Some(voice) = slot {
                sum += voice.next();
                if voice.is_over() {
                    *slot = None;
                }
            }
        }
        self.at += 1;
        if self.at >= u64::from(self.piece.sixteenths) * self.piece.samples_per_sixteenth {
            (self.at, self.next_note) = (0, 0);
        }
        sum * self.piece.amplitude
    }
}

impl Source for Melody {
    fn fill(&mut self, frame: &mut Frame) -> Played {
        for sample in frame.iter_mut() {
            *sample = self.next() as f32;
        }
        Played::More
    }
}

/// A sounding note.
struct Voice {
    partials: [Oscillator; PARTIALS.len()],
    gain: f64,
    damping: f64,
    age: u64,
    length: u64,
}

impl Voice {
    fn new(key: u8, length: u64, piece: &Piece) -> Self {
        let hz = 440.0 * 2f64.powf((f64::from(key) - 69.0) / 12.0);
        Self {
            partials: [1.0, 2.0, 3.0].map(|partial| Oscillator::new(hz * partial)),
            gain: 1.0,
            damping: (-1.0 / piece.decay).exp(),
            age: 0,
            length,
        }
    }

    fn next(&mut self) -> f64 {
        let tone: f64 = self.partials.iter_mut().zip(PARTIALS).map(|(partial, strength)| partial.next() * strength).sum();
        let attack = (self.age as f64 / ATTACK_SAMPLES).min(1.0);
        let release = (self.end().saturating_sub(self.age) as f64 / RELEASE_SAMPLES as f64).min(1.0);
        self.gain *= self.damping;
        self.age += 1;
        tone * self.gain * attack * release
    }

    fn end(&self) -> u64 {
        self.length + RELEASE_SAMPLES
    }

    fn is_over(&self) -> bool {
        self.age >= self.end()
    }
}

const fn ms(ms: u64) -> u64 {
    ms * SAMPLE_RATE_HZ as u64 / 1_000
}

/// Eight bars in D, a walking figure below and a slow tune above.
#[rustfmt::skip]
static MUSIC: Piece = Piece {
    notes: &[
        Note(0, 6, 50), Note(0, 6, 74), Note(4, 4, 57), Note(6, 2, 76), Note(8, 4, 62), Note(8, 6, 78), Note(12, 4, 57), Note(14, 2, 76),
        Note(16, 6, 47), Note(16, 8, 74), Note(20, 4, 54), Note(24, 4, 59), Note(24, 6, 71), Note(28, 4, 54), Note(30, 2, 69),
        Note(32, 6, 43), Note(32, 6, 71), Note(36, 4, 50), Note(38, 2, 74), Note(40, 4, 55), Note(40, 6, 76), Note(44, 4, 50), Note(46, 2, 74),
        Note(48, 6, 45), Note(48, 10, 73), Note(52, 4, 52), Note(56, 4, 57), Note(60, 4, 52), Note(60, 4, 69),
        Note(64, 6, 50), Note(64, 6, 74), Note(68, 4, 57), Note(70, 2, 78), Note(72, 4, 62), Note(72, 6, 81), Note(76, 4, 57), Note(78, 2, 78),
        Note(80, 6, 47), Note(80, 8, 79), Note(84, 4, 54), Note(88, 4, 59), Note(88, 4, 78), Note(92, 4, 54), Note(92, 4, 76),
        Note(96, 6, 43), Note(96, 6, 74), Note(100, 4, 50), Note(102, 2, 71), Note(104, 4, 57), Note(104, 6, 73), Note(108, 4, 52), Note(110, 2, 76),
        Note(112, 6, 50), Note(112, 12, 74), Note(116, 4, 57), Note(120, 4, 62), Note(124, 4, 66),
    ],
    sixteenths: 128,
    samples_per_sixteenth: ms(160),
    amplitude: 0.09,
    decay: ms(700) as f64,
};
