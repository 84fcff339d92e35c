//! A microphone's trial: a leg that takes down what it is told, and then says it again.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering::Relaxed},
    },
    time::Duration,
};

use crate::{
    FRAME_SAMPLES, Frame, Leg, SAMPLE_RATE_HZ, SILENCE_DBFS,
    levels::{Gauge, Meter},
};

/// A leg that records for `length` and plays that back once, and how it is getting on.
pub fn microphone_trial(length: Duration) -> (Box<dyn Leg>, TrialProgress) {
    let frames = (length.as_millis() as usize * SAMPLE_RATE_HZ as usize / 1_000).div_ceil(FRAME_SAMPLES).max(1);
    let shared = Arc::new(Shared::default());
    let leg = TrialLeg {
        // All of it now: the hub's thread allocates nothing.
        taken: Vec::with_capacity(frames * FRAME_SAMPLES),
        samples: frames * FRAME_SAMPLES,
        played: 0,
        meter: Meter::default(),
        loudest_dbfs: SILENCE_DBFS,
        shared: Arc::clone(&shared),
    };
    (Box::new(leg), TrialProgress(shared))
}

/// How a trial is getting on.
#[derive(Clone, Debug)]
pub struct TrialProgress(Arc<Shared>);

impl TrialProgress {
    /// What it does now.
    pub fn state(&self) -> TrialState {
        match self.0.state.load(Relaxed) {
            0 => TrialState::Recording,
            1 => TrialState::Playing,
            _ => TrialState::Done,
        }
    }

    /// The loudest 50 ms that were recorded so far, in dBFS.
    pub fn loudest_dbfs(&self) -> f32 {
        self.0.loudest.read()
    }
}

/// What a trial does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrialState {
    /// It listens.
    Recording = 0,
    /// It plays.
    Playing = 1,
    /// All was played.
    Done = 2,
}

#[derive(Debug, Default)]
struct Shared {
    state: AtomicU8,
    loudest: Gauge,
}

struct TrialLeg {
    taken: Vec<f32>,
    samples: usize,
    played: usize,
    meter: Meter,
    loudest_dbfs: f32,
    shared: Arc<Shared>,
}

impl Leg for TrialLeg {
    fn pull(&mut self, frame: &mut Frame) {
        frame.fill(0.0);
        if self.taken.len() < self.samples {
            return;
        }
        match self.taken.get(self.played..self.played + FRAME_SAMPLES) {
            Some(next) => {
                frame.copy_from_slice(next);
                self.played += FRAME_SAMPLES;
            }
            None => self.shared.state.store(TrialState::Done as u8, Relaxed),
        }
    }

    fn push(&mut self, frame: &Frame) {
        if self.taken.len() >= self.samples {
            return;
        }
        self.taken.extend_from_slice(frame);
        if let Some(level) = self.meter.add(frame) {
            self.loudest_dbfs = self.loudest_dbfs.max(level);
            self.shared.loudest.write(self.loudest_dbfs);
        }
        if self.taken.len() >= self.samples {
            self.shared.state.store(TrialState::Playing as u8, Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_is_heard_again_and_measured() {
        let (mut leg, progress) = microphone_trial(Duration::from_millis(100));
        let mut heard = [9.0; FRAME_SAMPLES];
        for at in 0..10u8 {
            leg.pull(&mut heard);
            assert_eq!((heard[0], progress.state()), (0.0, TrialState::Recording));
            leg.push(&[f32::from(at) / 20.0; FRAME_SAMPLES]);
        }
        assert!((progress.loudest_dbfs() + 9.0).abs() < 1.0, "{}", progress.loudest_dbfs());
        for at in 0..10u8 {
            assert_eq!(progress.state(), TrialState::Playing);
            leg.pull(&mut heard);
            assert_eq!(heard[7], f32::from(at) / 20.0);
            leg.push(&[1.0; FRAME_SAMPLES]);
        }
        leg.pull(&mut heard);
        assert_eq!((heard[0], progress.state()), (0.0, TrialState::Done));
    }
}
