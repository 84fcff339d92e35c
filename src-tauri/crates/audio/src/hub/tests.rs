use std::sync::{Arc, Mutex};

use super::*;
use crate::{
    MemoryHost, SoundHost, ToneSpec,
    testing::{rms_dbfs, roughest, speech, tone_dbfs},
};

mod devices;
mod legs;
mod mixing;

/// The far end of a call as a test sees it: says what it was given, keeps what it hears.
#[derive(Clone, Default)]
struct FarEnd {
    says: Arc<Mutex<Vec<f32>>>,
    heard: Arc<Mutex<Vec<f32>>>,
    alive: Arc<()>,
}

impl FarEnd {
    fn saying(samples: Vec<f32>) -> Self {
        let far = Self::default();
        *far.says.lock().expect("not poisoned") = samples;
        far
    }

    fn saying_sine(hz: f64, amplitude: f64) -> Self {
        let sample = |at: usize| ((at as f64 * hz / 48_000.0 * std::f64::consts::TAU).sin() * amplitude) as f32;
        Self::saying((0..48_000 * 4).map(sample).collect())
    }

    fn heard(&self) -> Vec<f32> {
        std::mem::take(&mut *self.heard.lock().expect("not poisoned"))
    }
}

impl Leg for FarEnd {
    fn pull(&mut self, frame: &mut Frame) {
        let mut says = self.says.lock().expect("not poisoned");
        let count = says.len().min(FRAME_SAMPLES);
        frame.fill(0.0);
        for (to, from) in frame.iter_mut().zip(says.drain(..count)) {
            *to = from;
        }
    }

    fn push(&mut self, frame: &Frame) {
        self.heard.lock().expect("not poisoned").extend(frame);
    }
}

/// A hub with a microphone and a speaker in memory.
struct Desk {
    hub: Hub,
    handle: HubHandle,
    host: MemoryHost,
}

impl Desk {
    fn new() -> Self {
        let (hub, handle) = Hub::new();
        let host = MemoryHost::desk();
        handle.microphone(Some(host.open_microphone(None).expect("there is one")));
        handle.speaker(Some(host.open_speaker(None).expect("there is one")));
        Self { hub, handle, host }
    }

    fn attach(&self, id: u64, far: &FarEnd) {
        self.handle.attach(LegId(id), Box::new(far.clone()));
    }

    fn run(&mut self, ticks: usize) {
        (0..ticks).for_each(|_| self.hub.tick());
    }

    fn say(&self, samples: &[f32]) {
        self.host.say("memory:mic", samples);
    }

    fn played(&self) -> Vec<f32> {
        self.host.take_played("memory:spk")
    }
}

/// An ordinary call.
fn call(leg: u64) -> LegRoute {
    LegRoute { leg: LegId(leg), microphone: true, speaker: true, hears: Vec::new() }
}

/// A conference of the microphone, the speaker and `legs`.
fn conference(legs: &[u64]) -> Vec<LegRoute> {
    let others = |leg: u64| legs.iter().copied().filter(|&other| other != leg).map(LegId).collect();
    legs.iter().map(|&leg| LegRoute { hears: others(leg), ..call(leg) }).collect()
}

fn sine(hz: f64, amplitude: f64, ticks: usize) -> Vec<f32> {
    (0..ticks * FRAME_SAMPLES).map(|at| ((at as f64 * hz / 48_000.0 * std::f64::consts::TAU).sin() * amplitude) as f32).collect()
}
