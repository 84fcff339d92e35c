//! Prints what a tick of the hub costs, in microseconds, by number of legs and by who hears whom.
#![expect(clippy::disallowed_methods, reason = "it measures the real clock")]
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use std::{hint::black_box, time::Instant};

use audio::{FRAME_SAMPLES, Flow, Frame, Hub, HubHandle, Leg, LegId, LegRoute};
use model::Cleanup;

const TICKS: u32 = 1_000;

/// Speaks noise and listens.
struct Noise(u32);

impl Leg for Noise {
    fn pull(&mut self, frame: &mut Frame) {
        for sample in frame {
            self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *sample = (self.0 >> 8) as f32 / 16_777_216.0 * 0.1 - 0.05;
        }
    }

    fn push(&mut self, frame: &Frame) {
        black_box(frame);
    }
}

struct NoiseMicrophone(Noise);

impl audio::Capture for NoiseMicrophone {
    fn read(&mut self, frame: &mut Frame) -> Flow {
        self.0.pull(frame);
        Flow::Ok
    }
}

fn main() {
    println!("{:>5}  {:>12} {:>12} {:>12} {:>12}", "legs", "calls", "conference", "two halves", "cleaned");
    for legs in [1, 3, 10, 50, 100] {
        let calls = cost(legs, Cleanup::OFF, |_, _| false);
        let conference = cost(legs, Cleanup::OFF, |a, b| a != b);
        let halves = cost(legs, Cleanup::OFF, |a, b| a != b && a % 2 == b % 2);
        let cleaned = cost(legs, Cleanup::default(), |_, _| false);
        println!("{legs:>5}  {calls:>9.1} us {conference:>9.1} us {halves:>9.1} us {cleaned:>9.1} us");
    }
    println!("a tick has 10000 us; a frame has {FRAME_SAMPLES} samples");
}

/// Microseconds of a tick, the average of many.
fn cost(legs: u64, cleanup: Cleanup, hears: impl Fn(u64, u64) -> bool) -> f64 {
    let (mut hub, handle): (Hub, HubHandle) = Hub::new();
    handle.cleanup(cleanup);
    handle.microphone(Some(Box::new(NoiseMicrophone(Noise(7)))));
    let route = |leg| LegRoute {
        leg: LegId(leg),
        microphone: true,
        speaker: true,
        hears: (0..legs).filter(|&other| hears(leg, other)).map(LegId).collect(),
    };
    for leg in 0..legs {
        handle.attach(LegId(leg), Box::new(Noise(leg as u32)));
    }
    handle.route((0..legs).map(route).collect());
    hub.tick();
    hub.tick();
    let begin = Instant::now();
    for _ in 0..TICKS {
        hub.tick();
    }
    begin.elapsed().as_secs_f64() * 1e6 / f64::from(TICKS)
}
