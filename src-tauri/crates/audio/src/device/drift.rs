//! Keeps the buffer between a device and the hub short, although their clocks differ.
//!
//! Both directions are the same: the hub sees how much lies ready, as time, and is told how fast to work it off. The
//! buffer is as long as the scheduling of this machine needs, measured, and no longer.

/// Frames over which the level is averaged: a second.
const AVERAGED_FRAMES: f64 = 100.0;

/// What must remain at the worst moment.
const RESERVE_S: f64 = 0.002;

/// How much the buffer may grow on evidence.
const LONGEST_S: f64 = 0.060;

/// Added to the evidence when the buffer was empty when it mattered.
const PENALTY_S: f64 = 0.003;

/// The evidence of late scheduling halves in half a minute.
const FORGET_PER_FRAME: f64 = 1.0 - 0.000_23;

/// The largest change of speed, half a percent: 9 cents, which nobody hears in speech.
const LARGEST_CHANGE: f64 = 0.005;

/// The largest difference between two clocks that is believed to last.
const LARGEST_DRIFT: f64 = 0.002;

/// How strongly a wrong level is corrected, per second: fast when the stream is young, then too gently to be measured.
const GAINS: (f64, f64) = (0.4, 0.1);

/// Frames from the one to the other: ten seconds.
const SETTLING_FRAMES: f64 = 1_000.0;

/// A buffer this much too long, for `TOO_LONG_FRAMES`, is not worked off but cut.
const TOO_LONG_S: f64 = 0.020;
const TOO_LONG_FRAMES: u32 = 10;

const FRAME_S: f64 = 0.010;

/// What lies ready in a buffer, in seconds, as it is seen once a frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Level {
    /// Without the steps that come from callbacks moving sound in pieces: what is there, plus what a microphone has
    /// gathered or less what a speaker has used up since its last callback.
    pub(crate) smooth_s: f64,
    /// What was left, or would have been, at the frame's worst moment.
    pub(crate) floor_s: f64,
}

/// What to do about the level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Order {
    /// Work the buffer off at this speed; 1.0 is what the nominal rates ask for.
    Speed(f64),
    /// Leave out a frame.
    Skip,
}

/// The control loop of one stream.
#[derive(Debug)]
pub(crate) struct DriftControl {
    average_s: Option<f64>,
    /// How far below the average the worst moments lie.
    dips_s: f64,
    drift: f64,
    frames: f64,
    too_long: u32,
}

impl DriftControl {
    /// Of a stream that just opened, whose worst moments are expected `dips_s` below the average.
    pub(crate) fn new(dips_s: f64) -> Self {
        Self { average_s: None, dips_s, drift: 0.0, frames: 0.0, too_long: 0 }
    }

    /// Sees the level of a frame.
    pub(crate) fn observe(&mut self, level: Level) -> Order {
        let average = self.average_s.unwrap_or(level.smooth_s);
        let average = average + (level.smooth_s - average) / AVERAGED_FRAMES;
        self.average_s = Some(average);
        self.learn(average - level.floor_s);

        let target = self.target_s();
        self.too_long = if level.smooth_s - target > TOO_LONG_S { self.too_long + 1 } else { 0 };
        if self.too_long >= TOO_LONG_FRAMES {
            self.average_s = Some(level.smooth_s - FRAME_S);
            return Order::Skip;
        }
        let error = average - target;
        let settled = (self.frames / SETTLING_FRAMES).min(1.0);
        self.frames += 1.0;
        let gain = GAINS.0 + (GAINS.1 - GAINS.0) * settled;
        let change = gain * error + self.drift;
        // The integral of a critically damped loop; it rests while the correction is at its limit.
        if change.abs() < LARGEST_CHANGE {
            let drift = self.drift + gain * gain / 4.0 * error * FRAME_S;
            self.drift = drift.clamp(-LARGEST_DRIFT, LARGEST_DRIFT);
        }
        Order::Speed(1.0 + change.clamp(-LARGEST_CHANGE, LARGEST_CHANGE))
    }

    /// The buffer was empty when it mattered: it starts again at the target, which is longer now.
    pub(crate) fn starved(&mut self) {
        self.average_s = None;
        self.too_long = 0;
        self.dips_s = (self.dips_s + PENALTY_S).min(LONGEST_S);
    }

    /// Where the average level shall be.
    pub(crate) fn target_s(&self) -> f64 {
        RESERVE_S + self.dips_s
    }

    fn learn(&mut self, dip_s: f64) {
        // A dip that happened once counts for a quarter, one that comes again and again for all of it.
        let dip = dip_s.clamp(0.0, LONGEST_S);
        self.dips_s *= FORGET_PER_FRAME;
        if dip > self.dips_s {
            self.dips_s += (dip - self.dips_s) / 4.0;
        }
    }
}
