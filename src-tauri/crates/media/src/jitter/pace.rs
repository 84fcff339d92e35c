//! Playing a little faster or slower, so that the delay comes to be the wanted one unheard.

use audio::FRAME_SAMPLES;

use super::{JitterBuffer, MS, TOLERANCE, conceal, stretch};
use crate::codec::Decoders;

/// Further than this above the target, sound is skipped instead of played fast.
const SKIPPED_ABOVE: i64 = 400 * MS;

/// Above the target by this, pieces are taken out in quick succession and where it may be heard a little.
const HURRY: i64 = 50 * MS;

/// Frames between two corrections.
const PACE: u32 = 4;
const HURRIED_PACE: u32 = 2;
const PAUSE_PACE: u32 = 1;

/// Frames for which a wrong delay waits for a pause: time put in or taken out within a word is what is heard most of a busy
/// machine or network.
const PATIENCE: u32 = 100;

/// Below this share of the power of what is spoken, it is a pause (-26 dB).
const PAUSE: f32 = 0.0025;

impl JitterBuffer {
    /// Brings the delay nearer to the wanted one.
    pub(super) fn correct(&mut self, decoders: &mut Decoders) {
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
}
