//! The hub's real clock.

use std::{
    io,
    sync::{
        Arc,
        mpsc::{Receiver, sync_channel},
    },
    thread::{self, JoinHandle},
};

use model::Clock;

use crate::{Hub, HubHandle, hub::retired::Retired, pace::Pacer, priority};

/// Things that may wait to be dropped.
const REAPER_ROOM: usize = 256;

/// The running hub; dropping it ends its threads.
pub struct HubThread {
    handle: HubHandle,
    threads: Vec<JoinHandle<()>>,
}

/// Runs a hub on a thread of its own, a tick each 10 ms, and no tick while there is nothing to do.
///
/// A second thread, asleep as a rule, drops what the hub is done with.
pub fn start(clock: Arc<dyn Clock>) -> io::Result<(HubThread, HubHandle)> {
    let (reaper, retired) = sync_channel(REAPER_ROOM);
    let (hub, handle) = Hub::with_reaper(reaper);
    let reaping = thread::Builder::new().name("audio-reaper".into()).spawn(move || reap(&retired))?;
    let shared = Arc::clone(hub.shared());
    let ticking = thread::Builder::new().name("audio-hub".into()).spawn(move || run(hub, &*clock))?;
    // Known before the first command can be sent, so none is slept through.
    shared.wake_by(ticking.thread().clone());
    Ok((HubThread { handle: handle.clone(), threads: vec![ticking, reaping] }, handle))
}

impl Drop for HubThread {
    fn drop(&mut self) {
        self.handle.stop();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the sound hub panicked");
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the clock of the hub: it waits for nothing but time")]
fn run(mut hub: Hub, clock: &dyn Clock) {
    if !priority::raise() {
        tracing::debug!("the sound thread runs at normal priority");
    }
    let mut pacer = Pacer::starting(clock.now());
    loop {
        let began = clock.now();
        hub.tick();
        if hub.is_stopped() {
            return;
        }
        if hub.is_idle() {
            while hub.is_idle() {
                thread::park();
            }
            pacer = Pacer::starting(clock.now());
            continue;
        }
        let due = pacer.ticked(began);
        thread::sleep(due.since(clock.now()));
    }
}

fn reap(retired: &Receiver<Retired>) {
    for retired in retired {
        drop(retired);
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            atomic::{AtomicU64, Ordering},
            mpsc::{Sender, channel},
        },
        time::Duration,
    };

    use model::Instant;

    use super::*;
    use crate::{Frame, Leg, LegId};

    /// Ten milliseconds pass each time somebody looks.
    #[derive(Default)]
    struct HurriedClock(AtomicU64);

    impl Clock for HurriedClock {
        fn now(&self) -> Instant {
            Instant::START + Duration::from_millis(self.0.fetch_add(10, Ordering::Relaxed))
        }

        fn unix_seconds(&self) -> i64 {
            0
        }
    }

    /// Tells which thread pulls it, and which drops it.
    struct Witness(Sender<String>);

    impl Witness {
        fn tell(&self) {
            // The test may have heard enough and gone.
            let _ = self.0.send(thread::current().name().unwrap_or_default().to_owned());
        }
    }

    impl Leg for Witness {
        fn pull(&mut self, frame: &mut Frame) {
            frame.fill(0.0);
            self.tell();
        }

        fn push(&mut self, _: &Frame) {}
    }

    impl Drop for Witness {
        fn drop(&mut self) {
            self.tell();
        }
    }

    #[test]
    fn a_parked_hub_wakes_for_a_leg_pulls_it_and_drops_it_elsewhere() {
        let (thread, handle) = start(Arc::new(HurriedClock::default())).expect("threads can be started");
        for round in 0..3 {
            let (sender, told) = channel();
            handle.attach(LegId(round), Box::new(Witness(sender)));
            assert!(told.iter().take(5).all(|name| name == "audio-hub"));
            handle.detach(LegId(round));
            // The channel ends when the leg is gone.
            assert_eq!(told.iter().last().as_deref(), Some("audio-reaper"));
        }
        drop(thread);
        handle.attach(LegId(9), Box::new(Witness(channel().0)));
        assert!(handle.levels(LegId(9)).is_some(), "commands to a hub that ended are harmless");
    }
}
