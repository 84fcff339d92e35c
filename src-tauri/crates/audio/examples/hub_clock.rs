//! Prints how punctual the hub's thread is with 1 and with 50 legs, and how often it wakes with none.
#![expect(clippy::disallowed_methods, reason = "it measures the real clock")]
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use audio::{Frame, Leg, LegId, LegRoute, start};
use model::Clock;

/// The machine's monotonic clock.
struct MachineClock(Instant);

impl Clock for MachineClock {
    fn now(&self) -> model::Instant {
        model::Instant::after_start(self.0.elapsed())
    }

    fn unix_seconds(&self) -> i64 {
        0
    }
}

/// Writes down when it was pulled.
struct Punctual(Arc<Mutex<Vec<Instant>>>);

impl Leg for Punctual {
    fn pull(&mut self, frame: &mut Frame) {
        frame.fill(0.01);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Instant::now());
    }

    fn push(&mut self, _: &Frame) {}
}

fn main() -> std::io::Result<()> {
    let (_thread, hub) = start(Arc::new(MachineClock(Instant::now())))?;
    for legs in [1, 50] {
        let pulls = Arc::new(Mutex::new(Vec::with_capacity(2_000 * legs as usize)));
        for leg in 0..legs {
            hub.attach(LegId(leg), Box::new(Punctual(Arc::clone(&pulls))));
        }
        let others = |own: u64| (0..legs).filter(|&leg| leg != own).map(LegId).collect();
        hub.route(
            (0..legs).map(|leg| LegRoute { leg: LegId(leg), microphone: true, speaker: true, hears: others(leg) }).collect(),
        );
        std::thread::sleep(Duration::from_secs(10));
        (0..legs).for_each(|leg| hub.detach(LegId(leg)));
        std::thread::sleep(Duration::from_millis(100));
        let pulls = pulls.lock().unwrap_or_else(PoisonError::into_inner);
        let ticks: Vec<Instant> = pulls.iter().copied().step_by(legs as usize).collect();
        report(legs, &ticks);
    }
    let before = switches()?;
    std::thread::sleep(Duration::from_secs(10));
    println!("idle: {} wake-ups of the hub's threads in 10 s", switches()? - before);
    Ok(())
}

fn report(legs: u64, ticks: &[Instant]) {
    let Some(first) = ticks.first() else { return println!("{legs} legs: no tick") };
    let mut late: Vec<f64> = (0u32..)
        .zip(ticks)
        .map(|(number, tick)| (tick.duration_since(*first).as_secs_f64() - f64::from(number) * 0.010) * 1e3)
        .collect();
    late.sort_by(f64::total_cmp);
    let at = |share: f64| late.get((share * (late.len() - 1) as f64) as usize).copied().unwrap_or_default();
    println!(
        "{legs} legs: {} ticks, late by {:.2} ms (median), {:.2} ms (99 %), {:.2} ms (worst)",
        late.len(),
        at(0.5),
        at(0.99),
        at(1.0)
    );
}

/// Voluntary context switches of all threads but this one, where Linux tells.
fn switches() -> std::io::Result<u64> {
    let mut sum = 0;
    for task in std::fs::read_dir("/proc/self/task")? {
        let task = task?.path();
        if std::fs::read_to_string(task.join("comm"))?.starts_with("audio-") {
            let status = std::fs::read_to_string(task.join("status"))?;
            let count = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
            sum += count.and_then(|count| count.trim().parse::<u64>().ok()).unwrap_or_default();
        }
    }
    Ok(sum)
}
