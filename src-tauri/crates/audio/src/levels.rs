//! Levels: measured on the hub's thread over 50 ms, read by anyone.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use crate::leg::{FRAME_SAMPLES, Frame};

/// What is shown for exact silence.
pub const SILENCE_DBFS: f32 = -127.0;

/// Frames per measurement: 50 ms, as often as a moving bar needs.
const FRAMES: u32 = 5;

/// Frames of nothing but zeros after which a microphone counts as dead: one second. A real converter has noise, so exact
/// zeros for that long mean a hardware mute, a denied permission or a wrong device.
const DEAD_AFTER_FRAMES: u32 = 100;

/// How loud a leg is, in dBFS (RMS over 50 ms), [`SILENCE_DBFS`] for silence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LegLevels {
    /// What the far end says.
    pub heard_dbfs: f32,
    /// What the far end is sent.
    pub sent_dbfs: f32,
    /// Whether a tone or a source still plays into the leg.
    pub playing: bool,
}

/// How a device of the hub is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StreamState {
    /// None is given to the hub.
    #[default]
    Closed,
    /// It delivers or takes frames, or is about to.
    Running,
    /// It is gone and was let go; give the hub another one.
    Gone,
}

impl StreamState {
    /// The state of a stream nothing bad is known of yet.
    pub(crate) fn of<T>(stream: Option<T>) -> Self {
        if stream.is_some() { Self::Running } else { Self::Closed }
    }
}

/// How the microphone is doing, before the mute gate and the clean-up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MicrophoneLevels {
    /// Level in dBFS (RMS over 50 ms).
    pub dbfs: f32,
    /// Whether it delivered nothing but zeros for the last second.
    pub only_zeros: bool,
    /// The stream itself.
    pub stream: StreamState,
}

/// Adds up frames and yields a level each 50 ms.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    energy: f64,
    frames: u32,
}

impl Meter {
    /// Adds a frame; the level of the last 50 ms when they are full.
    pub(crate) fn add(&mut self, frame: &Frame) -> Option<f32> {
        self.energy += energy(frame);
        self.frames += 1;
        if self.frames < FRAMES {
            return None;
        }
        let mean = self.energy / f64::from(FRAMES * FRAME_SAMPLES as u32);
        *self = Self::default();
        Some(dbfs(mean))
    }
}

/// Notices a microphone that delivers nothing but zeros.
#[derive(Debug, Default)]
pub(crate) struct ZeroWatch {
    frames: u32,
}

impl ZeroWatch {
    /// Adds a frame; whether the last second was all zeros.
    pub(crate) fn add(&mut self, frame: &Frame) -> bool {
        self.frames = if is_silent(frame) { (self.frames + 1).min(DEAD_AFTER_FRAMES) } else { 0 };
        self.frames == DEAD_AFTER_FRAMES
    }
}

/// A leg's figures, written by the hub and read by the handle.
#[derive(Debug, Default)]
pub(crate) struct LegGauges {
    pub(crate) heard: Gauge,
    pub(crate) sent: Gauge,
    /// Sources given to the leg, counted by the handle.
    pub(crate) given: AtomicU32,
    /// Sources that are over, counted by the hub. Two counts, so that one which is still on its way is playing, too.
    pub(crate) ended: AtomicU32,
}

impl LegGauges {
    pub(crate) fn read(&self) -> LegLevels {
        LegLevels {
            heard_dbfs: self.heard.read(),
            sent_dbfs: self.sent.read(),
            playing: self.given.load(Relaxed) != self.ended.load(Relaxed),
        }
    }
}

/// A level in an atomic.
#[derive(Debug)]
pub(crate) struct Gauge(AtomicU32);

impl Default for Gauge {
    fn default() -> Self {
        Self(AtomicU32::new(SILENCE_DBFS.to_bits()))
    }
}

impl Gauge {
    pub(crate) fn write(&self, dbfs: f32) {
        self.0.store(dbfs.to_bits(), Relaxed);
    }

    pub(crate) fn read(&self) -> f32 {
        f32::from_bits(self.0.load(Relaxed))
    }
}

/// Whether every sample is zero.
pub(crate) fn is_silent(frame: &Frame) -> bool {
    frame.iter().all(|&sample| sample == 0.0)
}

/// Sum of the squares.
pub(crate) fn energy(frame: &[f32]) -> f64 {
    // Eight lanes, so that the compiler can keep them in vector registers: a plain sum must keep its order.
    let mut lanes = [0f32; 8];
    let chunks = frame.chunks_exact(8);
    let rest: f64 = chunks.remainder().iter().map(|&s| f64::from(s) * f64::from(s)).sum();
    for chunk in chunks {
        for (lane, &sample) in lanes.iter_mut().zip(chunk) {
            *lane += sample * sample;
        }
    }
    lanes.iter().map(|&lane| f64::from(lane)).sum::<f64>() + rest
}

/// A mean square as dBFS, where a square wave at full scale is 0 dBFS.
pub(crate) fn dbfs(mean_square: f64) -> f32 {
    if mean_square > 0.0 { ((10.0 * mean_square.log10()) as f32).max(SILENCE_DBFS) } else { SILENCE_DBFS }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_scale_sine_measures_minus_three_dbfs() {
        let mut meter = Meter::default();
        let frame: Frame = std::array::from_fn(|i| (i as f32 * std::f32::consts::TAU / 48.0).sin());
        let levels: Vec<f32> = (0..20).filter_map(|_| meter.add(&frame)).collect();
        assert_eq!(levels.len(), 4, "one level each 50 ms");
        assert!((levels[0] + 3.01).abs() < 0.01, "{levels:?}");
    }

    #[test]
    fn a_microphone_is_dead_after_one_second_of_zeros_and_alive_at_the_first_noise() {
        let mut watch = ZeroWatch::default();
        let silence = [0.0; FRAME_SAMPLES];
        let dead: Vec<bool> = (0..101).map(|_| watch.add(&silence)).collect();
        assert!(!dead[98] && dead[99] && dead[100]);
        let mut noise = silence;
        noise[7] = 1.0 / 32_768.0;
        assert!(!watch.add(&noise));
    }
}
