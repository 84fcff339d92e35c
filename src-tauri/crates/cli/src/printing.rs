//! Events on their way to whoever reads what is printed. He may be slow, or have gone to sleep: neither the phone nor its end
//! waits for him.

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::Duration,
};

use model::{Clock, Instant, TimedEvent};
use tokio::{
    task::{JoinHandle, spawn_blocking},
    time::timeout,
};

use crate::{exit::Failure, print::Printer};

/// So many events wait to be read; of further ones only the number is told.
const WAITING: usize = 1_024;

/// How long is waited at the end for whoever reads.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Prints events on a thread of its own, one after the other.
pub(crate) struct Printing {
    told: SyncSender<Told>,
    left_out: u64,
    thread: JoinHandle<()>,
}

enum Told {
    Event(Box<TimedEvent>),
    LeftOut(u64),
}

impl Printing {
    /// Must be called inside a tokio runtime.
    pub(crate) fn new(printer: Printer, clock: Arc<dyn Clock>) -> Self {
        let (told, to_print) = sync_channel(WAITING);
        Self { told, left_out: 0, thread: spawn_blocking(move || print(printer, &*clock, &to_print)) }
    }

    /// One event.
    pub(crate) fn event(&mut self, event: TimedEvent) {
        self.tell_left_out();
        if self.left_out > 0 || self.told.try_send(Told::Event(Box::new(event))).is_err() {
            self.left_out += 1;
        }
    }

    /// So many events did not come here.
    pub(crate) fn left_out(&mut self, count: u64) {
        self.left_out += count;
    }

    /// Waits until everything is read, but not for a reader who does not read.
    pub(crate) async fn finish(mut self) {
        self.tell_left_out();
        drop(self.told);
        // A panic in it was told by its hook; nobody is told where nobody reads.
        let _read = timeout(LAST_WORDS, self.thread).await;
    }

    fn tell_left_out(&mut self) {
        if self.left_out > 0 && self.told.try_send(Told::LeftOut(self.left_out)).is_ok() {
            self.left_out = 0;
        }
    }
}

fn print(printer: Printer, clock: &dyn Clock, told: &Receiver<Told>) {
    for told in told {
        match told {
            Told::Event(event) => printer.event(&event),
            Told::LeftOut(count) => printer.left_out(count, clock.now()),
        }
    }
}

/// Says why it ended badly, to whoever reads.
pub(crate) fn print_failure(printer: Printer, failure: Failure, now: Instant) {
    let (told, is_told) = sync_channel(1);
    let telling = thread::Builder::new().name("last-words".to_owned()).spawn(move || {
        printer.failure(&failure, now);
        // Who waited has gone, or is glad.
        let _waited = told.send(());
    });
    if telling.is_ok() {
        let _read = is_told.recv_timeout(LAST_WORDS);
    }
}
