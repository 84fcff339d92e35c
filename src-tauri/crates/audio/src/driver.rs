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

use crate::{Hub, HubHandle, hub::retired::Retired, pace::Pacer};

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

fn run(mut hub: Hub, clock: &dyn Clock) {
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
